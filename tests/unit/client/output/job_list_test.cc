#include "client/output/job_list.h"

#include <gtest/gtest.h>

#include "client/output/job_text.h"

namespace modlab::client {
namespace {

using Jobs = google::protobuf::RepeatedPtrField<v1::Job>;

v1::Job MakeJob(const std::string& id, v1::Job::State state) {
  v1::Job job;
  job.set_name("jobs/" + id);
  job.set_owner("ada");
  job.set_kind(v1::Job::SCORE);
  job.set_state(state);
  job.mutable_spec()->mutable_score()->set_model("models/m");
  return job;
}

v1::Job Waiting(const std::string& id, int place) {
  v1::Job job = MakeJob(id, v1::Job::QUEUED);
  job.set_queue_position(place);
  job.set_waiting_for("a free worker");
  return job;
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST(JobListText, PlacesOnlyWhereAJobWaits) {
  Jobs jobs;
  *jobs.Add() = MakeJob("a", v1::Job::RUNNING);
  EXPECT_EQ(FirstLine(JobListText(jobs, {})), "  job  kind   state    model  created  took  labels");
  *jobs.Add() = Waiting("b", 12);
  const std::string text = JobListText(jobs, {});
  EXPECT_EQ(FirstLine(text), "  job  kind   state    place  model  created  took  labels  waiting for");
  EXPECT_NE(text.find("  b    score  queued      12  m      -           -          a free worker\n"), std::string::npos)
      << text;
}

TEST(JobListText, WideShowsEverything) {
  Jobs jobs;
  *jobs.Add() = MakeJob("a", v1::Job::FAILED);
  jobs.Mutable(0)->mutable_error()->set_reason(v1::TIME_LIMIT);
  const std::string text = JobListText(jobs, {.wide = true});
  for (const char* words :
       {"owner", "ada", "priority", "attempts", "started", "ended", "shared", "TIME_LIMIT", "place"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << " in " << text;
  }
}

TEST(JobListText, NothingThatATerminalWouldActUpon) {
  Jobs jobs;
  *jobs.Add() = Waiting("a", 1);
  jobs.Mutable(0)->set_waiting_for("a\x1b[2Jb");
  EXPECT_EQ(JobListText(jobs, {}).find('\x1b'), std::string::npos);
}

TEST(QueueText, InTheOrderGiven) {
  Jobs jobs;
  *jobs.Add() = MakeJob("a", v1::Job::RUNNING);
  *jobs.Add() = Waiting("b", 1);
  EXPECT_EQ(QueueText(jobs, {}),
            "  place  job  owner  kind   state    created  waiting for\n"
            "         a    ada    score  running  -\n"
            "      1  b    ada    score  queued   -        a free worker\n");
}

TEST(LogText, SeverityAndTime) {
  v1::Event event;
  event.mutable_log()->set_text("loaded");
  event.mutable_log()->set_severity(v1::LogLine::INFO);
  EXPECT_EQ(LogText(event, false), "loaded\n");
  event.mutable_log()->set_severity(v1::LogLine::WARNING);
  EXPECT_EQ(LogText(event, false), "warning: loaded\n");
  event.mutable_time()->set_seconds(86400 * 365);
  EXPECT_TRUE(LogText(event, true).ends_with("  warning: loaded\n"));
  EXPECT_TRUE(LogText(event, true).starts_with("197"));
}

}  // namespace
}  // namespace modlab::client

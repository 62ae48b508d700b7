#include "client/commands/experiment_flow.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "client/interrupt.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/scripted_server.h"

namespace modlab::client {
namespace {

using std::chrono::milliseconds;

/// Has the experiments that a test puts there, and says for one that is awaited how it fares, one answer after the
/// other, and the last for ever.
class ScriptedExperiments : public v1::ExperimentService::Service {
 public:
  struct Answer {
    v1::Experiment experiment;
    grpc::Status status;
  };

  void Add(const std::string& name, const std::string& owner, const std::string& display_name) {
    v1::Experiment& experiment = there[name];
    experiment.set_name(name);
    experiment.set_owner(owner);
    experiment.set_display_name(display_name);
    newest_first.insert(newest_first.begin(), name);
  }

  grpc::Status GetExperiment(grpc::ServerContext* /*context*/, const v1::GetExperimentRequest* request,
                             v1::Experiment* response) override {
    asked.push_back(request->name());
    if (on_asked) on_asked(static_cast<int>(asked.size()));
    if (!answers.empty()) {
      const Answer answer = answers.front();
      if (answers.size() > 1) answers.pop_front();
      *response = answer.experiment;
      return answer.status;
    }
    const auto found = there.find(request->name());
    if (found == there.end()) return {grpc::StatusCode::NOT_FOUND, "there is no " + request->name()};
    *response = found->second;
    return grpc::Status::OK;
  }

  /// Two on a page.
  grpc::Status ListExperiments(grpc::ServerContext* /*context*/, const v1::ListExperimentsRequest* request,
                               v1::ListExperimentsResponse* response) override {
    std::size_t at = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    for (; at < newest_first.size() && response->experiments_size() < 2; ++at) {
      const v1::Experiment& experiment = there[newest_first[at]];
      const bool wanted = request->display_name().empty() || experiment.display_name() == request->display_name();
      if (wanted) *response->add_experiments() = experiment;
    }
    if (at < newest_first.size()) response->set_next_page_token(std::to_string(at));
    return grpc::Status::OK;
  }

  std::map<std::string, v1::Experiment> there;
  std::vector<std::string> newest_first;
  std::deque<Answer> answers;
  /// Is told how often GetExperiment was called.
  std::function<void(int)> on_asked;
  std::vector<std::string> asked;
};

/// How a command ended.
struct End {
  ExitCode code = ExitCode::kOk;
  std::string message;
};

End EndOf(const std::function<ExitCode()>& command) {
  try {
    return {command(), ""};
  } catch (const Failure& failure) {
    return {failure.code(), failure.what()};
  }
}

GlobalOptions OptionsFor(const FakeServer& server) {
  GlobalOptions options;
  options.server.server = server.address();
  options.server.insecure = true;
  options.quiet = true;
  return options;
}

const Environment kNoConfiguration = {{"XDG_CONFIG_HOME", "/nowhere"}};

ScriptedExperiments::Answer Fares(v1::Experiment::State state) {
  ScriptedExperiments::Answer answer;
  answer.experiment.set_name("experiments/abc");
  answer.experiment.set_display_name("wider nets");
  answer.experiment.set_state(state);
  answer.experiment.add_jobs()->set_job("jobs/aaa");
  return answer;
}

const ScriptedExperiments::Answer kAway = {{}, kBroken};

class ExperimentFlow : public testing::Test {
 protected:
  ExperimentFlow() { server_.answers = {{ServerOf("ada"), {}}}; }

  static v1::Server ServerOf(const std::string& user) {
    v1::Server server = ScriptedServer::OfVersion("1.0.0");
    server.set_user(user);
    return server;
  }

  std::string Find(const std::string& subject) { return FindExperiment(session_, subject).name(); }
  End EndOfFind(const std::string& subject) {
    return EndOf([&] {
      Find(subject);
      return ExitCode::kOk;
    });
  }

  ScriptedExperiments experiments_;
  ScriptedJobs jobs_;
  ScriptedServer server_;
  FakeServer fake_{&experiments_, &jobs_, &server_};
  Session session_{OptionsFor(fake_), kNoConfiguration};
};

TEST_F(ExperimentFlow, FindsAnExperimentByItsId) {
  experiments_.Add("experiments/abc", "bob", "first");
  experiments_.Add("experiments/xyz", "ada", "abc");
  EXPECT_EQ(Find("abc"), "experiments/abc") << "an id goes before a name";
  EXPECT_EQ(Find("experiments/abc"), "experiments/abc");
}

TEST_F(ExperimentFlow, FindsOnesOwnExperimentByItsNameBeforeAnothers) {
  experiments_.Add("experiments/mine", "ada", "baseline small");
  for (const char* name : {"experiments/b", "experiments/c", "experiments/d"}) {
    experiments_.Add(name, "bob", "baseline small");
  }
  EXPECT_EQ(Find("baseline small"), "experiments/mine") << "on the second page";
}

TEST_F(ExperimentFlow, FindsAnothersExperimentWhereOneHasNone) {
  experiments_.Add("experiments/mine", "ada", "something else");
  experiments_.Add("experiments/other", "bob", "runs/2");
  EXPECT_EQ(Find("runs/2"), "experiments/other");
  EXPECT_EQ(experiments_.asked, std::vector<std::string>{"experiments/other"}) << "runs/2 is no id";
}

TEST_F(ExperimentFlow, SaysThatThereIsNoSuchExperimentAndWhereTheyAreListed) {
  experiments_.Add("experiments/abc", "ada", "first");
  for (const char* subject : {"second", "experiments/second"}) {
    const End end = EndOfFind(subject);
    EXPECT_EQ(end.code, ExitCode::kNotFound);
    EXPECT_NE(end.message.find("'" + std::string(subject) + "'"), std::string::npos) << end.message;
    EXPECT_NE(end.message.find("--insecure experiment list`"), std::string::npos) << end.message;
  }
}

// A server lists all experiments where it is asked for those of no name.
TEST_F(ExperimentFlow, NoExperimentIsCalledNothing) {
  experiments_.Add("experiments/abc", "ada", "first");
  EXPECT_EQ(EndOfFind("").code, ExitCode::kNotFound);
}

TEST_F(ExperimentFlow, ARefusalIsNotTakenForAnExperimentThatIsNotThere) {
  experiments_.Add("experiments/xyz", "ada", "abc");
  experiments_.answers = {{{}, {grpc::StatusCode::INTERNAL, "the disk is broken"}}};
  EXPECT_EQ(EndOfFind("abc").code, ExitCode::kRefused);
}

TEST_F(ExperimentFlow, ASubjectIsAJobOrAnExperiment) {
  experiments_.Add("experiments/abc", "ada", "first");
  const ScriptedJobs::Answer no_job = {{grpc::StatusCode::NOT_FOUND, "there is no such job"}, v1::RESOURCE_NOT_FOUND};
  EXPECT_EQ(FindSubject(session_, "jobs/xyz").job, "jobs/xyz");
  EXPECT_EQ(FindSubject(session_, "abc").job, "jobs/abc") << "a job goes before an experiment";
  EXPECT_EQ(FindSubject(session_, "experiments/abc").experiment, "experiments/abc");
  EXPECT_EQ(FindSubject(session_, "experiments/abc").job, "");
  jobs_.answers = {no_job};
  EXPECT_EQ(FindSubject(session_, "abc").experiment, "experiments/abc");
  jobs_.answers = {no_job};
  EXPECT_EQ(FindSubject(session_, "first").experiment, "experiments/abc");
  jobs_.answers = {no_job};
  EXPECT_THROW(FindSubject(session_, "second"), Failure);
}

TEST(LookInterval, GrowsWithTheWaiting) {
  EXPECT_EQ(LookInterval(milliseconds(0)), milliseconds(300));
  EXPECT_EQ(LookInterval(milliseconds(20'000)), milliseconds(1000));
  EXPECT_EQ(LookInterval(std::chrono::hours(5)), milliseconds(2000));
}

class AwaitedExperiment : public ExperimentFlow {
 protected:
  End Await(Session& session, const Deadline& deadline = {}) {
    return EndOf([&] { return AwaitExperiment(session, experiment_, deadline); });
  }
  End Await(const Deadline& deadline = {}) { return Await(session_, deadline); }

  v1::Experiment experiment_ = Fares(v1::Experiment::RUNNING).experiment;
};

TEST_F(AwaitedExperiment, IsWaitedForUntilItHasEnded) {
  experiments_.answers = {Fares(v1::Experiment::RUNNING), Fares(v1::Experiment::RUNNING),
                          Fares(v1::Experiment::SUCCEEDED)};
  EXPECT_EQ(Await().code, ExitCode::kOk);
  EXPECT_EQ(experiment_.state(), v1::Experiment::SUCCEEDED);
  EXPECT_EQ(experiments_.asked, std::vector<std::string>(3, "experiments/abc"));
}

TEST_F(AwaitedExperiment, SaysWhichJobFailedByItselfAndHowToGoOn) {
  ScriptedExperiments::Answer failed = Fares(v1::Experiment::FAILED);
  const auto add = [&](const std::string& id, const std::string& step, v1::Reason reason, const std::string& message) {
    v1::ExperimentJob& job = *failed.experiment.add_jobs();
    job.set_job("jobs/" + id);
    job.set_step(step);
    job.set_state(v1::Job::FAILED);
    (*job.mutable_values())["seed"] = "2";
    job.mutable_error()->set_reason(reason);
    job.mutable_error()->set_message(message);
  };
  add("bbb", "score", v1::INPUT_FAILED, "jobs/ccc failed");
  add("ccc", "train", v1::LOSS_NOT_FINITE, "the loss became NaN");
  add("ddd", "later", v1::TIME_LIMIT, "it took too long");
  experiments_.answers = {failed};
  const End end = Await();
  EXPECT_EQ(end.code, ExitCode::kJobFailed);
  EXPECT_TRUE(end.message.starts_with("train, seed 2 (job ccc) failed: the loss became NaN (LOSS_NOT_FINITE); "))
      << end.message;
  EXPECT_NE(end.message.find("experiment resume abc"), std::string::npos) << end.message;
}

TEST_F(AwaitedExperiment, SaysThatJobsWereCancelledOrAreGone) {
  for (const v1::Experiment::State state : {v1::Experiment::CANCELLED, v1::Experiment::FAILED}) {
    experiments_.answers = {Fares(state)};
    const End end = Await();
    EXPECT_EQ(end.code, ExitCode::kJobFailed);
    EXPECT_TRUE(end.message.starts_with("some jobs of wider nets were cancelled or are gone; ")) << end.message;
  }
}

TEST_F(AwaitedExperiment, TheDeadlineEndsTheWaiting) {
  experiments_.answers = {Fares(v1::Experiment::RUNNING)};
  const End end = Await(std::chrono::system_clock::now() + milliseconds(100));
  EXPECT_EQ(end.code, ExitCode::kTimedOut);
  EXPECT_NE(end.message.find("experiment abc is still running"), std::string::npos) << end.message;
  EXPECT_NE(end.message.find("experiment watch abc"), std::string::npos) << end.message;
}

TEST_F(AwaitedExperiment, ARefusalEndsTheWaiting) {
  experiments_.answers = {Fares(v1::Experiment::RUNNING),
                          {{}, {grpc::StatusCode::NOT_FOUND, "there is no experiments/abc"}}};
  EXPECT_EQ(Await().code, ExitCode::kNotFound);
}

TEST_F(AwaitedExperiment, AServerThatGoesAwayIsWaitedFor) {
  experiments_.answers.assign(2 * Connection::kAttempts, kAway);
  experiments_.answers.push_front(Fares(v1::Experiment::RUNNING));
  experiments_.answers.push_back(Fares(v1::Experiment::SUCCEEDED));
  GlobalOptions options = OptionsFor(fake_);
  options.quiet = false;
  Session session(options, kNoConfiguration);
  testing::internal::CaptureStderr();
  EXPECT_EQ(Await(session).code, ExitCode::kOk);
  const std::string said = testing::internal::GetCapturedStderr();
  const std::size_t told = said.find("lost the server");
  EXPECT_NE(told, std::string::npos) << said;
  EXPECT_EQ(said.find("lost the server", told + 1), std::string::npos) << "once is enough: " << said;
}

TEST_F(AwaitedExperiment, TheDeadlineEndsTheWaitingForAServerThatIsAway) {
  experiments_.answers = {Fares(v1::Experiment::RUNNING), kAway};
  EXPECT_EQ(Await(std::chrono::system_clock::now() + milliseconds(500)).code, ExitCode::kTimedOut);
}

TEST_F(AwaitedExperiment, TheCommandsOwnTimeEndsTheWaitingForAServerThatIsAway) {
  experiments_.answers = {Fares(v1::Experiment::RUNNING), kAway};
  GlobalOptions options = OptionsFor(fake_);
  options.timeout.emplace().set_seconds(2);
  Session session(options, kNoConfiguration);
  EXPECT_EQ(Await(session).code, ExitCode::kTimedOut);
}

/// Presses Ctrl-C when an experiment that RUNS, on a server that is then away or not, is asked for again. Ends the
/// process: 0 where that ended the waiting alone.
[[noreturn]] void InterruptTheWaiting(bool away) {
  ::signal(SIGINT, SIG_DFL);  // it may have come ignored
  InstallInterrupts();
  ScriptedExperiments experiments;
  experiments.answers = {Fares(v1::Experiment::RUNNING)};
  if (away) experiments.answers.push_back(kAway);
  experiments.on_asked = [](int times) {
    if (times == 2) ::kill(::getpid(), SIGINT);
  };
  FakeServer server(experiments);
  Session session(OptionsFor(server), kNoConfiguration);
  v1::Experiment experiment = Fares(v1::Experiment::RUNNING).experiment;
  const End end = EndOf([&] { return AwaitExperiment(session, experiment, {}); });
  std::_Exit(end.code == ExitCode::kInterrupted ? 0 : 1);
}

// In processes of their own: signals are taken before other threads begin.
TEST(AwaitedExperimentDeathTest, CtrlCEndsTheWaiting) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(InterruptTheWaiting(false), testing::ExitedWithCode(0), "");
}

TEST(AwaitedExperimentDeathTest, CtrlCEndsTheWaitingForAServerThatIsAway) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(InterruptTheWaiting(true), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace modlab::client

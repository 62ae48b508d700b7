#include "client/output/json.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "modlab/v1/job.pb.h"

namespace modlab::client {
namespace {

v1::Job FinishedJob() {
  v1::Job job;
  job.set_name("jobs/abc");
  v1::Partition& partition = *job.mutable_result()->mutable_score()->add_partitions();
  partition.add_labels(-1);
  partition.add_labels(0);
  partition.mutable_modularity()->set_newman(0);
  return job;
}

TEST(Json, NamesThatScriptsRelyOnAndZerosArePrinted) {
  const std::string json = Json(FinishedJob());
  for (const char* text : {"\"partitions\": [", "\"newman\": 0", "\"ncut\": 0", "\"eigenvalues\": []", "-1,",
                           "\"state\": \"STATE_UNSPECIFIED\""}) {
    EXPECT_NE(json.find(text), std::string::npos) << text << json;
  }
  EXPECT_EQ(json.find("aveInOut"), std::string::npos) << "absent means something";
  EXPECT_TRUE(json.ends_with("}\n"));
}

TEST(JsonLine, OneLine) {
  const std::string json = JsonLine(FinishedJob());
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 1);
  EXPECT_TRUE(json.ends_with("}\n"));
}

TEST(SparseJson, OnlyWhatIsSet) {
  v1::JobSpec spec;
  spec.set_seed(0);
  EXPECT_EQ(SparseJson(spec), "{\n \"seed\": 0\n}\n");
}

}  // namespace
}  // namespace modlab::client

#include "server/jobs/encoding_check.h"

#include <gtest/gtest.h>

#include "modlab/internal/attempt.pb.h"

namespace modlab::server {
namespace {

using modlab::internal::WorkerResult;

std::string Problem(const std::string& bytes) { return ProblemOfEncoding(bytes, *WorkerResult::descriptor()); }

WorkerResult Sound() {
  WorkerResult result;
  auto& score = *result.mutable_result()->mutable_score();
  score.mutable_graph()->add_groups()->set_name("input");
  auto& partition = *score.add_partitions();
  for (int i = 0; i < 50'000; ++i) partition.add_labels(i % 3 - 1);
  for (int i = 0; i < 9; ++i) partition.add_eigenvalues(0.5);
  (*result.mutable_result()->mutable_provenance()->mutable_versions())["modlab"] = "1";
  result.add_artifacts("labels-0.npy");
  return result;
}

TEST(ProblemOfEncoding, SoundResultsHaveNone) {
  EXPECT_EQ(Problem(""), "");
  EXPECT_EQ(Problem(Sound().SerializeAsString()), "");
}

TEST(ProblemOfEncoding, EveryTruncationHasOneOrIsAMessage) {
  WorkerResult small = Sound();
  small.mutable_result()->mutable_score()->mutable_partitions(0)->clear_labels();
  const std::string bytes = small.SerializeAsString();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string part = bytes.substr(0, size);
    EXPECT_EQ(Problem(part).empty(), WorkerResult().ParseFromString(part)) << size;
  }
}

TEST(ProblemOfEncoding, UnknownFieldsAndTypes) {
  EXPECT_NE(Problem(std::string(1000, 'x')), "");
  EXPECT_NE(Problem("\x78\x01"), "") << "field 15";
  EXPECT_NE(Problem("\x08\x01"), "") << "a message as a number";
  EXPECT_NE(Problem("\x0b\x0c"), "") << "a group";
  EXPECT_NE(Problem(std::string(10, '\xff')), "");
}

TEST(ProblemOfEncoding, MessagesWithoutEnd) {
  WorkerResult many;
  auto& graph = *many.mutable_result()->mutable_score()->mutable_graph();
  for (int i = 0; i < 99'000; ++i) graph.add_groups();
  EXPECT_EQ(Problem(many.SerializeAsString()), "");
  for (int i = 0; i < 2'000; ++i) graph.add_groups();
  EXPECT_NE(Problem(many.SerializeAsString()), "");
}

TEST(ProblemOfEncoding, FieldsWithoutEnd) {
  std::string empty_names;
  for (int i = 0; i < 1'000'001; ++i) empty_names += std::string("\x1a\x00", 2);  // artifacts: ""
  EXPECT_NE(Problem(empty_names), "");
}

}  // namespace
}  // namespace modlab::server

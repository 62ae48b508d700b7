// What a worker leaves as its result: server/jobs/encoding_check, result_check and attempt_outcome. The first byte says
// what the job was and how its process ended; the rest is result.binpb.

#include <google/protobuf/util/json_util.h>

#include "server/executor/utf8.h"
#include "server/jobs/attempt_outcome.h"
#include "server/jobs/encoding_check.h"
#include "server/jobs/result_check.h"
#include "tests/fuzz/check.h"

using namespace modlab::server;
using modlab::internal::WorkerResult;
using modlab::v1::Job;
using modlab::v1::JobSpec;

namespace {

JobSpec Spec(unsigned kind) {
  JobSpec spec;
  switch (kind) {
    case 0:
      spec.mutable_score()->add_partitions()->mutable_spectral()->set_clusters(2);
      break;
    case 1:
      spec.mutable_inspect()->set_model("models/aaaaaaaaaaaa");
      break;
    case 2:
      for (int part = 0; part < 2; ++part) spec.mutable_compose()->add_parts("models/aaaaaaaaaaaa");
      break;
    default:
      spec.mutable_train()->add_goals("y");
      spec.mutable_train()->add_metrics(modlab::v1::ACCURACY);
  }
  return spec;
}

/// What everybody who reads a score relies on.
void CheckScore(const modlab::v1::ScoreResult& score) {
  int64_t units = 0;
  for (const auto& group : score.graph().groups()) units += group.units();
  FUZZ_CHECK(units == score.graph().units());
  for (const auto& partition : score.partitions()) {
    FUZZ_CHECK(partition.sizes_size() == partition.clusters());
    FUZZ_CHECK(partition.group_sizes_size() == int64_t{partition.clusters()} * score.graph().groups_size());
    FUZZ_CHECK(partition.labels_size() == 0 || partition.labels_size() == score.graph().units());
  }
}

/// What everybody who reads a composition relies on.
void CheckComposition(const modlab::v1::ComposeResult& composition) {
  FUZZ_CHECK(composition.cross_connections() >= 0);
  for (const auto& layer : composition.layers()) {
    for (const int units : layer.inputs()) FUZZ_CHECK(units >= 0);
    for (const int units : layer.outputs()) FUZZ_CHECK(units >= 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const unsigned mode = data[0];
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  AttemptFacts facts;
  facts.spec = Spec((mode & 1U) | ((mode & 128U) >> 6U));
  facts.cancelling = (mode & 2U) != 0;
  facts.begun = (mode & 4U) != 0;
  if ((mode & 8U) == 0) {
    facts.end.emplace();
    facts.end->how = static_cast<AttemptEnd::How>((mode >> 4U) % 3);
    facts.end->status = (mode & 64U) != 0 ? 11 : 0;
  }
  facts.result_problem = ProblemOfEncoding(bytes, *WorkerResult::descriptor());
  WorkerResult result;
  if (facts.result_problem.empty() && result.ParseFromString(bytes)) {
    facts.result_problem = ProblemOfResult(facts.spec, result);
    if (facts.result_problem.empty()) facts.result = result;
  }
  const AttemptOutcome outcome = Decide(facts, Limits{});
  if (outcome.state == Job::SUCCEEDED) {
    FUZZ_CHECK(facts.result && facts.result->has_result());
    const auto& made = facts.result->result();
    FUZZ_CHECK(made.has_score() == facts.spec.has_score() && made.has_inspect() == facts.spec.has_inspect());
    FUZZ_CHECK(made.has_compose() == facts.spec.has_compose() && made.has_train() == facts.spec.has_train());
    if (made.has_score()) CheckScore(made.score());
    if (made.has_compose()) CheckComposition(made.compose());
    std::string json;
    FUZZ_CHECK(google::protobuf::util::MessageToJsonString(made, &json).ok());
  }
  if (outcome.state == Job::FAILED) {
    FUZZ_CHECK(outcome.error.reason() != modlab::v1::REASON_UNSPECIFIED && !outcome.error.message().empty());
    FUZZ_CHECK(ToUtf8(outcome.error.message(), 1 << 20) == outcome.error.message());
  }
  return 0;
}

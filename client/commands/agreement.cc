#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/options.h"
#include "client/compared_partition.h"
#include "client/integer_file.h"
#include "client/local_file.h"
#include "client/output/comparison_table.h"

namespace modlab::client {
namespace {

struct AgreementCommand {
  std::string first;
  std::string second;
};

v1::ComparedPartition PartitionOf(const std::string& subject) {
  if (!LooksLikeFile(subject, "jobs/")) return ParseComparedPartition(subject);
  const std::vector<std::int32_t> labels = ReadPartitionFile(subject);
  v1::ComparedPartition partition;
  partition.mutable_labels()->Assign(labels.begin(), labels.end());
  return partition;
}

ExitCode Agree(Session& session, const AgreementCommand& command) {
  v1::ComparePartitionsRequest request;
  *request.mutable_first() = PartitionOf(command.first);
  *request.mutable_second() = PartitionOf(command.second);
  const v1::ComparePartitionsResponse comparison =
      session.Connect().CallWithRetries(&v1::JobService::Stub::ComparePartitions, request);
  session.Print(
      comparison, fmt::format("{}", comparison.agreement().adjusted_rand_index()),
      [&](const TextStyle& style) { return ComparisonTable(comparison, command.first, command.second, style); });
  return ExitCode::kOk;
}

void DefineAgreement(CLI::App& app, AgreementCommand& command) {
  const std::string description =
      "A score job (`jobs/abc`, or `abc`), whose first partition is meant unless a method, a number from 0 or "
      "`consensus` says which: abc:leiden, abc:2, abc:0:consensus. Or a file with a label for each unit, layer by "
      "layer (text, or NumPy's .npy)";
  Takes(ValueKind::kJobOrFile, app.add_option("FIRST", command.first, description)->required());
  Takes(ValueKind::kJobOrFile, app.add_option("SECOND", command.second, "Likewise, of the same units")->required());
}

}  // namespace

void AddAgreementCommand(CLI::App& app, Action& chosen) {
  CLI::App* command = AddCommand<AgreementCommand>(
      app, chosen, "agreement",
      "How much two partitions agree, of one job or of two: ARI, NMI, AMI, VI and their contingency table",
      DefineAgreement, Agree);
  AddExamples(*command, {"modlab agreement abc def", "modlab agreement abc:leiden abc:spectral",
                         "modlab agreement abc:2 def:0:consensus", "modlab agreement abc labels.txt",
                         "modlab agreement abc def -q    # the adjusted Rand index alone",
                         "modlab agreement abc:leiden def:leiden -o json | jq .agreement.adjustedRandIndex"});
}

}  // namespace modlab::client

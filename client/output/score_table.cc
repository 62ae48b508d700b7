#include "client/output/score_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/partition_text.h"
#include "client/output/share_table.h"
#include "client/output/sweep_table.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::string EigenvaluesText(const v1::Partition& partition) {
  constexpr int most = 20;
  std::string text;
  for (int i = 0; i < std::min(partition.eigenvalues_size(), most); ++i) {
    text += (i == 0 ? "" : " ") + NumberText(partition.eigenvalues(i));
  }
  return partition.eigenvalues_size() > most ? text + " …" : text;
}

std::string TitleWithChoices(const v1::Partition& partition) {
  if (partition.choices_size() < 2) return PartitionTitle(partition);
  return fmt::format("{} (of highest Q among {} to {})", PartitionTitle(partition),
                     partition.choices().begin()->clusters(), partition.choices().rbegin()->clusters());
}

std::string ModularityText(const v1::Partition& partition) {
  const v1::Modularity& modularity = partition.modularity();
  std::string maximised;
  if (partition.objective() == v1::Modularity::DIRECTED) maximised = "; directed was maximised";
  if (partition.objective() == v1::Modularity::LAYER_PAIR) maximised = "; by layer pairs was maximised";
  return fmt::format("{:.4f} (resolution {}; directed {:.4f}, by layer pairs {:.4f}{})", modularity.newman(),
                     NumberText(modularity.resolution()), modularity.directed(), modularity.layer_pair(), maximised);
}

std::string SignedModularityText(const v1::Partition& partition) {
  return fmt::format("{:.4f} (of the weights with their signs{})", partition.modularity().signed_(),
                     partition.objective() == v1::Modularity::SIGNED ? "; was maximised" : "");
}

std::string EigengapText(const v1::Partition& partition) {
  std::string text = fmt::format("suggests k = {}", partition.eigengap_clusters());
  if (partition.relative_eigengap_clusters() != partition.eigengap_clusters()) {
    text += fmt::format(" (relative to the eigenvalues: {})", partition.relative_eigengap_clusters());
  }
  return text;
}

std::string NullTestText(const v1::NullTest& test) {
  std::string text = NumberText(test.mean());
  if (test.has_sd()) text += " ± " + NumberText(test.sd());
  if (test.has_z()) text += fmt::format(", z {:.1f}", test.z());
  text += fmt::format(", p {:.2g}", test.p());
  if (test.p_adjusted() > test.p()) text += fmt::format(" (adjusted {:.2g})", test.p_adjusted());
  return text;
}

void AddSignificance(const v1::Significance& significance, Facts& facts) {
  facts.Add("null models",
            fmt::format("{}, {}", significance.samples(), Lower(v1::NullSpec::Model_Name(significance.null_model()))));
  facts.Add("null Q", NullTestText(significance.modularity()));
  facts.Add("null n-cut", NullTestText(significance.ncut()));
  if (significance.has_normalized_modularity()) {
    facts.Add("Qm", fmt::format("{:.4f} (0: null models' Q; 1: {:.4f}, the most for these strengths)",
                                significance.normalized_modularity(), significance.largest_modularity()));
  }
}

void AddStability(const v1::Stability& stability, Facts& facts) {
  const v1::Spread& index = stability.adjusted_rand_index();
  facts.Add("stability", fmt::format("ARI {:.2f} ± {:.2f} over {} seeds (NMI {:.2f}, VI {:.2f} nats)", index.mean(),
                                     index.sd(), stability.runs(), stability.normalized_mutual_information().mean(),
                                     stability.variation_of_information().mean()));
  facts.Add("consensus", fmt::format("{} clusters, Q {:.4f}, ARI {:.2f} with these", stability.consensus_clusters(),
                                     stability.consensus_modularity(), stability.consensus_adjusted_rand_index()));
}

std::string SweepText(const v1::ResolutionSweep& sweep) {
  if (sweep.steps().empty()) return "";
  return fmt::format(
      "{} resolutions from {} to {}; a plateau keeps nearly the same partition, its ARI is with the one above",
      sweep.steps_size(), NumberText(sweep.steps().begin()->resolution()),
      NumberText(sweep.steps().rbegin()->resolution()));
}

std::string PartitionText(const v1::UnitGraph& graph, const v1::Partition& partition, const TextStyle& style) {
  std::string text = Bold(TitleWithChoices(partition), style) + "\n\n" + ShareTable(graph, partition, style) + '\n';

  int clustered = 0;
  for (const int size : partition.sizes()) clustered += size;
  Facts facts(style);
  if (clustered < graph.units()) {
    facts.Add("left out", fmt::format("{} units, which have no edges or no cluster", graph.units() - clustered));
  }
  facts.Add("Q", ModularityText(partition));
  facts.Add("signed Q", SignedModularityText(partition));
  facts.Add("n-cut", fmt::format("{:.4f} (of at most {}; about {} without structure)", partition.ncut(),
                                 partition.clusters(), partition.clusters() - 1));
  facts.Add("ave in/out",
            partition.has_ave_in_out() ? fmt::format("{:.4f}", partition.ave_in_out()) : "- (n-cut is 0)");
  if (partition.has_significance()) AddSignificance(partition.significance(), facts);
  if (partition.has_stability()) AddStability(partition.stability(), facts);
  if (partition.eigenvalues_size() > 0) facts.Add("eigenvalues", EigenvaluesText(partition));
  if (partition.has_eigengap_clusters()) facts.Add("eigengap", EigengapText(partition));
  facts.Add("seed", std::to_string(partition.seed()));
  for (const std::string& note : partition.notes()) facts.Add("note", Printable(note));
  if (!partition.has_sweep()) return text + facts.text();
  facts.Add("sweep", SweepText(partition.sweep()));
  return text + facts.text() + '\n' + SweepTable(partition.sweep(), style);
}

std::string TimingsText(const v1::Provenance& provenance) {
  std::string text;
  double total = 0;
  for (const auto& timing : provenance.timings()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", Printable(timing.phase()), SecondsText(timing.seconds()));
    total += timing.seconds();
  }
  return fmt::format("{} ({})", SecondsText(total), text);
}

}  // namespace

std::string ScoreTable(const v1::Job& job, std::string_view model, const TextStyle& style) {
  const v1::ScoreResult& result = job.result().score();
  const v1::Provenance& provenance = job.result().provenance();
  const v1::UnitGraph& graph = result.graph();

  std::string text = Bold(Printable(model), style);
  if (!provenance.model_sha256().empty()) text += fmt::format("  sha256:{}", ShortDigest(provenance.model_sha256()));
  text += fmt::format("\n{} units in {} layers, {:.0f} edges\n", graph.units(), graph.groups_size(), graph.edges());
  for (const std::string& warning : graph.warnings()) text += "note: " + Printable(warning) + '\n';
  for (const v1::Partition& partition : result.partitions()) text += '\n' + PartitionText(graph, partition, style);

  text += '\n';
  Facts facts(style);
  facts.Add("in words", Printable(result.reading()));
  if (provenance.timings_size() > 0) facts.Add("time", TimingsText(provenance));
  return text + facts.text();
}

}  // namespace modlab::client

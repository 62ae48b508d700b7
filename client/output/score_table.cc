#include "client/output/score_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/share_table.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

struct Gap {
  int after = 0;
  double width = 0;
};

/// The largest step between neighbours, counted from the second eigenvalue on: `after` many eigenvalues lie below it.
/// The first step is left out since it would suggest one cluster.
std::optional<Gap> LargestGap(const v1::Partition& partition) {
  std::optional<Gap> largest;
  for (int i = 2; i < partition.eigenvalues_size(); ++i) {
    const double width = partition.eigenvalues(i) - partition.eigenvalues(i - 1);
    if (!largest || width > largest->width) largest = Gap{i, width};
  }
  return largest;
}

std::string EigenvaluesText(const v1::Partition& partition) {
  constexpr int most = 20;
  std::string text;
  for (int i = 0; i < std::min(partition.eigenvalues_size(), most); ++i) {
    text += (i == 0 ? "" : " ") + NumberText(partition.eigenvalues(i));
  }
  return partition.eigenvalues_size() > most ? text + " …" : text;
}

std::string PartitionText(const v1::UnitGraph& graph, const v1::Partition& partition, const TextStyle& style) {
  std::string text = Bold(fmt::format("Spectral clustering, {} clusters", partition.clusters()), style) + "\n\n";
  text += ShareTable(graph, partition, style) + '\n';

  int clustered = 0;
  for (const int size : partition.sizes()) clustered += size;
  Facts facts(style);
  if (clustered < graph.units()) {
    facts.Add("left out", fmt::format("{} units, which have no edges", graph.units() - clustered));
  }
  const v1::Modularity& modularity = partition.modularity();
  facts.Add("Q", fmt::format("{:.4f} (resolution {}; directed {:.4f}, by layer pairs {:.4f})", modularity.newman(),
                             NumberText(modularity.resolution()), modularity.directed(), modularity.layer_pair()));
  facts.Add("n-cut", fmt::format("{:.4f} (of at most {}; about {} without structure)", partition.ncut(),
                                 partition.clusters(), partition.clusters() - 1));
  facts.Add("ave in/out",
            partition.has_ave_in_out() ? fmt::format("{:.4f}", partition.ave_in_out()) : "- (n-cut is 0)");
  if (partition.eigenvalues_size() > 0) facts.Add("eigenvalues", EigenvaluesText(partition));
  if (const std::optional<Gap> gap = LargestGap(partition)) {
    facts.Add("eigengap", fmt::format("{} after {}: suggests k = {}", NumberText(gap->width), gap->after, gap->after));
  }
  facts.Add("seed", std::to_string(partition.seed()));
  return text + facts.text();
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

  Facts facts(style);
  if (provenance.timings_size() > 0) facts.Add("time", TimingsText(provenance));
  return text + facts.text();
}

}  // namespace modlab::client

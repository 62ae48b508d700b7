#include "server/worker/reading.h"

#include <fmt/format.h>

#include "server/comparison/tested_modularity.h"

namespace modlab::server {
namespace {

/// Tests of more are no evidence.
constexpr double kSignificant = 0.05;
/// Adjusted Rand indices from which on partitions are the same by and large, and have something in common.
constexpr double kSame = 0.8;
constexpr double kRelated = 0.4;

std::string NameOf(const v1::Partition& partition, bool begins = true) {
  switch (partition.method()) {
    case v1::Partition::SPECTRAL:
      return fmt::format("{} clustering (k = {})", begins ? "Spectral" : "spectral", partition.clusters());
    case v1::Partition::LEIDEN:
      return fmt::format("Leiden (k = {})", partition.clusters());
    case v1::Partition::PLANTED:
      return fmt::format("{} planted partition (k = {})", begins ? "The" : "the", partition.clusters());
    default:
      return "A partition";
  }
}

std::string NullName(v1::NullSpec::Model model) {
  switch (model) {
    case v1::NullSpec::LAYER_NONZERO:
      return "its weights shuffled among their places";
    case v1::NullSpec::DEGREE:
      return "its shuffled weights with the same strengths";
    case v1::NullSpec::RANDOM_INIT:
      return "untrained networks";
    default:
      return "its shuffled weights";
  }
}

/// Three decimals; what rounds to 0 has no sign.
std::string Decimals(double number) {
  std::string text = fmt::format("{:.3f}", number);
  return text == "-0.000" ? text.substr(1) : text;
}

std::string AgainstText(double observed, const v1::NullTest& test) {
  std::string text = Decimals(observed) + " against " + Decimals(test.mean());
  if (test.has_sd()) text += fmt::format(" ± {:.3f}", test.sd());
  return text + fmt::format(", p = {:.2g}", test.p());
}

std::string SignificanceText(const v1::Partition& partition) {
  const double modularity = TestedModularity(partition);
  if (!partition.has_significance()) {
    return fmt::format("Q = {}; no null model says whether that is much", Decimals(modularity));
  }
  const v1::Significance& significance = partition.significance();
  const std::string values = fmt::format("Q = {}; n-cut = {}", AgainstText(modularity, significance.modularity()),
                                         AgainstText(partition.ncut(), significance.ncut()));
  if (1.0 / (1 + significance.samples()) > kSignificant && significance.modularity().p() < 1) {
    const char* const models = significance.samples() == 1 ? "null model is" : "null models are";
    return fmt::format("{} {} too few to say: {}", significance.samples(), models, values);
  }
  const bool modular = significance.modularity().p() <= kSignificant;
  const bool separable = significance.ncut().p() <= kSignificant;
  const std::string null = NullName(significance.null_model());
  const std::string verdict = modular && separable ? "more modular and more clusterable than"
                              : modular            ? "more modular, but not more clusterable, than"
                              : separable          ? "more clusterable, but not more modular, than"
                                                   : "no more modular than";
  return fmt::format("{} {}: {}", verdict, null, values);
}

std::string StabilityText(const v1::Stability& stability) {
  const double mean = stability.adjusted_rand_index().mean();
  const std::string verdict = mean >= kSame      ? "other seeds find nearly the same"
                              : mean >= kRelated ? "other seeds find only part of it again"
                                                 : "it depends on the seed";
  return fmt::format("{} (ARI {:.2f})", verdict, mean);
}

std::string SweepText(const v1::ResolutionSweep& sweep) {
  const std::string range =
      fmt::format("{:.3g} to {:.3g}", sweep.steps().begin()->resolution(), sweep.steps().rbegin()->resolution());
  if (sweep.plateaus().empty()) return fmt::format("resolutions from {} divide it into nothing that lasts", range);
  const v1::Plateau& longest = sweep.plateaus(0);
  return fmt::format("over resolutions from {}, k = {} lasts longest, from {:.3g} to {:.3g}", range, longest.clusters(),
                     longest.least_resolution(), longest.most_resolution());
}

std::string AgreementText(const v1::Partition& first, const v1::Partition& second,
                          const v1::PartitionAgreement& agreement) {
  const double index = agreement.adjusted_rand_index();
  const std::string verdict = index >= kSame ? "agree" : index >= kRelated ? "agree in part" : "do not agree";
  return fmt::format("{} and {} {} (ARI {:.2f}).", NameOf(first), NameOf(second, false), verdict, index);
}

}  // namespace

std::string ReadResult(const v1::ScoreResult& result) {
  std::string text;
  const auto add = [&text](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
  for (const v1::Partition& partition : result.partitions()) {
    std::string sentence = NameOf(partition) + ": " + SignificanceText(partition);
    if (partition.has_stability()) sentence += "; " + StabilityText(partition.stability());
    if (!partition.sweep().steps().empty()) sentence += "; " + SweepText(partition.sweep());
    add(sentence + ".");
  }
  int pair = 0;
  for (int first = 0; first < result.partitions_size(); ++first) {
    for (int second = first + 1; second < result.partitions_size(); ++second, ++pair) {
      add(AgreementText(result.partitions(first), result.partitions(second), result.agreements(pair)));
    }
  }
  return text;
}

}  // namespace modlab::server

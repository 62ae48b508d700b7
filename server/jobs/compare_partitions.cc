#include "server/jobs/compare_partitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "server/comparison/agreement.h"
#include "server/jobs/compared_labels.h"
#include "server/jobs/request_error.h"
#include "server/jobs/result_check.h"

namespace modlab::server {
namespace {

using modlab::v1::Group;

/// What the table takes of memory, of time, and of the message that it is sent in.
constexpr int64_t kMostTableCells = 1'000'000;

std::string UnitsText(const ComparedLabels& compared, const std::string& field) {
  if (compared.partition.job().empty()) return fmt::format("`{}` has {} labels", field, compared.labels.size());
  return fmt::format("{} has {} units in {} layers", compared.partition.job(), compared.labels.size(),
                     compared.groups.size());
}

std::string LayerText(const ComparedLabels& compared, int layer) {
  if (layer >= compared.groups.size()) return "none";
  constexpr size_t longest_name = 64;
  const Group& group = compared.groups.Get(layer);
  return fmt::format("{} ({} units)", SanitizeText(group.name(), longest_name), group.units());
}

/// The first layer that is not the same in both.
int FirstDifference(const ComparedLabels& first, const ComparedLabels& second) {
  const auto is_same = [](const Group& a, const Group& b) { return a.name() == b.name() && a.units() == b.units(); };
  const auto ends =
      std::mismatch(first.groups.begin(), first.groups.end(), second.groups.begin(), second.groups.end(), is_same);
  return static_cast<int>(ends.first - first.groups.begin());
}

void CheckSameUnits(const ComparedLabels& first, const ComparedLabels& second) {
  const bool by_layers = !first.partition.job().empty() && !second.partition.job().empty();
  const int layer = by_layers ? FirstDifference(first, second) : 0;
  const bool same_layers = layer >= std::max(first.groups.size(), second.groups.size());
  if (first.labels.size() == second.labels.size() && (!by_layers || same_layers)) return;
  const std::string where = by_layers ? fmt::format("; the first layers that differ are {} and {}",
                                                    LayerText(first, layer), LayerText(second, layer))
                                      : "";
  throw RequestError(modlab::v1::FIELD_INVALID,
                     fmt::format("{}, {}{}: only partitions of the same units can be compared",
                                 UnitsText(first, "first"), UnitsText(second, "second"), where),
                     "second");
}

int64_t CountClusters(std::vector<int> labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(labels.begin(), std::lower_bound(labels.begin(), labels.end(), 0));
  return std::unique(labels.begin(), labels.end()) - labels.begin();
}

void CheckPairs(const ComparedLabels& first, const ComparedLabels& second) {
  const int64_t rows = CountClusters(first.labels);
  const int64_t columns = CountClusters(second.labels);
  if (rows * columns <= kMostTableCells) return;
  throw RequestError(modlab::v1::LIMIT_EXCEEDED,
                     fmt::format("{} clusters with {} are not compared: their table would have more than {} cells",
                                 rows, columns, kMostTableCells),
                     "", {{"limit", std::to_string(kMostTableCells)}});
}

}  // namespace

modlab::v1::ComparePartitionsResponse CompareAsAsked(Jobs& jobs, const Principal& principal,
                                                     const modlab::v1::ComparePartitionsRequest& request) {
  Authorize(principal, Verb::kRead, {"server", ""});
  ComparedLabels first = FindLabels(jobs, principal, request.first(), "first");
  ComparedLabels second = FindLabels(jobs, principal, request.second(), "second");
  CheckSameUnits(first, second);
  CheckPairs(first, second);
  modlab::v1::ComparePartitionsResponse response = AgreementWithTable(first.labels, second.labels);
  if (response.agreement().units() == 0) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       "no unit has a cluster in both partitions, so there is nothing to compare", "second");
  }
  *response.mutable_first() = first.partition;
  *response.mutable_second() = second.partition;
  return response;
}

}  // namespace modlab::server

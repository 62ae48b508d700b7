#include "client/output/partition_text.h"

#include <fmt/format.h>

namespace modlab::client {
namespace {

std::string MethodTitle(v1::Partition::Method method) {
  switch (method) {
    case v1::Partition::LEIDEN:
      return "Leiden";
    case v1::Partition::PLANTED:
      return "Planted partition";
    default:
      return "Spectral clustering";
  }
}

std::string ObjectiveTitle(v1::Modularity::Objective objective) {
  switch (objective) {
    case v1::Modularity::DIRECTED:
      return ", directed";
    case v1::Modularity::LAYER_PAIR:
      return ", by layer pairs";
    case v1::Modularity::SIGNED:
      return ", signed";
    default:
      return "";
  }
}

}  // namespace

std::string PartitionTitle(const v1::Partition& partition) {
  return fmt::format("{}{}, {} cluster{}", MethodTitle(partition.method()), ObjectiveTitle(partition.objective()),
                     partition.clusters(), partition.clusters() == 1 ? "" : "s");
}

double TestedModularity(const v1::Partition& partition) {
  const v1::Modularity& modularity = partition.modularity();
  switch (partition.objective()) {
    case v1::Modularity::DIRECTED:
      return modularity.directed();
    case v1::Modularity::LAYER_PAIR:
      return modularity.layer_pair();
    case v1::Modularity::SIGNED:
      return modularity.signed_();
    default:
      return modularity.newman();
  }
}

}  // namespace modlab::client

#include "server/comparison/tested_modularity.h"

namespace modlab::server {

double TestedModularity(const v1::Partition& partition) {
  switch (partition.objective()) {
    case v1::Modularity::DIRECTED:
      return partition.modularity().directed();
    case v1::Modularity::LAYER_PAIR:
      return partition.modularity().layer_pair();
    case v1::Modularity::SIGNED:
      return partition.modularity().signed_();
    default:
      return partition.modularity().newman();
  }
}

}  // namespace modlab::server

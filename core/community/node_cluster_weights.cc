#include "core/community/node_cluster_weights.h"

#include "core/cpu_dispatch.h"

namespace modlab {
namespace {

MODLAB_CPU_DISPATCH
void AddTo(const double* weights, int count, double* to) {
  for (int i = 0; i < count; ++i) to[i] += weights[i];
}

MODLAB_CPU_DISPATCH
void MoveBetween(const double* weights, int count, double* from, double* to) {
  for (int i = 0; i < count; ++i) {
    from[i] -= weights[i];
    to[i] += weights[i];
  }
}

}  // namespace

NodeClusterWeights::NodeClusterWeights(const Level& level, const std::vector<int>& labels, int clusters,
                                       const RunContext& context)
    : nodes_(level.nodes()), sums_(nodes_ * clusters, 0.0) {
  for (const Batch& batch : level.batches()) {
    context.CheckCancelled();
    level.ForEachRun(batch, nullptr, [&](const Run& run) {
      if (labels[run.node] < 0) return;
      double* const sums = of(labels[run.node]);
      if (run.others == nullptr) {
        AddTo(run.weights, run.count, sums + run.first);
      } else {
        for (int i = 0; i < run.count; ++i) sums[run.others[i]] += run.weights[i];
      }
    });
  }
}

void NodeClusterWeights::Move(const Run& run, int from, int to) {
  if (run.others == nullptr) {
    MoveBetween(run.weights, run.count, of(from) + run.first, of(to) + run.first);
    return;
  }
  for (int i = 0; i < run.count; ++i) {
    of(from)[run.others[i]] -= run.weights[i];
    of(to)[run.others[i]] += run.weights[i];
  }
}

}  // namespace modlab

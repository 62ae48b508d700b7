#pragma once

#include <cstdint>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/run_context.h"
#include "core/train/training_options.h"
#include "core/train/training_record.h"

namespace modlab {

/// How modular a network is as it learns: partitions by Leiden, one after the other. Not thread safe.
class ModularitySeries {
 public:
  ModularitySeries(const ModularityOptions& options, uint32_t seed) : options_(options), seed_(seed) {}

  /// Reads the network, which must be in evaluation mode, and measures it. A network without edges has a Q of 0 and no
  /// clusters. Errors: as Model::Read.
  ModularityRecord Measure(Model& model, RunContext& context);

  /// Labels of every record so far, one after the other: [records][units], -1 for units in no cluster.
  const std::vector<int>& labels() const { return labels_; }
  int records() const { return records_; }
  /// Goes on from what an earlier series has had.
  void Restore(std::vector<int> labels, int records) {
    labels_ = std::move(labels);
    records_ = records;
  }

 private:
  ModularityOptions options_;
  uint32_t seed_;
  std::vector<int> labels_;
  int records_ = 0;
};

}  // namespace modlab

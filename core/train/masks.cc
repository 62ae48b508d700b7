#include "core/train/masks.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "core/train/pruning.h"
#include "core/train/tensor_state.h"

namespace modlab {
namespace {

std::string ArrayName(size_t parameter) { return "pruned/" + std::to_string(parameter); }

}  // namespace

Masks::Masks(const std::vector<TrainableModel::Parameter>& parameters, const TrainingOptions& options)
    : parameters_(parameters), options_(options), bytes_(parameters.size()), pruned_(parameters.size()) {
  for (const GradientMask& mask : options.masks) {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const auto& parameter) { return parameter.name == mask.parameter; });
    if (found == parameters.end()) {
      throw Error(ErrorKind::kInvalidOption,
                  "there is a mask for `" + mask.parameter + "`, and no such parameter is trained");
    }
    if (static_cast<int64_t>(mask.trained.size()) != found->tensor.numel()) {
      throw Error(ErrorKind::kShapesMismatch, "the mask for " + mask.parameter + " has " +
                                                  std::to_string(mask.trained.size()) + " entries, and the parameter " +
                                                  std::to_string(found->tensor.numel()));
    }
    std::vector<uint8_t>& bytes = bytes_[static_cast<size_t>(found - parameters.begin())];
    if (bytes.empty()) bytes.assign(mask.trained.size(), 1);
    for (size_t entry = 0; entry < bytes.size(); ++entry) {
      if (mask.trained[entry] == 0) bytes[entry] = 0;
    }
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!IsPruned(i)) continue;
    pruned_[i].assign(static_cast<size_t>(parameters[i].tensor.numel()), 1);
    if (bytes_[i].empty()) bytes_[i] = pruned_[i];
  }
}

bool Masks::Prune(int64_t step, int64_t steps_per_epoch) {
  if (!options_.pruning) return false;
  PruningSchedule schedule;
  schedule.final = options_.pruning->sparsity;
  schedule.begin_step = options_.pruning->first_epoch * steps_per_epoch;
  schedule.end_step = options_.pruning->last_epoch * steps_per_epoch;
  schedule.every = options_.pruning->every_steps;
  const double sparsity = SparsityAt(schedule, step);
  if (sparsity <= 0 || sparsity == SparsityAt(schedule, step - 1)) return false;
  PruneTo(sparsity);
  Apply();
  return true;
}

void Masks::PruneTo(double sparsity) {
  // Entries that may be pruned, one after the other.
  std::vector<std::vector<float>> weights(parameters_.size());
  std::vector<std::vector<uint8_t>> kept(parameters_.size());
  std::vector<PrunableTensor<float>> tensors;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto* values = parameters_[i].tensor.data_ptr<float>();
    for (size_t entry = 0; entry < pruned_[i].size(); ++entry) {
      if (!IsPrunable(i, entry)) continue;
      weights[i].push_back(values[entry]);
      kept[i].push_back(pruned_[i][entry]);
    }
    tensors.push_back({weights[i].data(), kept[i].data(), static_cast<int64_t>(kept[i].size())});
  }
  PruneByMagnitude(tensors, sparsity,
                   options_.pruning->per_parameter ? PruningScope::kPerTensor : PruningScope::kGlobal);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    auto next = kept[i].begin();
    for (size_t entry = 0; entry < pruned_[i].size(); ++entry) {
      if (IsPrunable(i, entry)) pruned_[i][entry] = *next++;
    }
  }
}

void Masks::Apply() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (pruned_[i].empty()) continue;
    auto* values = parameters_[i].tensor.data_ptr<float>();
    for (size_t entry = 0; entry < pruned_[i].size(); ++entry) {
      if (pruned_[i][entry] != 0) continue;
      values[entry] = 0;
      bytes_[i][entry] = 0;
    }
  }
}

std::optional<double> Masks::sparsity() const {
  if (!options_.pruning) return std::nullopt;
  int64_t entries = 0;
  int64_t zero = 0;
  for (size_t i = 0; i < pruned_.size(); ++i) {
    for (size_t entry = 0; entry < pruned_[i].size(); ++entry) entries += IsPrunable(i, entry) ? 1 : 0;
    zero += std::count(pruned_[i].begin(), pruned_[i].end(), 0);
  }
  return entries == 0 ? 0 : static_cast<double>(zero) / static_cast<double>(entries);
}

void Masks::AppendTo(std::vector<NamedArray>& arrays) const {
  for (size_t i = 0; i < pruned_.size(); ++i) {
    if (pruned_[i].empty()) continue;
    arrays.push_back({ArrayName(i), MakeArray<uint8_t>({static_cast<int64_t>(pruned_[i].size())}, pruned_[i])});
  }
}

void Masks::Restore(const std::vector<NamedArray>& arrays) {
  for (size_t i = 0; i < pruned_.size(); ++i) {
    if (pruned_[i].empty()) continue;
    const auto values = RequireArray(arrays, ArrayName(i)).Values<uint8_t>();
    if (values.size() != pruned_[i].size()) throw Error(ErrorKind::kDataInvalid, "the checkpoint is another model's");
    pruned_[i].assign(values.begin(), values.end());
  }
  Apply();
}

}  // namespace modlab

#pragma once

#include <vector>

#include "core/train/clusterable_initialization.h"
#include "core/train/dense_layers.h"
#include "core/train/masks.h"
#include "core/train/trainable_model.h"

namespace modlab {

// What is done to a network's weights besides learning. Internal to core/train.

/// Makes the weights of a network's layers, parameters of two or more dimensions in the module's order, clusterable;
/// see clusterable_initialization.h. Of a fully connected layer that reads flattened channels, these are the units.
/// Entries that are masked stay as they are.
void MakeClusterable(const ClusterableInitializationOptions& options,
                     const std::vector<TrainableModel::Parameter>& parameters, const Masks& masks);

/// Rescales the ReLU units (and those without an activation) between dense layers, first layers first; see
/// relu_rescaling.h.
void BalanceUnits(const DenseLayers& layers);

}  // namespace modlab

#pragma once

#include <cstdint>
#include <vector>

namespace modlab {

struct ClusterableInitializationOptions {
  /// k: how many parts every layer's units are cut into, at least 2.
  int clusters = 2;
  /// What weights between units of different parts are multiplied by, 0 to 1; 1 changes nothing.
  double outside = 0.5;
};

/// The part, 0 ... clusters - 1, of each of a layer's units: consecutive ones, as equal as can be (unit i's is
/// floor(i * clusters / units)). All -1 where a layer has fewer units than clusters: it cannot be cut.
std::vector<int> ConsecutiveParts(int units, int clusters);

/// Makes a freshly initialised layer's weights clusterable, as [Fil] do before training (Filan et al. 2021, clusterable
/// initialisation: weights within clusters larger, those between clusters smaller): both of its ends are cut into
/// consecutive parts, so that a chain of layers treated alike has `clusters` planted clusters. With o = `outside`,
/// weights between different parts are multiplied by o, and those within one by
///   c = sqrt(1 + (n_out / n_in) (1 - o^2)),
/// n_in and n_out being the numbers of an output's inputs inside and outside of its part, so that
/// n_in c^2 + n_out o^2 = n_in + n_out: the variance of what reaches a unit from independent inputs stays.
/// Weights of layers of which an end has fewer units than clusters stay as they are.
///
/// `weights` is row-major [outputs][inputs][kernel_size]: kernel_size 1 for a linear layer, the number of a kernel's
/// elements for a convolution, and of a channel's positions for a linear layer that reads flattened channels.
/// O(elements). Errors: kInvalidOption.
void MakeClusterable(const ClusterableInitializationOptions& options, int outputs, int inputs, int64_t kernel_size,
                     float* weights);

}  // namespace modlab

#pragma once

#include <boost/align/aligned_allocator.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace modlab {

/// What torch.optim calls SGD, Adam, AdamW and RMSprop, with its names and defaults. A field that a kind does not have
/// is not looked at.
struct OptimizerOptions {
  enum class Kind { kSgd, kAdam, kAdamW, kRmsprop };
  Kind kind = Kind::kAdam;
  double momentum = 0;    ///< SGD and RMSprop; >= 0.
  bool nesterov = false;  ///< SGD; needs momentum and no dampening.
  double dampening = 0;   ///< SGD with momentum; the first gradient is not dampened.
  double beta1 = 0.9;     ///< Adam and AdamW; in [0, 1).
  double beta2 = 0.999;
  double epsilon = 1e-8;  ///< All but SGD; >= 0.
  double alpha = 0.99;    ///< RMSprop; in [0, 1].
  bool centered = false;  ///< RMSprop: divide by the standard deviation of the gradient.
  /// >= 0. AdamW: every step multiplies weights by 1 - learning_rate * weight_decay. Others: weight_decay times the
  /// weight is added to the gradient.
  double weight_decay = 0;
  double l1 = 0;  ///< >= 0. l1 times the weight's sign is added to the gradient.
};

/// Throws kInvalidOption where a field that the kind has is out of range.
void CheckOptimizerOptions(const OptimizerOptions& options);

/// Updates parameters in place from their gradients, in one pass over memory. `Real` is float or double.
///
/// What PyTorch 1.13's optimisers of the same names compute (an option `maximize` or `amsgrad` apart), in the same
/// precision; rounding differs. Three deviations: centred RMSprop takes a variance that rounding has made negative for
/// 0, where torch gives NaN; on x86-64 numbers below the smallest normal one (1.2e-38 for float), in weights that are
/// updated, gradients and state, count as 0, since they would make steps two to four times slower; and what a mask
/// leaves out has no torch counterpart.
///
/// The same bits on every x86-64 CPU. Not thread safe. State is 0 to 3 numbers per weight. A step of Adam on 1.25
/// million floats takes 0.75 ms on one thread of a 2023 Xeon, as fast as its memory is.
template <typename Real>
class BasicOptimizer {
 public:
  struct Parameter {
    Real* values = nullptr;
    /// Null: the parameter is skipped, and its count of steps and state stay as they are.
    const Real* gradient = nullptr;
    /// Where it is 0, neither the weight nor its state ever changes, to the bit. Null: no mask.
    const uint8_t* mask = nullptr;
  };

  /// `sizes`: numbers of weights of the parameters. Errors: as CheckOptimizerOptions.
  BasicOptimizer(const OptimizerOptions& options, std::vector<int64_t> sizes);

  /// One step for all parameters, in the order of `sizes`. `gradient_scale` multiplies the gradients before weight
  /// decay and l1 are added (clipping by norm: min(1, max_norm / norm)). Memory of different parameters must not
  /// overlap.
  void Step(double learning_rate, double gradient_scale, const std::vector<Parameter>& parameters);

  /// Forgets everything that steps have left: buffers are 0 again, and so are counts.
  void Reset();

  const OptimizerOptions& options() const { return options_; }
  const std::vector<int64_t>& sizes() const { return sizes_; }

  /// All of the state, for checkpoints: what is read here and written back into a new optimiser with the same options
  /// and sizes goes on to the bit. Names of the buffers that these options need, of `momentum`, `first_moment`,
  /// `second_moment` and `mean_gradient`.
  std::vector<std::string> buffer_names() const;
  /// The buffer's numbers for one parameter, as many as it has weights; valid as long as the optimiser. A name that is
  /// not in buffer_names() is a std::logic_error.
  Real* buffer(const std::string& name, size_t parameter);
  const Real* buffer(const std::string& name, size_t parameter) const;
  /// How many steps a parameter has taken.
  int64_t step_count(size_t parameter) const { return step_counts_.at(parameter); }
  void set_step_count(size_t parameter, int64_t count) { step_counts_.at(parameter) = count; }

 private:
  struct Buffer {
    std::string name;
    std::vector<std::vector<Real, boost::alignment::aligned_allocator<Real, 64>>> of_parameter;
  };

  void AddBuffer(const std::string& name);
  /// Null where the options need no such buffer.
  Real* Find(const std::string& name, size_t parameter);
  void StepSgd(double learning_rate, double gradient_scale, size_t index, const Parameter& parameter);
  void StepAdam(double learning_rate, double gradient_scale, size_t index, const Parameter& parameter);
  void StepRmsprop(double learning_rate, double gradient_scale, size_t index, const Parameter& parameter);

  OptimizerOptions options_;
  std::vector<int64_t> sizes_;
  std::vector<int64_t> step_counts_;
  std::vector<Buffer> buffers_;
};

using Optimizer = BasicOptimizer<float>;
extern template class BasicOptimizer<float>;
extern template class BasicOptimizer<double>;

/// Sum of the squares of a parameter's gradient over those entries whose mask is not 0 (all, where there is none), for
/// clipping by norm. Added up in double, in an order that depends on nothing but `count`.
double SquaredNorm(const float* gradient, int64_t count, const uint8_t* mask = nullptr);
double SquaredNorm(const double* gradient, int64_t count, const uint8_t* mask = nullptr);

}  // namespace modlab

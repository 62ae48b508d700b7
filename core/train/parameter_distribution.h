#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"

namespace modlab {

/// What a goal's parameter is drawn from (definitions.md, section 12).
struct Distribution {
  enum class Kind {
    kUniform,  ///< In [low, high).
    kNormal,   ///< Of this mean and standard deviation.
    kInteger,  ///< low ... high, each as likely as the others, without 0.
    kChoice,   ///< One of `values`, each as likely as the others.
  };

  Kind kind = Kind::kUniform;
  double low = 0;
  double high = 1;
  double mean = 0;
  double sd = 1;
  std::vector<double> values;

  static Distribution Uniform(double low, double high);
  static Distribution Normal(double mean, double sd);
  static Distribution Integer(double low, double high);
  static Distribution Choice(std::vector<double> values);

  double Draw(Random& random) const;
  /// Number of different values; nothing for those of real numbers.
  std::optional<int64_t> Size() const;
};

struct ParameterDistribution {
  std::string name;
  Distribution distribution;
};

/// What is wrong with a distribution, in a few words (`low must be less than high`); empty where nothing is. Numbers
/// must be finite, low < high, sd > 0, integers whole and within +-2^31 with one that is not 0 among them, choices
/// different from each other.
std::string FaultOf(const Distribution& distribution);

/// Reads `NAME~KIND(NUMBERS)`: `a~U(0,10)` (uniform), `a~N(0,1)` (normal), `a~I(-3,3)` (integers without 0),
/// `a~C(1,2,5)` (one of these). Blanks do not matter. A name is letters, digits and `_`, no digit first.
/// Errors: kInvalidOption, with the position in the text, counted from 1.
ParameterDistribution ParseDistribution(std::string_view text);

/// What ParseDistribution reads; numbers have as many digits as it takes to read the same ones.
std::string ToText(const ParameterDistribution& parameter);

}  // namespace modlab

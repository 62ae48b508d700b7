#include "core/train/parameter_distribution.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/error.h"

namespace modlab {
namespace {

constexpr double kLargestInteger = 2147483648.0;

bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsInName(char c) { return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool HasZero(const Distribution& integers) { return integers.low <= 0 && integers.high >= 0; }

int64_t CountIntegers(const Distribution& integers) {
  return static_cast<int64_t>(integers.high - integers.low) + 1 - (HasZero(integers) ? 1 : 0);
}

/// Reads the text from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  ParameterDistribution Read() {
    ParameterDistribution parameter;
    parameter.name = ReadName();
    Expect('~', "'~' and a distribution");
    SkipBlanks();
    const size_t kind_at = position_;
    const char kind = position_ < text_.size() ? text_[position_] : '\0';
    if (kind == '\0' || std::string_view("UNIC").find(kind) == std::string_view::npos) {
      Fail(kind_at, "one of U(LOW,HIGH), N(MEAN,SD), I(LOW,HIGH) and C(VALUE,...) is expected");
    }
    ++position_;
    Expect('(', "'('");
    std::vector<double> numbers = {ReadNumber()};
    while (!Accept(')')) {
      Expect(',', "',' or ')'");
      numbers.push_back(ReadNumber());
    }
    SkipBlanks();
    if (position_ < text_.size()) Fail(position_, "nothing is expected after the ')'");
    if (kind != 'C' && numbers.size() != 2) {
      Fail(kind_at, std::string(1, kind) + " takes 2 numbers, and has " + std::to_string(numbers.size()));
    }
    parameter.distribution = Make(kind, std::move(numbers));
    const std::string fault = FaultOf(parameter.distribution);
    if (!fault.empty()) Fail(kind_at, fault);
    return parameter;
  }

 private:
  static Distribution Make(char kind, std::vector<double> numbers) {
    if (kind == 'C') return Distribution::Choice(std::move(numbers));
    if (kind == 'N') return Distribution::Normal(numbers[0], numbers[1]);
    if (kind == 'I') return Distribution::Integer(numbers[0], numbers[1]);
    return Distribution::Uniform(numbers[0], numbers[1]);
  }

  std::string ReadName() {
    SkipBlanks();
    const size_t start = position_;
    if (start >= text_.size() || !IsNameStart(text_[start])) Fail(start, "a parameter's name is expected");
    while (position_ < text_.size() && IsInName(text_[position_])) ++position_;
    return std::string(text_.substr(start, position_ - start));
  }

  double ReadNumber() {
    SkipBlanks();
    double number = 0;
    const char* const begin = text_.data() + position_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (error != std::errc() || !std::isfinite(number)) Fail(position_, "a finite number is expected");
    position_ += end - begin;
    return number;
  }

  bool Accept(char c) {
    SkipBlanks();
    if (position_ >= text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  void Expect(char c, const std::string& what) {
    if (!Accept(c)) Fail(position_, what + " is expected");
  }
  void SkipBlanks() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\t')) ++position_;
  }
  [[noreturn]] void Fail(size_t position, const std::string& what) const {
    throw Error(ErrorKind::kInvalidOption, "the distribution '" + std::string(text_) + "' is wrong at character " +
                                               std::to_string(position + 1) + ": " + what +
                                               ". Write it like a~U(0,10), a~N(0,1), a~I(-3,3) or a~C(1,2,5).");
  }

  std::string_view text_;
  size_t position_ = 0;
};

std::string ToText(double number) {
  char digits[32];
  const auto result = std::to_chars(std::begin(digits), std::end(digits), number);
  return {digits, result.ptr};
}

}  // namespace

Distribution Distribution::Uniform(double low, double high) {
  Distribution distribution;
  distribution.kind = Kind::kUniform;
  distribution.low = low;
  distribution.high = high;
  return distribution;
}

Distribution Distribution::Normal(double mean, double sd) {
  Distribution distribution;
  distribution.kind = Kind::kNormal;
  distribution.mean = mean;
  distribution.sd = sd;
  return distribution;
}

Distribution Distribution::Integer(double low, double high) {
  Distribution distribution = Uniform(low, high);
  distribution.kind = Kind::kInteger;
  return distribution;
}

Distribution Distribution::Choice(std::vector<double> values) {
  Distribution distribution;
  distribution.kind = Kind::kChoice;
  distribution.values = std::move(values);
  return distribution;
}

double Distribution::Draw(Random& random) const {
  switch (kind) {
    case Kind::kUniform:
      return low + (high - low) * random.Uniform();
    case Kind::kNormal: {  // Box and Muller's
      const double radius = std::sqrt(-2 * std::log(1 - random.Uniform()));
      return mean + sd * radius * std::cos(2 * std::acos(-1.0) * random.Uniform());
    }
    case Kind::kInteger: {
      const double integer = low + static_cast<double>(random.Index(CountIntegers(*this)));
      return HasZero(*this) && integer >= 0 ? integer + 1 : integer;
    }
    case Kind::kChoice:
      return values[random.Index(values.size())];
  }
  throw std::logic_error("no such kind of distribution");
}

std::optional<int64_t> Distribution::Size() const {
  if (kind == Kind::kInteger) return CountIntegers(*this);
  if (kind == Kind::kChoice) return static_cast<int64_t>(values.size());
  return std::nullopt;
}

std::string FaultOf(const Distribution& distribution) {
  const auto is_finite = [](double number) { return std::isfinite(number); };
  switch (distribution.kind) {
    case Distribution::Kind::kUniform:
      if (!is_finite(distribution.high - distribution.low))
        return "the bounds must be finite, and their difference, too";
      return distribution.low < distribution.high ? "" : "the lower bound must be less than the upper one";
    case Distribution::Kind::kNormal:
      if (!is_finite(distribution.mean) || !is_finite(distribution.sd)) return "the numbers must be finite";
      return distribution.sd > 0 ? "" : "the standard deviation must be more than 0";
    case Distribution::Kind::kInteger:
      for (const double bound : {distribution.low, distribution.high}) {
        if (!(std::abs(bound) <= kLargestInteger) || bound != std::floor(bound)) {
          return "the bounds must be whole numbers of at most 2147483648";
        }
      }
      if (distribution.low > distribution.high) return "the lower bound must not be more than the upper one";
      return CountIntegers(distribution) > 0 ? "" : "0 is left out, and there is no other number";
    case Distribution::Kind::kChoice:
      if (distribution.values.empty()) return "there must be a value to choose";
      if (!std::all_of(distribution.values.begin(), distribution.values.end(), is_finite)) {
        return "the values must be finite";
      }
      return std::set<double>(distribution.values.begin(), distribution.values.end()).size() ==
                     distribution.values.size()
                 ? ""
                 : "the values must be different from each other";
  }
  return "no such kind";
}

ParameterDistribution ParseDistribution(std::string_view text) { return Reader(text).Read(); }

std::string ToText(const ParameterDistribution& parameter) {
  const Distribution& distribution = parameter.distribution;
  const auto pair = [](const char* kind, double first, double second) {
    return kind + ("(" + ToText(first) + "," + ToText(second) + ")");
  };
  std::string text = parameter.name + "~";
  switch (distribution.kind) {
    case Distribution::Kind::kUniform:
      return text + pair("U", distribution.low, distribution.high);
    case Distribution::Kind::kNormal:
      return text + pair("N", distribution.mean, distribution.sd);
    case Distribution::Kind::kInteger:
      return text + pair("I", distribution.low, distribution.high);
    case Distribution::Kind::kChoice:
      text += "C(";
      for (size_t i = 0; i < distribution.values.size(); ++i)
        text += (i > 0 ? "," : "") + ToText(distribution.values[i]);
      return text + ")";
  }
  throw std::logic_error("no such kind of distribution");
}

}  // namespace modlab

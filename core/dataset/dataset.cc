#include "core/dataset/dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <type_traits>

#include "core/cpu_dispatch.h"
#include "core/error.h"
#include "core/shown_text.h"

namespace modlab {
namespace {

constexpr int64_t kBlock = 4096;
/// Sums that run beside each other, so that a loop runs in vectors without another order of additions than is written.
constexpr int64_t kLanes = 16;

[[noreturn]] void ThrowAbout(const std::string& what) { throw Error(ErrorKind::kDataInvalid, what); }

/// Whether all of a block's exponents are below that of infinity and NaN.
template <typename Bits>
[[gnu::always_inline]] inline bool AreFinite(const std::byte* values, int64_t count, Bits exponent) {
  const auto* const bits = reinterpret_cast<const Bits*>(values);
  Bits wrong = 0;
  for (int64_t i = 0; i < count; ++i) wrong |= (bits[i] & exponent) == exponent ? 1 : 0;
  return wrong == 0;
}

MODLAB_CPU_DISPATCH
bool FloatsAreFinite(const std::byte* values, int64_t count) { return AreFinite<uint32_t>(values, count, 0x7f800000U); }

MODLAB_CPU_DISPATCH
bool DoublesAreFinite(const std::byte* values, int64_t count) {
  return AreFinite<uint64_t>(values, count, 0x7ff0000000000000U);
}

void CheckFinite(const NamedArray& tensor) {
  const Array& array = tensor.array;
  if (IsInteger(array.type)) return;
  const int64_t size = SizeOf(array.type);
  const int64_t elements = array.elements();
  for (int64_t start = 0; start < elements; start += kBlock) {
    const int64_t count = std::min(kBlock, elements - start);
    const std::byte* const values = array.bytes.data() + start * size;
    if (size == 4 ? FloatsAreFinite(values, count) : DoublesAreFinite(values, count)) continue;
    int64_t element = start;
    while (std::isfinite(At(array, element))) ++element;
    const char* const what = std::isnan(At(array, element)) ? "NaN" : "infinite";
    ThrowAbout("the tensor " + Quoted(tensor.name) + " is " + what + " in row " +
               std::to_string(element / array.row_elements()) + ", element " +
               std::to_string(element % array.row_elements()) + " of the row; every element must be finite");
  }
}

struct Sums {
  double least = 0;
  double most = 0;
  double sum = 0;
};

template <typename Element>
[[gnu::always_inline]] inline void SumOf(const std::byte* bytes, int64_t count, Sums& result) {
  const auto* const values = reinterpret_cast<const Element*>(bytes);
  Element least[kLanes];
  Element most[kLanes];
  double sums[kLanes] = {};
  for (int64_t lane = 0; lane < kLanes; ++lane) least[lane] = most[lane] = values[0];
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const Element value = values[i + lane];
      least[lane] = value < least[lane] ? value : least[lane];
      most[lane] = value > most[lane] ? value : most[lane];
      sums[lane] += static_cast<double>(value);
    }
  }
  for (; i < count; ++i) {
    least[0] = std::min(least[0], values[i]);
    most[0] = std::max(most[0], values[i]);
    sums[0] += static_cast<double>(values[i]);
  }
  result.least = static_cast<double>(*std::min_element(least, least + kLanes));
  result.most = static_cast<double>(*std::max_element(most, most + kLanes));
  result.sum = 0;
  for (const double sum : sums) result.sum += sum;
}

/// Sums of deviations from `mean`, and of their squares.
template <typename Element>
[[gnu::always_inline]] inline void DeviationsOf(const std::byte* bytes, int64_t count, double mean, double& sum,
                                                double& squares) {
  const auto* const values = reinterpret_cast<const Element*>(bytes);
  double sums[kLanes] = {};
  double square_sums[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const double deviation = static_cast<double>(values[i + lane]) - mean;
      sums[lane] += deviation;
      square_sums[lane] += deviation * deviation;
    }
  }
  for (; i < count; ++i) {
    const double deviation = static_cast<double>(values[i]) - mean;
    sums[0] += deviation;
    square_sums[0] += deviation * deviation;
  }
  sum = 0;
  squares = 0;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    sum += sums[lane];
    squares += square_sums[lane];
  }
}

MODLAB_CPU_DISPATCH
void AddUp(ElementType type, const std::byte* bytes, int64_t count, Sums& result) {
  VisitElementType(
      type, [&](auto element) __attribute__((always_inline)) { SumOf<decltype(element)>(bytes, count, result); });
}

MODLAB_CPU_DISPATCH
void AddUpDeviations(ElementType type, const std::byte* bytes, int64_t count, double mean, double& sum,
                     double& squares) {
  VisitElementType(
      type, [&](auto element)
                __attribute__((always_inline)) { DeviationsOf<decltype(element)>(bytes, count, mean, sum, squares); });
}

/// Of integers of one byte: how often each stands there says everything.
TensorSummary SummarizeBytes(const Array& array) {
  // Four tables: one would wait for itself where values repeat.
  std::array<std::array<int64_t, 256>, 4> counts = {};
  const int64_t elements = array.elements();
  int64_t i = 0;
  for (; i + 4 <= elements; i += 4) {
    for (int64_t table = 0; table < 4; ++table) {
      ++counts[static_cast<size_t>(table)][static_cast<size_t>(array.bytes[static_cast<size_t>(i + table)])];
    }
  }
  for (; i < elements; ++i) ++counts[0][static_cast<size_t>(array.bytes[static_cast<size_t>(i)])];
  TensorSummary summary;
  summary.least = std::numeric_limits<double>::infinity();
  summary.most = -std::numeric_limits<double>::infinity();
  std::array<std::pair<double, int64_t>, 256> values;
  int64_t sum = 0;
  for (size_t code = 0; code < values.size(); ++code) {
    const int value = array.type == ElementType::kInt8 ? static_cast<int8_t>(code) : static_cast<int>(code);
    const int64_t count = counts[0][code] + counts[1][code] + counts[2][code] + counts[3][code];
    values[code] = {value, count};
    if (count == 0) continue;
    summary.least = std::min<double>(summary.least, value);
    summary.most = std::max<double>(summary.most, value);
    sum += value * count;
  }
  summary.mean = static_cast<double>(sum) / static_cast<double>(elements);
  double squares = 0;
  for (const auto& [value, count] : values) {
    squares += static_cast<double>(count) * (value - summary.mean) * (value - summary.mean);
  }
  summary.sd = std::sqrt(squares / static_cast<double>(elements));
  return summary;
}

}  // namespace

const Array* Dataset::Find(std::string_view name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const auto& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &found->array;
}

bool IsTensorName(std::string_view name) {
  constexpr size_t longest = 63;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && name.size() <= longest && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void CheckDataset(const Dataset& dataset) {
  std::set<std::string_view> names;
  for (const auto& [name, array] : dataset.tensors) {
    if (!IsTensorName(name)) {
      ThrowAbout("a tensor is called " + Quoted(name) +
                 "; names are small letters, digits and _, do not start with a digit, and have at most 63 characters");
    }
    if (!names.insert(name).second)
      ThrowAbout("two tensors are called " + Quoted(name) + "; each needs a name of its own");
    if (array.shape.empty())
      ThrowAbout("the tensor " + Quoted(name) + " is a single number; it needs a row for each sample");
    if (BytesOf(array.type, array.shape) != static_cast<int64_t>(array.bytes.size())) {
      throw std::logic_error("the tensor " + name + " has another shape than elements");
    }
    if (array.bytes.empty()) {
      ThrowAbout("the tensor " + Quoted(name) + " has the shape " + ShapeText(array.shape) + ", and so no elements");
    }
  }
  const Array* const inputs = dataset.Find("x");
  if (inputs == nullptr)
    ThrowAbout("a data set needs a tensor \"x\", its inputs; there are " + [&] {
      std::vector<std::string> all(names.begin(), names.end());
      return NearNames("x", all);
    }());
  for (const auto& [name, array] : dataset.tensors) {
    if (array.rows() == inputs->rows()) continue;
    ThrowAbout("the tensor \"x\" has " + std::to_string(inputs->rows()) + " rows and " + Quoted(name) + " has " +
               std::to_string(array.rows()) + "; each sample needs a row in every tensor");
  }
  for (const NamedArray& tensor : dataset.tensors) CheckFinite(tensor);
}

TensorSummary Summarize(const Array& array) {
  const int64_t elements = array.elements();
  if (elements < 1) throw std::logic_error("a summary of nothing");
  TensorSummary summary;
  if (SizeOf(array.type) == 1) {
    summary = SummarizeBytes(array);
  } else {
    Sums sums;
    AddUp(array.type, array.bytes.data(), elements, sums);
    const auto count = static_cast<double>(elements);
    summary.least = sums.least;
    summary.most = sums.most;
    // Within what there is, also where the sum was rounded, or is infinite.
    summary.mean = std::clamp(sums.sum / count, sums.least, sums.most);
    double rest = 0;
    double squares = 0;
    AddUpDeviations(array.type, array.bytes.data(), elements, summary.mean, rest, squares);
    // The mean is rounded; what its error adds is taken away (Chan, Golub & LeVeque 1983).
    summary.sd = std::sqrt(std::max(0.0, squares - rest * rest / count) / count);
  }
  constexpr double most_classes = 65536;
  if (IsInteger(array.type) && array.shape.size() == 1 && summary.least >= 0 && summary.most < most_classes) {
    summary.classes = static_cast<int64_t>(summary.most) + 1;
  }
  return summary;
}

}  // namespace modlab

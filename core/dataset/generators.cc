#include "core/dataset/generators.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "core/shown_text.h"

namespace modlab {
namespace {

/// Whether there is an object on a side of the retina, given its pixels.
bool IsObject(const uint8_t* outer, const uint8_t* inner) {
  const int outer_black = outer[0] + outer[1];
  const int inner_black = inner[0] + inner[1];
  return outer_black + inner_black >= 3 || (outer_black >= 1 && inner_black == 0);
}

NewArray MakeRows(const Array& like, std::vector<int64_t> shape) {
  if (!BytesOf(like.type, shape)) {
    throw Error(ErrorKind::kInvalidOption, "samples: " + std::to_string(shape[0]) + " are more than can be stored");
  }
  return NewArray(like.type, std::move(shape));
}

std::vector<int64_t> PairShape(const Array& x, int64_t samples, PairLayout layout) {
  if (layout == PairLayout::kConcatenate) return {samples, 2 * x.row_elements()};
  std::vector<int64_t> shape = x.shape;
  shape[0] = samples;
  constexpr size_t images_with_channels = 4;
  if (shape.size() == images_with_channels) {
    shape[1] *= 2;
  } else {
    shape.insert(shape.begin() + 1, 2);
  }
  return shape;
}

}  // namespace

Dataset AllBitVectors(int n) {
  constexpr int most = 20;
  if (n < 1 || n > most) {
    throw Error(ErrorKind::kInvalidOption, "bits: " + std::to_string(n) + " is not between 1 and 20");
  }
  const int64_t rows = int64_t{1} << n;
  NewArray x(ElementType::kUint8, {rows, n});
  auto* bit = x.Target<uint8_t>();
  for (int64_t i = 0; i < rows; ++i) {
    for (int j = 0; j < n; ++j) *bit++ = static_cast<uint8_t>(i >> (n - 1 - j) & 1);
  }
  return {{{"x", std::move(x.array)}}};
}

Dataset Retina() {
  constexpr int pixels = 8;
  Dataset retina = AllBitVectors(pixels);
  const Array& x = retina.tensors[0].array;
  const Span<const uint8_t> patterns = x.Values<uint8_t>();
  std::vector<uint8_t> left;
  std::vector<uint8_t> right;
  for (int64_t row = 0; row < x.rows(); ++row) {
    const uint8_t* const pattern = patterns.data() + row * pixels;
    left.push_back(IsObject(pattern, pattern + 2) ? 1 : 0);
    right.push_back(IsObject(pattern + 6, pattern + 4) ? 1 : 0);
  }
  const std::vector<int64_t> shape = {x.rows()};
  retina.tensors.push_back({"left", MakeArray(shape, std::move(left))});
  retina.tensors.push_back({"right", MakeArray(shape, std::move(right))});
  return retina;
}

Dataset OneHotPairs(int n) {
  constexpr int most = 1000;
  if (n < 1 || n > most) {
    throw Error(ErrorKind::kInvalidOption, "classes: " + std::to_string(n) + " is not between 1 and 1000");
  }
  const int64_t rows = int64_t{n} * n;
  NewArray x(ElementType::kUint8, {rows, int64_t{2} * n});
  auto* const bits = x.Target<uint8_t>();
  std::memset(bits, 0, static_cast<size_t>(rows * 2 * n));
  std::vector<int64_t> first;
  std::vector<int64_t> second;
  for (int64_t row = 0; row < rows; ++row) {
    first.push_back(row / n);
    second.push_back(row % n);
    bits[row * 2 * n + first.back()] = 1;
    bits[row * 2 * n + n + second.back()] = 1;
  }
  return {{{"x", std::move(x.array)},
           {"y1", MakeArray({rows}, std::move(first))},
           {"y2", MakeArray({rows}, std::move(second))}}};
}

Dataset DigitPairs(const Dataset& labelled, int64_t samples, PairLayout layout, uint64_t seed) {
  const Array* const x = labelled.Find("x");
  if (x == nullptr) throw std::logic_error("a data set without x");
  if (samples < 1) {
    throw Error(ErrorKind::kInvalidOption, "samples: " + std::to_string(samples) + " is below 1");
  }
  if (labelled.tensors.size() < 2) {
    throw Error(ErrorKind::kDataInvalid, "pairs need a data set with labels; this one has only \"x\"");
  }
  for (const auto& [name, array] : labelled.tensors) {
    if (name != "x" && !IsTensorName(name + "1")) {
      throw Error(ErrorKind::kDataInvalid, "the label " + Quoted(name) + " would become " + Quoted(name + "1") +
                                               " and " + Quoted(name + "2") + ", which is too long; rename it");
    }
  }

  NewArray pairs = MakeRows(*x, PairShape(*x, samples, layout));
  struct Label {
    const Array* source;
    NewArray parts[2];
    size_t row_bytes;
  };
  std::vector<Label> labels;
  Dataset result;
  result.tensors.push_back({"x", pairs.array});
  for (const auto& [name, array] : labelled.tensors) {
    if (name == "x") continue;
    std::vector<int64_t> shape = array.shape;
    shape[0] = samples;
    const auto row_bytes = static_cast<size_t>(array.row_elements() * SizeOf(array.type));
    labels.push_back({&array, {MakeRows(array, shape), MakeRows(array, shape)}, row_bytes});
    for (int part = 0; part < 2; ++part) {
      result.tensors.push_back({name + std::to_string(part + 1), labels.back().parts[part].array});
    }
  }

  Random random(seed);
  const auto row_bytes = static_cast<size_t>(x->row_elements() * SizeOf(x->type));
  for (int64_t i = 0; i < samples; ++i) {
    for (int part = 0; part < 2; ++part) {
      const auto row = static_cast<size_t>(random.Index(x->rows()));
      std::memcpy(pairs.target + (2 * static_cast<size_t>(i) + static_cast<size_t>(part)) * row_bytes,
                  x->bytes.data() + row * row_bytes, row_bytes);
      for (const Label& label : labels) {
        std::memcpy(label.parts[part].target + static_cast<size_t>(i) * label.row_bytes,
                    label.source->bytes.data() + row * label.row_bytes, label.row_bytes);
      }
    }
  }
  return result;
}

}  // namespace modlab

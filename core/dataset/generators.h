#pragma once

#include <cstdint>

#include "core/dataset/dataset.h"

namespace modlab {

/// All vectors of n bits: x is uint8 [2^n][n], and row i has the bit j = (i >> (n - 1 - j)) & 1, the rows counting up
/// in binary. No labels: these are a goal's (formulas of x). Errors: kInvalidOption (n is not 1 to 20).
Dataset AllBitVectors(int n);

/// The retina of Kashtan & Alon 2005 (definitions.md, section 13): all 256 patterns of a retina of 2 rows and 4
/// columns. x is uint8 [256][8], rows as those of AllBitVectors(8); pixel j is in column j / 2 and row j % 2, so 0 to 3
/// are the left side, 0 and 1 its outer column, 4 to 7 the right side, 6 and 7 its outer column. Labels `left` and
/// `right`, uint8 [256]: whether there is an object on that side: 3 or 4 black pixels, or 1 or 2 in the outer column
/// only.
Dataset Retina();

/// All n^2 pairs of one-hot vectors of n elements: x is uint8 [n^2][2n], and row i has its ones at i / n and n + i % n,
/// which labels `y1` and `y2`, int64 [n^2], say. Errors: kInvalidOption (n is not 1 to 1000).
Dataset OneHotPairs(int n);

enum class PairLayout {
  /// x is [samples][2 * features], the first sample's elements and then the second's.
  kConcatenate,
  /// x is [samples][2]..., or where rows are images with channels, [channels][height][width], the channels of both:
  /// [samples][2 * channels][height][width].
  kStack,
};

/// Pairs of samples: each row of x has the inputs of two rows of `labelled`, drawn independently, uniformly and with
/// replacement (the first of row 0, its second, the first of row 1, ...); each label `name` becomes `name1` and
/// `name2`, in that order. Types stay as they are. The same seed gives the same pairs everywhere. `labelled` is as
/// CheckDataset wants it. O(bytes of the result). Errors: kInvalidOption (samples below 1, or too many to be counted),
/// kDataInvalid (no labels; a label's name is too long).
Dataset DigitPairs(const Dataset& labelled, int64_t samples, PairLayout layout, uint64_t seed);

}  // namespace modlab

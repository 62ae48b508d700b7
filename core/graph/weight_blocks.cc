#include "core/graph/weight_blocks.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/error.h"
#include "core/graph/block_rows.h"
#include "core/graph/sparse_weights.h"

namespace modlab::reader {
namespace {

/// Consecutive positions or rows whose units are consecutive, too, in one group.
struct Stretch {
  int64_t first = 0;
  int64_t count = 0;
  Place place;  ///< Of the first.
};

std::vector<Stretch> StretchesOf(const std::vector<Place>& places) {
  std::vector<Stretch> runs;
  for (size_t i = 0; i < places.size(); ++i) {
    const Place& place = places[i];
    if (place.group < 0) continue;
    if (!runs.empty()) {
      Stretch& last = runs.back();
      const bool follows = last.first + last.count == static_cast<int64_t>(i) && last.place.group == place.group &&
                           last.place.index + last.count == place.index;
      if (follows) {
        ++last.count;
        continue;
      }
    }
    runs.push_back({static_cast<int64_t>(i), 1, place});
  }
  return runs;
}

/// The rows, in their order, cut so that each part has a unit once: the second row that writes a unit is in the second.
std::vector<std::vector<int64_t>> RowsByTurn(const std::vector<Place>& targets) {
  std::map<std::pair<int, int>, size_t> turns;
  std::vector<std::vector<int64_t>> rows;
  for (size_t row = 0; row < targets.size(); ++row) {
    if (targets[row].group < 0) continue;
    const size_t turn = turns[{targets[row].group, targets[row].index}]++;
    if (turn == rows.size()) rows.emplace_back();
    rows[turn].push_back(static_cast<int64_t>(row));
  }
  return rows;
}

/// Indices [first, last] of a group that are used.
struct Span {
  int first = std::numeric_limits<int>::max();
  int last = -1;
  void Include(int index) {
    first = std::min(first, index);
    last = std::max(last, index);
  }
  int count() const { return last - first + 1; }
};

std::map<int, Span> Spans(const std::vector<Place>& places) {
  std::map<int, Span> spans;
  for (const Place& place : places) {
    if (place.group >= 0) spans[place.group].Include(place.index);
  }
  return spans;
}

/// Number of parts of groups that the rows of each turn write.
size_t TargetParts(const std::vector<Place>& targets) {
  size_t parts = 0;
  for (const std::vector<int64_t>& turn : RowsByTurn(targets)) {
    std::set<int> groups;
    for (const int64_t row : turn) groups.insert(targets[row].group);
    parts += groups.size();
  }
  return parts;
}

bool AreDistinct(const std::vector<Place>& places) {
  std::set<std::pair<int, int>> seen;
  return std::all_of(places.begin(), places.end(), [&](const Place& place) {
    return place.group < 0 || seen.insert({place.group, place.index}).second;
  });
}

std::vector<double> Part(const std::vector<double>& scale, const Stretch& run) {
  if (scale.empty()) return {};
  return {scale.begin() + run.first, scale.begin() + run.first + run.count};
}

/// Takes the signs off a scale: whether each is negative. Empty where none is.
std::vector<char> TakeSigns(std::vector<double>& scale) {
  std::vector<char> turns;
  for (size_t i = 0; i < scale.size(); ++i) {
    if (scale[i] >= 0) continue;
    turns.resize(scale.size(), 0);
    turns[i] = 1;
    scale[i] = -scale[i];
  }
  return turns;
}

/// A block between the units of two stretches, without its elements.
Block PlacedBlock(const LayerWeights& weights, const Stretch& targets, const Stretch& sources) {
  Block block;
  block.source = sources.place.group;
  block.target = targets.place.group;
  block.source_offset = sources.place.index;
  block.target_offset = targets.place.index;
  block.source_units = static_cast<int>(sources.count);
  block.target_units = static_cast<int>(targets.count);
  block.layer = weights.layer;
  block.source_scale = Part(weights.source_scale, sources);
  block.target_scale = Part(weights.target_scale, targets);
  BlockSigns signs;
  signs.target_turns = TakeSigns(block.target_scale);
  signs.source_turns = TakeSigns(block.source_scale);
  if (!signs.target_turns.empty() || !signs.source_turns.empty()) {
    block.signs = std::make_shared<const BlockSigns>(std::move(signs));
  }
  return block;
}

void ReadFrom(const at::Tensor& elements, int64_t first, Block& block) {
  if (elements.scalar_type() == at::kDouble) {
    block.double_data = elements.data_ptr<double>() + first;
  } else {
    block.float_data = elements.data_ptr<float>() + first;
  }
}

/// A block of a matrix [out][in / groups], read where it lies, between the units of two stretches.
Block ViewBlock(const LayerWeights& weights, const at::Tensor& matrix, const Stretch& targets, const Stretch& sources) {
  Block block = PlacedBlock(weights, targets, sources);
  block.target_stride = matrix.stride(0);
  block.source_stride = matrix.stride(1);
  ReadFrom(matrix, targets.first * matrix.stride(0) + sources.first * matrix.stride(1), block);
  block.owner = std::make_shared<at::Tensor>(matrix);
  return block;
}

/// The same of a sparse matrix, all of whose columns are between these units.
Block SparseViewBlock(const LayerWeights& weights, const Stretch& targets, const Stretch& sources) {
  Block block = PlacedBlock(weights, targets, sources);
  ReadFrom(weights.weight.values(), 0, block);
  block.row_starts = RowStarts(weights.weight) + targets.first;
  block.row_sources = Columns(weights.weight);
  block.owner = std::make_shared<at::Tensor>(weights.weight);
  return block;
}

/// A weight whose kernels have one element as a matrix with a row or a column along memory.
at::Tensor Matrix(const at::Tensor& weight) {
  const at::Tensor matrix = weight.reshape({weight.size(0), weight.size(1)});
  const bool readable =
      (matrix.stride(0) == 1 || matrix.stride(1) == 1) && matrix.stride(0) != 0 && matrix.stride(1) != 0;
  return readable ? matrix : matrix.contiguous();
}

/// Norms of a kernel, of its positive and of its negative elements.
struct SignedNorm {
  double magnitude = 0;
  double positive = 0;
  double negative = 0;

  SignedNorm Turned(bool turns) const { return turns ? SignedNorm{magnitude, negative, positive} : *this; }
};

/// Computes the kernel norms of slices of a weight.
template <typename Element>
class SliceNorms {
 public:
  SliceNorms(const LayerWeights& weights, KernelNorm kernel_norm)
      : weight_(weights.weight.contiguous()),
        data_(weight_.data_ptr<Element>()),
        inputs_(weight_.size(1)),
        outputs_per_group_(std::max<int64_t>(1, weight_.size(0) / weights.groups)),
        elements_(weight_.numel() / weight_.size(0) / inputs_),
        columns_(weight_.dim() >= 4 ? weight_.size(-1) : 1),
        scale_(weights.source_scale),
        kernel_norm_(kernel_norm) {}

  /// Norms of what stands between an output and these positions, stacked; `slice` is memory to work in, and empty
  /// afterwards where nothing does.
  SignedNorm Norm(int64_t output, const std::vector<int64_t>& positions, std::vector<double>& slice) const {
    const int64_t first_position = output / outputs_per_group_ * inputs_;
    slice.clear();
    for (const int64_t position : positions) {
      const int64_t input = position - first_position;
      if (input < 0 || input >= inputs_) continue;  // another group of a grouped convolution
      const double scale = scale_.empty() ? 1 : scale_[position];
      const Element* kernel = data_ + (output * inputs_ + input) * elements_;
      for (int64_t i = 0; i < elements_; ++i) slice.push_back(scale * static_cast<double>(kernel[i]));
    }
    if (slice.empty()) return {};
    SignedNorm norm{.magnitude = Norm(slice), .positive = 0, .negative = 0};
    const auto positive = std::count_if(slice.begin(), slice.end(), [](double element) { return element > 0; });
    const auto negative = std::count_if(slice.begin(), slice.end(), [](double element) { return element < 0; });
    if (negative == 0) {
      norm.positive = norm.magnitude;
    } else if (positive == 0) {
      norm.negative = norm.magnitude;
    } else {
      norm.positive = NormOfPart(slice, WeightPart::kPositive);
      norm.negative = NormOfPart(slice, WeightPart::kNegative);
    }
    return norm;
  }

 private:
  double Norm(const std::vector<double>& slice) const {
    return ComputeKernelNorm(kernel_norm_, slice.data(), static_cast<int64_t>(slice.size()) / columns_, columns_);
  }
  double NormOfPart(std::vector<double> slice, WeightPart part) const {
    for (double& element : slice) element = PartOf(element, part);
    return Norm(slice);
  }

  at::Tensor weight_;
  const Element* data_;
  int64_t inputs_;
  int64_t outputs_per_group_;
  int64_t elements_;  // of one kernel
  int64_t columns_;
  const std::vector<double>& scale_;
  KernelNorm kernel_norm_;
};

/// Calls `use` with the norms of the weight's own type.
template <typename Use>
auto WithNorms(const LayerWeights& weights, KernelNorm kernel_norm, const Use& use) {
  if (weights.weight.scalar_type() == at::kDouble) return use(SliceNorms<double>(weights, kernel_norm));
  return use(SliceNorms<float>(weights, kernel_norm));
}

/// norm[row][column] of the given outputs, and of the positions of each column, and whether there is a slice at all.
struct Norms {
  explicit Norms(size_t size) : values(size), occupiable(size) { signs.positive = signs.negative = values; }

  void Set(size_t index, const SignedNorm& norm) {
    values[index] = norm.magnitude;
    signs.positive[index] = norm.positive;
    signs.negative[index] = norm.negative;
  }

  std::vector<double> values;
  std::vector<uint8_t> occupiable;
  BlockSigns signs;
};

Norms ComputeNorms(const LayerWeights& weights, KernelNorm kernel_norm, const std::vector<int64_t>& rows,
                   const std::vector<std::vector<int64_t>>& columns, RunContext& context) {
  Norms result(rows.size() * columns.size());
  WithNorms(weights, kernel_norm, [&](const auto& norms) {
    context.ParallelFor(static_cast<int>(rows.size()), [&](int row) {
      if (rows[row] < 0) return;
      const bool turns = !weights.target_scale.empty() && weights.target_scale[rows[row]] < 0;
      std::vector<double> slice;
      const size_t first = static_cast<size_t>(row) * columns.size();
      for (size_t column = 0; column < columns.size(); ++column) {
        result.Set(first + column, norms.Norm(rows[row], columns[column], slice).Turned(turns));
        result.occupiable[first + column] = slice.empty() ? 0 : 1;
      }
    });
  });
  return result;
}

/// What null models need to know of a block.
void Describe(const LayerWeights& weights, int64_t positions_per_unit, Block& block) {
  const int64_t kernel = weights.weight.numel() / weights.weight.size(0) / weights.weight.size(1);
  block.kernel_size = kernel * positions_per_unit;
  block.fan_in = weights.weight.numel() / weights.weight.size(0);
}

/// The blocks of a grouped convolution, of which only what a weight can occupy is kept: its units are consecutive ones.
Block GroupedBlock(const LayerWeights& weights, const Stretch& targets, const Stretch& sources, KernelNorm kernel_norm,
                   RunContext& context) {
  const int64_t per_group = weights.weight.size(1);
  Block block;
  if (weights.weight.numel() == weights.weight.size(0) * per_group) {
    block = ViewBlock(weights, Matrix(weights.weight), targets, sources);
  } else {
    Norms norms(targets.count * per_group);
    block = ViewBlock(weights, weights.weight.flatten(1), targets, sources);
    LayerWeights unscaled = weights;
    unscaled.source_scale.clear();
    const int64_t rows_per_group = targets.count / weights.groups;
    WithNorms(unscaled, kernel_norm, [&](const auto& slices) {
      context.ParallelFor(static_cast<int>(targets.count), [&](int row) {
        std::vector<double> slice;
        for (int64_t input = 0; input < per_group; ++input) {
          const int64_t source = row / rows_per_group * per_group + input;
          const bool turns = block.signs != nullptr && block.signs->Turns(row, static_cast<int>(source));
          norms.Set(row * per_group + input, slices.Norm(row, {source}, slice).Turned(turns));
        }
      });
    });
    const auto owner = std::make_shared<const std::vector<double>>(std::move(norms.values));
    block.signs = std::make_shared<const BlockSigns>(std::move(norms.signs));
    block.float_data = nullptr;
    block.double_data = owner->data();
    block.target_stride = per_group;
    block.source_stride = 1;
    block.owner = owner;
  }
  block.convolution_groups = weights.groups;
  Describe(weights, 1, block);
  return block;
}

/// Copies the entries of a sparse matrix between units of two groups. A unit has one row or position at most.
class SparseCopy {
 public:
  SparseCopy(const LayerWeights& weights, int source, const Span& sources, int target, const Span& targets)
      : weights_(weights),
        sources_{0, sources.count(), {source, sources.first}},
        targets_{0, targets.count(), {target, targets.first}},
        row_of_(targets.count(), -1),
        column_of_(weights.sources.size(), -1) {
    for (size_t row = 0; row < weights.targets.size(); ++row) {
      const Place& place = weights.targets[row];
      if (place.group == target) row_of_[place.index - targets.first] = static_cast<int>(row);
    }
    for (size_t position = 0; position < weights.sources.size(); ++position) {
      const Place& place = weights.sources[position];
      if (place.group == source) column_of_[position] = place.index - sources.first;
    }
  }

  Block Make() const {
    LayerWeights scaled = weights_;
    if (!weights_.source_scale.empty()) {
      scaled.source_scale.assign(sources_.count, 1);
      for (size_t position = 0; position < column_of_.size(); ++position) {
        if (column_of_[position] >= 0) scaled.source_scale[column_of_[position]] = weights_.source_scale[position];
      }
    }
    if (!weights_.target_scale.empty()) {
      scaled.target_scale.assign(targets_.count, 1);
      for (size_t index = 0; index < row_of_.size(); ++index) {
        if (row_of_[index] >= 0) scaled.target_scale[index] = weights_.target_scale[row_of_[index]];
      }
    }
    Block block = PlacedBlock(scaled, targets_, sources_);
    if (weights_.weight.scalar_type() == at::kDouble) {
      TakeEntries(Copy<double>(), block);
    } else {
      TakeEntries(Copy<float>(), block);
    }
    return block;
  }

 private:
  template <typename Element>
  SparseEntries<Element> Copy() const {
    const int* const starts = RowStarts(weights_.weight);
    const int* const columns = Columns(weights_.weight);
    const at::Tensor elements = weights_.weight.values();
    const auto* const data = elements.data_ptr<Element>();
    SparseEntries<Element> entries;
    for (const int row : row_of_) {
      const int end = row < 0 ? 0 : starts[row + 1];
      for (int i = row < 0 ? 0 : starts[row]; i < end; ++i) {
        if (column_of_[columns[i]] < 0) continue;
        entries.pattern.columns.push_back(column_of_[columns[i]]);
        entries.values.push_back(data[i]);
      }
      entries.pattern.starts.push_back(static_cast<int>(entries.values.size()));
    }
    // Turned twice, so that columns ascend.
    return Transposed(Transposed(entries, static_cast<int>(sources_.count)), static_cast<int>(targets_.count));
  }

  const LayerWeights& weights_;
  Stretch sources_;
  Stretch targets_;
  std::vector<int> row_of_;     ///< By target unit; -1: it is none of this layer's.
  std::vector<int> column_of_;  ///< By position; -1: it is no unit of the group.
};

/// Blocks of a sparse matrix whose units have one row or position each.
std::vector<Block> SparseBlocks(const LayerWeights& weights) {
  const std::vector<Stretch> targets = StretchesOf(weights.targets);
  const std::vector<Stretch> sources = StretchesOf(weights.sources);
  const bool all_columns = sources.size() == 1 && sources[0].count == weights.weight.size(1);
  if (all_columns && targets.size() == 1 && weights.weight.values().numel() > 0) {
    return {SparseViewBlock(weights, targets[0], sources[0])};
  }
  const std::map<int, Span> target_spans = Spans(weights.targets);
  const std::map<int, Span> source_spans = Spans(weights.sources);
  std::vector<Block> blocks;
  blocks.reserve(target_spans.size() * source_spans.size());
  for (const auto& [target, target_span] : target_spans) {
    for (const auto& [source, source_span] : source_spans) {
      blocks.push_back(SparseCopy(weights, source, source_span, target, target_span).Make());
    }
  }
  return blocks;
}

/// Blocks of computed norms, one for each pair of groups.
std::vector<Block> ComputedBlocks(const LayerWeights& weights, KernelNorm kernel_norm, RunContext& context) {
  std::vector<Block> blocks;
  for (const std::vector<int64_t>& turn : RowsByTurn(weights.targets)) {
    std::vector<Place> written;
    for (const int64_t row : turn) written.push_back(weights.targets[row]);
    for (const auto& [target, target_span] : Spans(written)) {
      std::vector<int64_t> rows(target_span.count(), -1);
      for (const int64_t row : turn) {
        if (weights.targets[row].group == target) rows[weights.targets[row].index - target_span.first] = row;
      }
      for (const auto& [source, source_span] : Spans(weights.sources)) {
        std::vector<std::vector<int64_t>> columns(source_span.count());
        size_t most = 1;
        for (size_t position = 0; position < weights.sources.size(); ++position) {
          if (weights.sources[position].group != source) continue;
          auto& positions = columns[weights.sources[position].index - source_span.first];
          positions.push_back(static_cast<int64_t>(position));
          most = std::max(most, positions.size());
        }
        Norms norms = ComputeNorms(weights, kernel_norm, rows, columns, context);
        Block block = OwnedBlock(source, target, source_span.count(), target_span.count(), std::move(norms.values));
        if (std::find(norms.occupiable.begin(), norms.occupiable.end(), 0) != norms.occupiable.end()) {
          block.occupiable = std::make_shared<const std::vector<uint8_t>>(std::move(norms.occupiable));
        }
        block.source_offset = source_span.first;
        block.target_offset = target_span.first;
        block.layer = weights.layer;
        Describe(weights, static_cast<int64_t>(most), block);
        if (!weights.target_scale.empty()) {
          for (const int64_t row : rows)
            block.target_scale.push_back(row < 0 ? 1 : std::abs(weights.target_scale[row]));
        }
        block.signs = std::make_shared<const BlockSigns>(std::move(norms.signs));
        blocks.push_back(std::move(block));
      }
    }
  }
  return blocks;
}

/// Index of the first element of a contiguous tensor that is not finite, or -1.
template <typename Element>
int64_t FirstNotFinite(const at::Tensor& tensor, RunContext& context) {
  const Element* data = tensor.data_ptr<Element>();
  const int64_t count = tensor.numel();
  constexpr int64_t chunk_size = int64_t{1} << 20;
  std::atomic<int64_t> first{count};
  context.ParallelFor(static_cast<int>((count + chunk_size - 1) / chunk_size), [&](int chunk) {
    const Element* const begin = data + chunk * chunk_size;
    const Element* const end = data + std::min(count, (chunk + 1) * chunk_size);
    const Element* const found = std::find_if_not(begin, end, [](Element value) { return std::isfinite(value); });
    if (found == end) return;
    int64_t known = first.load();
    while (found - data < known && !first.compare_exchange_weak(known, found - data)) {
    }
  });
  return first == count ? -1 : first.load();
}

/// `[3, 7]`: the index of an element of a contiguous tensor.
std::string IndexText(int64_t element, at::IntArrayRef shape) {
  std::string text;
  for (size_t axis = shape.size(); axis-- > 0;) {
    text = std::to_string(element % shape[axis]) + (text.empty() ? "" : ", ") + text;
    element /= shape[axis];
  }
  return "[" + text + "]";
}

}  // namespace

std::vector<Block> MakeBlocks(const LayerWeights& weights, KernelNorm kernel_norm, RunContext& context) {
  if (IsSparse(weights.weight)) {
    if (AreDistinct(weights.sources) && AreDistinct(weights.targets)) {
      std::vector<Block> blocks = SparseBlocks(weights);
      for (Block& block : blocks) Describe(weights, 1, block);
      return blocks;
    }
    LayerWeights dense = weights;
    dense.weight = Dense(weights.weight);
    return MakeBlocks(dense, kernel_norm, context);
  }
  const bool one_element = weights.weight.numel() == weights.weight.size(0) * weights.weight.size(1);
  if (AreDistinct(weights.sources)) {
    const std::vector<Stretch> targets = StretchesOf(weights.targets);
    const std::vector<Stretch> sources = StretchesOf(weights.sources);
    const bool whole = targets.size() == 1 && sources.size() == 1 && targets[0].count == weights.weight.size(0) &&
                       sources[0].count == weights.weight.size(1) * weights.groups;
    if (whole && weights.groups > 1) return {GroupedBlock(weights, targets[0], sources[0], kernel_norm, context)};
    // Units that lie in several stretches of a group are not cut into several blocks.
    const bool as_stretches =
        targets.size() == TargetParts(weights.targets) && sources.size() == Spans(weights.sources).size();
    if (one_element && weights.groups == 1 && as_stretches) {
      const at::Tensor matrix = Matrix(weights.weight);
      std::vector<Block> blocks;
      for (const Stretch& target : targets) {
        for (const Stretch& source : sources) {
          blocks.push_back(ViewBlock(weights, matrix, target, source));
          Describe(weights, 1, blocks.back());
        }
      }
      return blocks;
    }
  }
  return ComputedBlocks(weights, kernel_norm, context);
}

void CheckFinite(const at::Tensor& weight, const std::string& layer, RunContext& context) {
  // A transposed matrix is looked through as it lies: a copy would double the memory of a large layer.
  const bool sparse = IsSparse(weight);
  const bool transposed = !sparse && weight.dim() == 2 && weight.stride(0) == 1 && weight.stride(1) != 1;
  const at::Tensor elements = (transposed ? weight.t() : Elements(weight)).contiguous();
  const int64_t element = weight.scalar_type() == at::kDouble ? FirstNotFinite<double>(elements, context)
                                                              : FirstNotFinite<float>(elements, context);
  if (element < 0) return;
  int64_t in_order = element;
  if (transposed) in_order = element % weight.size(0) * weight.size(1) + element / weight.size(0);
  if (sparse) {
    const int* const starts = RowStarts(weight);
    const int64_t row = std::upper_bound(starts, starts + weight.size(0) + 1, element) - starts - 1;
    in_order = row * weight.size(1) + Columns(weight)[element];
  }
  const std::string index = IndexText(in_order, weight.sizes());
  throw Error(ErrorKind::kWeightsNotFinite,
              "weight " + index + " of layer " + layer +
                  " is NaN or infinite, so the network has no graph; train it again, or start from an earlier state",
              {{"layer", layer}, {"index", index}});
}

std::vector<char> UnitsWithEdges(const UnitGraph& graph, RunContext& context) {
  const ChunkedRows rows(graph);
  // Every row marks the same columns: each chunk has marks of its own.
  struct Marks {
    std::vector<char> rows;
    std::vector<char> columns;
  };
  std::vector<Marks> marks(rows.chunks.size());
  context.ParallelFor(static_cast<int>(marks.size()), [&](int index) {
    const RowChunk& chunk = rows.chunks[index];
    Marks& own = marks[index];
    own.rows.assign(chunk.rows(), 0);
    own.columns.assign(chunk.columns(), 0);
    std::vector<double> weights;
    for (int row = 0; row < chunk.rows(); ++row) {
      rows.blocks[chunk.block].EntriesOf(chunk.first_row + row, weights).ForEach([&](int column, double weight) {
        if (weight != 0) own.rows[row] = own.columns[column - chunk.first_column] = 1;
      });
    }
  });
  std::vector<char> connected(graph.units(), 0);
  for (size_t index = 0; index < marks.size(); ++index) {
    const RowChunk& chunk = rows.chunks[index];
    const BlockRows& block = rows.blocks[chunk.block];
    char* const row_units = connected.data() + block.first_row_unit() + chunk.first_row;
    char* const column_units = connected.data() + block.first_column_unit() + chunk.first_column;
    for (int row = 0; row < chunk.rows(); ++row) row_units[row] |= marks[index].rows[row];
    for (int column = 0; column < chunk.columns(); ++column) column_units[column] |= marks[index].columns[column];
  }
  return connected;
}

}  // namespace modlab::reader

#include "core/graph/weight_blocks.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "core/error.h"

namespace modlab::reader {
namespace {

/// Whether the units of the source group are the positions of the input, in order.
bool IsOneToOne(const WeightSources& sources, int64_t positions) {
  if (static_cast<int64_t>(sources.positions.size()) != positions) return false;
  for (int64_t unit = 0; unit < positions; ++unit) {
    if (sources.positions[unit].size() != 1 || sources.positions[unit][0] != unit) return false;
  }
  return true;
}

/// A block that reads a matrix [out][in] where it lies.
Block ViewBlock(const at::Tensor& weight, const WeightSources& sources) {
  at::Tensor matrix = weight.reshape({weight.size(0), weight.size(1)});
  const bool readable =
      (matrix.stride(0) == 1 || matrix.stride(1) == 1) && matrix.stride(0) != 0 && matrix.stride(1) != 0;
  if (!readable) matrix = matrix.contiguous();
  Block block;
  if (matrix.scalar_type() == at::kDouble) {
    block.double_data = matrix.data_ptr<double>();
  } else {
    block.float_data = matrix.data_ptr<float>();
  }
  block.target_stride = matrix.stride(0);
  block.source_stride = matrix.stride(1);
  block.source_scale = sources.position_scale;
  block.owner = std::make_shared<at::Tensor>(matrix);
  return block;
}

/// Computes the kernel norms of the slices of a weight, one row of units written at a time.
template <typename Element>
class SliceNorms {
 public:
  SliceNorms(const at::Tensor& weight, int groups, const WeightSources& sources, KernelNorm kernel_norm)
      : weight_(weight.contiguous()),
        data_(weight_.data_ptr<Element>()),
        inputs_(weight_.size(1)),
        outputs_per_group_(std::max<int64_t>(1, weight_.size(0) / groups)),
        elements_(weight_.size(0) == 0 || inputs_ == 0 ? 0 : weight_.numel() / weight_.size(0) / inputs_),
        columns_(weight_.dim() >= 4 ? weight_.size(-1) : 1),
        sources_(sources),
        kernel_norm_(kernel_norm) {}

  /// Writes one norm for each unit of the source group.
  void ComputeRow(int64_t output, double* row) const {
    const int64_t first_position = output / outputs_per_group_ * inputs_;
    std::vector<double> slice;
    for (size_t unit = 0; unit < sources_.positions.size(); ++unit) {
      slice.clear();
      for (const int64_t position : sources_.positions[unit]) {
        const int64_t input = position - first_position;
        if (input < 0 || input >= inputs_) continue;  // another group of a grouped convolution
        const double scale = sources_.position_scale.empty() ? 1 : sources_.position_scale[position];
        const Element* kernel = data_ + (output * inputs_ + input) * elements_;
        for (int64_t i = 0; i < elements_; ++i) slice.push_back(scale * static_cast<double>(kernel[i]));
      }
      const auto rows = static_cast<int64_t>(slice.size()) / columns_;
      row[unit] = slice.empty() ? 0 : ComputeKernelNorm(kernel_norm_, slice.data(), rows, columns_);
    }
  }

 private:
  at::Tensor weight_;
  const Element* data_;
  int64_t inputs_;
  int64_t outputs_per_group_;
  int64_t elements_;  // of one kernel
  int64_t columns_;
  const WeightSources& sources_;
  KernelNorm kernel_norm_;
};

template <typename Element>
std::vector<double> ComputeNorms(const at::Tensor& weight, int groups, const WeightSources& sources,
                                 KernelNorm kernel_norm, RunContext& context) {
  const SliceNorms<Element> norms(weight, groups, sources, kernel_norm);
  const auto units = static_cast<int64_t>(sources.positions.size());
  std::vector<double> result(weight.size(0) * units);
  context.ParallelFor(static_cast<int>(weight.size(0)),
                      [&](int output) { norms.ComputeRow(output, result.data() + output * units); });
  return result;
}

/// Index of the first element of a contiguous tensor that is not finite, or -1.
template <typename Element>
int64_t FirstNotFinite(const at::Tensor& tensor, RunContext& context) {
  const Element* data = tensor.data_ptr<Element>();
  const int64_t count = tensor.numel();
  constexpr int64_t kChunk = int64_t{1} << 20;
  std::atomic<int64_t> first{count};
  context.ParallelFor(static_cast<int>((count + kChunk - 1) / kChunk), [&](int chunk) {
    const Element* const begin = data + chunk * kChunk;
    const Element* const end = data + std::min(count, (chunk + 1) * kChunk);
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

template <typename Element>
void MarkRow(const Block& block, const Element* data, int target, char* sources, char* connected_target) {
  if (!block.target_scale.empty() && block.target_scale[target] == 0) return;
  const Element* row = data + target * block.target_stride;
  bool any = false;
  for (int source = 0; source < block.source_units; ++source) {
    if (row[source * block.source_stride] == 0) continue;
    if (!block.source_scale.empty() && block.source_scale[source] == 0) continue;
    sources[source] = 1;
    any = true;
  }
  if (any) *connected_target = 1;
}

}  // namespace

Block MakeBlock(const at::Tensor& weight, int groups, const WeightSources& sources, KernelNorm kernel_norm,
                RunContext& context) {
  const int64_t kernel = weight.numel() == 0 ? 1 : weight.numel() / weight.size(0) / weight.size(1);
  size_t positions_per_unit = 1;
  for (const auto& positions : sources.positions) positions_per_unit = std::max(positions_per_unit, positions.size());

  Block block;
  if (kernel == 1 && groups == 1 && IsOneToOne(sources, weight.size(1))) {
    block = ViewBlock(weight, sources);
  } else {
    auto norms = weight.scalar_type() == at::kDouble
                     ? ComputeNorms<double>(weight, groups, sources, kernel_norm, context)
                     : ComputeNorms<float>(weight, groups, sources, kernel_norm, context);
    block = OwnedBlock(0, 0, static_cast<int>(sources.positions.size()), static_cast<int>(weight.size(0)),
                       std::move(norms));
  }
  block.source_units = static_cast<int>(sources.positions.size());
  block.target_units = static_cast<int>(weight.size(0));
  block.kernel_size = kernel * static_cast<int64_t>(positions_per_unit);
  block.fan_in = weight.size(0) == 0 ? 0 : weight.numel() / weight.size(0);
  block.convolution_groups = groups;
  return block;
}

void CheckFinite(const at::Tensor& weight, const std::string& layer, RunContext& context) {
  // A transposed matrix is looked through as it lies: a copy would double the memory of a large layer.
  const bool transposed = weight.dim() == 2 && weight.stride(0) == 1 && weight.stride(1) != 1;
  const at::Tensor elements = (transposed ? weight.t() : weight).contiguous();
  const int64_t element = weight.scalar_type() == at::kDouble ? FirstNotFinite<double>(elements, context)
                                                              : FirstNotFinite<float>(elements, context);
  if (element < 0) return;
  const int64_t in_order = transposed ? element % weight.size(0) * weight.size(1) + element / weight.size(0) : element;
  const std::string index = IndexText(in_order, weight.sizes());
  throw Error(ErrorKind::kWeightsNotFinite,
              "weight " + index + " of layer " + layer +
                  " is NaN or infinite, so the network has no graph; train it again, or start from an earlier state",
              {{"layer", layer}, {"index", index}});
}

void MarkConnected(const Block& block, int first_source, int first_target, std::vector<char>& connected,
                   RunContext& context) {
  // Every row marks the same sources: each thread's share of rows has marks of its own.
  const int shares = std::min(block.target_units, context.threads());
  std::vector<std::vector<char>> marks(shares, std::vector<char>(block.source_units, 0));
  context.ParallelFor(shares, [&](int share) {
    const auto share_of = [&](int64_t part) { return static_cast<int>(part * block.target_units / shares); };
    for (int target = share_of(share); target < share_of(share + 1); ++target) {
      char* const connected_target = &connected[first_target + target];
      if (block.double_data != nullptr) {
        MarkRow(block, block.double_data, target, marks[share].data(), connected_target);
      } else {
        MarkRow(block, block.float_data, target, marks[share].data(), connected_target);
      }
    }
  });
  for (const std::vector<char>& mark : marks) {
    for (int source = 0; source < block.source_units; ++source) connected[first_source + source] |= mark[source];
  }
}

}  // namespace modlab::reader

#include "core/train/batches.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/dataset/row_gather.h"

namespace modlab {
namespace {

int64_t Product(const std::vector<int64_t>& sizes, size_t first) {
  return std::accumulate(sizes.begin() + static_cast<std::ptrdiff_t>(std::min(first, sizes.size())), sizes.end(),
                         int64_t{1}, std::multiplies<>());
}

}  // namespace

Batches::Batches(const Task& task, const TrainingOptions& options) : task_(task), scaling_(options.scaling) {
  const std::vector<int64_t>& wanted = options.input_shape;
  input_shape_ = task.input_shape();
  if (wanted.size() > 1 && Product(wanted, 1) == task.input_elements()) {
    input_shape_.assign(wanted.begin() + 1, wanted.end());
  } else if (wanted.size() == input_shape_.size() + 2 && wanted[1] == 1) {
    input_shape_.insert(input_shape_.begin(), 1);  // Images without an axis of channels, for a network that has one.
  }
  memory_ = at::empty({std::min(options.batch_size, task.samples()), task.input_elements()}, at::kFloat);
  const std::vector<std::string> names = task.tensor_names();
  const bool has_features = std::find(names.begin(), names.end(), "x0") != names.end();
  for (int64_t i = 0; has_features && i < task.input_elements(); ++i) feature_names_.push_back("x" + std::to_string(i));
}

at::Tensor Batches::Label(const Array& labels, const std::vector<int64_t>& rows) {
  std::vector<int64_t> shape = labels.shape;
  shape[0] = static_cast<int64_t>(rows.size());
  if (IsInteger(labels.type)) {
    at::Tensor label = at::empty(shape, at::kLong);
    GatherRows(labels, rows, label.data_ptr<int64_t>(), labels.row_elements());
    return label;
  }
  at::Tensor label = at::empty(shape, at::kFloat);
  GatherRows(labels, rows, 1, 0, label.data_ptr<float>(), labels.row_elements());
  return label;
}

const Batch& Batches::Make(const std::vector<int64_t>& order, int64_t first, int64_t samples) {
  const int per_sample = task_.rows_per_sample();
  const auto begin = order.begin() + first * per_sample;
  const std::vector<int64_t> rows(begin, begin + samples * per_sample);
  const Array& inputs = *task_.data().Find("x");
  // A pair's second sample comes behind its first one.
  GatherRows(inputs, rows, scaling_.scale, scaling_.shift, memory_.data_ptr<float>(), inputs.row_elements());
  std::vector<int64_t> shape = input_shape_;
  shape.insert(shape.begin(), samples);
  batch_.samples = samples;
  batch_.input = memory_.narrow(0, 0, samples).view(shape);
  batch_.tensors["x"] = batch_.input;
  for (const NamedArray& tensor : task_.data().tensors) {
    if (tensor.name == "x") continue;
    const at::Tensor label = Label(tensor.array, rows);
    if (per_sample == 1) {
      batch_.tensors[tensor.name] = label;
    } else {
      batch_.tensors[tensor.name + "1"] = label.slice(0, 0, label.size(0), 2);
      batch_.tensors[tensor.name + "2"] = label.slice(0, 1, label.size(0), 2);
    }
  }
  if (!feature_names_.empty()) {
    const at::Tensor flat = memory_.narrow(0, 0, samples);
    for (size_t i = 0; i < feature_names_.size(); ++i) {
      batch_.tensors[feature_names_[i]] = flat.select(1, static_cast<int64_t>(i));
    }
  }
  return batch_;
}

}  // namespace modlab

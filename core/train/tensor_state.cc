#include "core/train/tensor_state.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace modlab {
namespace {

constexpr const char* kStepCounts = "optimizer/steps";

std::vector<std::pair<std::string, at::Generator>> GeneratorsOf(const at::Device& device) {
  std::vector<std::pair<std::string, at::Generator>> generators = {{"generator", at::detail::getDefaultCPUGenerator()}};
  if (!device.is_cpu()) generators.emplace_back("device_generator", at::globalContext().defaultGenerator(device));
  return generators;
}

ElementType TypeOf(const TrainableModel::Parameter& parameter) {
  switch (parameter.tensor.scalar_type()) {
    case at::kFloat:
      return ElementType::kFloat32;
    case at::kDouble:
      return ElementType::kFloat64;
    case at::kLong:
      return ElementType::kInt64;
    case at::kInt:
      return ElementType::kInt32;
    case at::kShort:
      return ElementType::kInt16;
    case at::kChar:
      return ElementType::kInt8;
    case at::kByte:
      return ElementType::kUint8;
    case at::kBool:
      return ElementType::kBool;
    default:
      throw Error(ErrorKind::kInvalidOption, "the tensor " + parameter.name +
                                                 " is of a type that checkpoints do not have: convert the model with "
                                                 ".float()");
  }
}

std::string BufferName(const std::string& buffer, size_t parameter) {
  return "optimizer/" + buffer + "/" + std::to_string(parameter);
}

template <typename Element>
Array View(const Element* elements, int64_t count) {
  return {ElementTypeOf<Element>::kType,
          {count},
          {reinterpret_cast<const std::byte*>(elements), static_cast<size_t>(count) * sizeof(Element)},
          nullptr};
}

void CopyBytes(const std::vector<NamedArray>& arrays, const std::string& name, void* target, size_t bytes) {
  const Array& array = RequireArray(arrays, name);
  if (array.bytes.size() != bytes) {
    throw Error(ErrorKind::kDataInvalid, "the checkpoint is damaged, or another model's: `" + name + "` has " +
                                             std::to_string(array.bytes.size()) + " bytes, and should have " +
                                             std::to_string(bytes));
  }
  if (bytes > 0) std::memcpy(target, array.bytes.data(), bytes);
}

}  // namespace

std::vector<NamedArray> ViewsOf(const std::vector<TrainableModel::Parameter>& tensors, const std::string& prefix) {
  std::vector<NamedArray> arrays;
  for (const auto& tensor : tensors) {
    // What is not contiguous is copied; the array keeps the copy, or the tensor, alive.
    const auto owner = std::make_shared<const at::Tensor>(tensor.tensor.detach().contiguous());
    Array array;
    array.type = TypeOf(tensor);
    array.shape = owner->sizes().vec();
    array.bytes = {static_cast<const std::byte*>(owner->data_ptr()), owner->nbytes()};
    array.owner = owner;
    arrays.push_back({prefix + tensor.name, array});
  }
  return arrays;
}

void CopyInto(const std::vector<NamedArray>& arrays, const std::string& prefix,
              const std::vector<TrainableModel::Parameter>& tensors) {
  const torch::NoGradGuard no_gradients;
  for (const auto& tensor : tensors) {
    at::Tensor values = at::empty(tensor.tensor.sizes(), tensor.tensor.scalar_type());
    CopyBytes(arrays, prefix + tensor.name, values.data_ptr(), values.nbytes());
    at::Tensor target = tensor.tensor;
    target.copy_(values);
  }
}

const Array& RequireArray(const std::vector<NamedArray>& arrays, const std::string& name) {
  for (const NamedArray& array : arrays) {
    if (array.name == name) return array.array;
  }
  throw Error(ErrorKind::kDataInvalid, "the checkpoint is damaged, or another model's: it has no `" + name + "`");
}

void AppendOptimizer(const Optimizer& optimizer, std::vector<NamedArray>& arrays) {
  std::vector<int64_t> counts;
  for (size_t i = 0; i < optimizer.sizes().size(); ++i) {
    counts.push_back(optimizer.step_count(i));
    for (const std::string& buffer : optimizer.buffer_names()) {
      arrays.push_back({BufferName(buffer, i), View(optimizer.buffer(buffer, i), optimizer.sizes()[i])});
    }
  }
  arrays.push_back({kStepCounts, MakeArray<int64_t>({static_cast<int64_t>(counts.size())}, counts)});
}

void RestoreOptimizer(const std::vector<NamedArray>& arrays, Optimizer& optimizer) {
  std::vector<int64_t> counts(optimizer.sizes().size());
  CopyBytes(arrays, kStepCounts, counts.data(), counts.size() * sizeof(int64_t));
  for (size_t i = 0; i < counts.size(); ++i) {
    optimizer.set_step_count(i, counts[i]);
    for (const std::string& buffer : optimizer.buffer_names()) {
      CopyBytes(arrays, BufferName(buffer, i), optimizer.buffer(buffer, i),
                static_cast<size_t>(optimizer.sizes()[i]) * sizeof(float));
    }
  }
}

void SeedGenerators(uint64_t seed, const at::Device& device) {
  for (auto& [name, generator] : GeneratorsOf(device)) generator.set_current_seed(seed);
}

void AppendGenerators(const at::Device& device, std::vector<NamedArray>& arrays) {
  for (const auto& [name, generator] : GeneratorsOf(device)) {
    const at::Tensor state = generator.get_state();
    const auto* bytes = state.data_ptr<uint8_t>();
    arrays.push_back({name, MakeArray<uint8_t>({state.numel()}, {bytes, bytes + state.numel()})});
  }
}

void RestoreGenerators(const std::vector<NamedArray>& arrays, const at::Device& device) {
  for (auto& [name, generator] : GeneratorsOf(device)) {
    at::Tensor state = generator.get_state().clone();
    CopyBytes(arrays, name, state.data_ptr(), state.nbytes());
    generator.set_state(state);
  }
}

bool IsFinite(const at::Tensor& tensor) {
  const auto* values = tensor.data_ptr<float>();
  float sum = 0;
  // 0 times what is not finite is not a number.
  for (int64_t i = 0; i < tensor.numel(); ++i) sum += values[i] * 0;
  return sum == 0;
}

}  // namespace modlab

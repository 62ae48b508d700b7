#include "core/train/compute_device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "core/error.h"
#include "core/shown_text.h"

namespace modlab {
namespace {

int CountGpus() { return at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0; }

at::Device Gpu(int index) {
  at::globalContext().lazyInitCUDA();
  at::globalContext().setBenchmarkCuDNN(false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
  return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

[[noreturn]] void ThrowUnknown(const std::string& name) {
  throw Error(ErrorKind::kInvalidOption, Quoted(name) + " is no device: give auto, cpu, cuda or cuda:N");
}

}  // namespace

at::Device ResolveDevice(const std::string& name) {
  const int gpus = CountGpus();
  if (name == "cpu" || (name == "auto" && gpus == 0)) return at::kCPU;
  if (name == "auto") return Gpu(0);
  int index = 0;
  if (name.rfind("cuda:", 0) == 0 && name.size() > 5 && name.size() < 8 &&
      name.find_first_not_of("0123456789", 5) == std::string::npos) {
    index = std::stoi(name.substr(5));
  } else if (name != "cuda") {
    ThrowUnknown(name);
  }
  if (index >= gpus) {
    throw Error(ErrorKind::kInvalidOption,
                Quoted(name) + " is not there: " +
                    (gpus == 0 ? std::string("this server computes on the CPU (its LibTorch sees no GPU)")
                               : "this server has " + std::to_string(gpus) + " GPU" + (gpus == 1 ? "" : "s") +
                                     ", counted from 0") +
                    "; leave the device out");
  }
  return Gpu(index);
}

std::string NameOf(const at::Device& device) { return device.str(); }

}  // namespace modlab

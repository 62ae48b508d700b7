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

at::Device Parse(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu() || device.is_cuda()) return device;
  } catch (const c10::Error&) {
  }
  throw Error(ErrorKind::kInvalidOption, Quoted(name) + " is no device: give auto, cpu, cuda or cuda:N");
}

}  // namespace

at::Device ResolveDevice(const std::string& name) {
  const int gpus = CountGpus();
  if (name == "auto") return gpus > 0 ? Gpu(0) : at::Device(at::kCPU);
  const at::Device device = Parse(name);
  if (device.is_cpu()) return at::kCPU;
  const int index = device.has_index() ? device.index() : 0;
  if (index < gpus) return Gpu(index);
  throw Error(ErrorKind::kInvalidOption,
              Quoted(name) + " is not there: " +
                  (gpus == 0 ? std::string("this server computes on the CPU (its LibTorch sees no GPU)")
                             : "this server has " + std::to_string(gpus) + " GPU" + (gpus == 1 ? "" : "s") +
                                   ", counted from 0") +
                  "; leave the device out");
}

}  // namespace modlab

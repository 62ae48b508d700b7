#include "server/worker/provenance.h"

#include <Spectra/Util/Version.h>

#include <Eigen/Core>
#include <fstream>
#include <string>

#include "core/graph/model_reader.h"
#include "server/executor/utf8.h"

namespace modlab::server {
namespace {

std::string Dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::string Compiler() {
#ifdef __clang__
  return __VERSION__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace

std::string CpuName() {
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);) {
    const size_t colon = line.find(": ");
    if (line.compare(0, 10, "model name") == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

v1::Provenance MakeProvenance(const internal::AttemptSpec& spec, const std::vector<v1::PhaseTiming>& timings,
                              const std::string& cpu) {
  v1::Provenance provenance;
  *provenance.mutable_spec() = spec.spec();
  provenance.set_model_sha256(spec.model_sha256());
  *provenance.mutable_input_sha256() = spec.input_sha256();
  auto& versions = *provenance.mutable_versions();
  versions["modlab"] = MODLAB_VERSION;
  versions["libtorch"] = Model::LibTorchVersion();
  versions["eigen"] = Dotted(EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION);
  versions["spectra"] = Dotted(SPECTRA_MAJOR_VERSION, SPECTRA_MINOR_VERSION, SPECTRA_PATCH_VERSION);
  versions["compiler"] = Compiler();
  provenance.set_cpu(ToUtf8(cpu));
  provenance.mutable_timings()->Assign(timings.begin(), timings.end());
  return provenance;
}

}  // namespace modlab::server

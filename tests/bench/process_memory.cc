#include "tests/bench/process_memory.h"

#include <fstream>
#include <stdexcept>
#include <string>

namespace modlab {
namespace {

/// A line of /proc/self/status, in bytes.
double StatusLine(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name + ":", 0) == 0) return 1024 * std::stod(line.substr(name.size() + 1));
  }
  throw std::runtime_error("/proc/self/status has no " + name);
}

}  // namespace

double ResidentMemory() { return StatusLine("VmRSS"); }
double PeakMemory() { return StatusLine("VmHWM"); }

}  // namespace modlab

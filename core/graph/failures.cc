#include "core/graph/failures.h"

#include <new>
#include <sstream>
#include <vector>

#include "core/error.h"
#include "core/shown_text.h"

namespace modlab::reader {

std::string EssentialLine(const std::string& message) {
  std::vector<std::string> lines;
  std::istringstream stream(message);
  for (std::string line; std::getline(stream, line);) {
    const size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string::npos) lines.push_back(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
  }
  if (lines.empty()) return "no message";
  const bool traceback = lines.front().rfind("The following operation failed", 0) == 0;
  const std::string& line = traceback ? lines.back() : lines.front();
  constexpr size_t longest = 1000;
  return Shown(line.substr(0, line.find("  (Could this error message be improved?")), longest);
}

void ThrowIfOutOfMemory(const std::exception& exception) {
  const std::string message = exception.what();
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr ||
      message.find("DefaultCPUAllocator: ") != std::string::npos ||
      message.find("out of memory") != std::string::npos) {
    throw Error(ErrorKind::kOutOfMemory, "the model needs more memory than there is (" + EssentialLine(message) +
                                             "); give the job a higher limit");
  }
}

}  // namespace modlab::reader

#include "core/graph/failures.h"

#include <new>
#include <sstream>

#include "core/error.h"

namespace modlab::reader {

std::string FirstLine(const std::string& message) {
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string::npos) return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
  }
  return "no message";
}

void ThrowIfOutOfMemory(const std::exception& exception) {
  const std::string message = exception.what();
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr ||
      message.find("DefaultCPUAllocator: ") != std::string::npos ||
      message.find("out of memory") != std::string::npos) {
    throw Error(ErrorKind::kOutOfMemory,
                "the model needs more memory than there is (" + FirstLine(message) + "); give the job a higher limit");
  }
}

}  // namespace modlab::reader

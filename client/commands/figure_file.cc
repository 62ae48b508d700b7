#include "client/commands/figure_file.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "client/errors.h"
#include "client/local_file.h"

extern char** environ;

namespace modlab::client {
namespace {

namespace fs = std::filesystem;

/// At twice the size, for screens and print.
constexpr const char* kZoom = "2";

/// Runs rsvg-convert from one file to the other.
void ConvertToPng(const std::string& svg, const std::string& png) {
  const char* const arguments[] = {"rsvg-convert", "-z", kZoom, "-o", png.c_str(), svg.c_str(), nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments[0], nullptr, nullptr, const_cast<char* const*>(arguments), environ);
  if (error != 0) {
    throw UsageError(
        "PNG needs the program rsvg-convert, which is not there: install it (Debian: librsvg2-bin), or give a file "
        "that "
        "ends in .svg");
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw UsageError("rsvg-convert could not write " + png);
}

}  // namespace

void WriteTextFile(const std::string& text, const std::string& path) {
  OutputFile file(path, /*overwrite=*/true);
  file.Write(text);
  file.Commit();
}

void WriteFigure(const std::string& svg, const std::string& path) {
  if (!path.ends_with(".png")) return WriteTextFile(svg, path);
  const std::string source = path + ".svg.part";
  WriteTextFile(svg, source);
  try {
    ConvertToPng(source, path);
  } catch (...) {
    fs::remove(source);
    throw;
  }
  fs::remove(source);
}

}  // namespace modlab::client

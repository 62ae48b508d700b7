#include "client/output/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace modlab::client {

bool IsTerminal(int descriptor, const Environment& environment) {
  return isatty(descriptor) == 1 && Find(environment, "TERM").value_or("dumb") != "dumb";
}

TextStyle StyleOf(int descriptor, const Environment& environment) {
  TextStyle style;
  if (!IsTerminal(descriptor, environment)) return style;
  style.color = !Find(environment, "NO_COLOR");
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::clamp<int>(size.ws_col, 40, 200);
  }
  return style;
}

}  // namespace modlab::client

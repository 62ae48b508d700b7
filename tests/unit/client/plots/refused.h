#pragma once

#include <stdexcept>
#include <string>

namespace modlab::client::plots {

/// What std::invalid_argument says that `draw` throws; empty if it throws none.
template <typename Draw>
std::string Refusal(Draw draw) {
  try {
    draw();
  } catch (const std::invalid_argument& refusal) {
    return refusal.what();
  }
  return "";
}

}  // namespace modlab::client::plots

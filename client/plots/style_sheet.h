#pragma once

#include <string>

namespace modlab::client::plots {

/// The style sheet of every plot, the same in each, so that several on one page do no harm. Light unless the reader
/// asks for dark; renderers that know no media queries show light. A class either sets a colour (`ml-k3`, `ml-first`)
/// or says what is done with it (`ml-fill`, `ml-stroke`).
const std::string& StyleSheet();

}  // namespace modlab::client::plots

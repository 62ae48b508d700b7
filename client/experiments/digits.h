#pragma once

#include <string_view>

namespace modlab::client {

// The 8 x 8 digits that ship with modlab (client/examples/digits), as gzipped IDX files in the program itself.
std::string_view DigitImages();
std::string_view DigitLabels();

}  // namespace modlab::client

#pragma once

#include <string>
#include <string_view>

#include "client/output/terminal.h"

namespace modlab::client {

/// Lines of `name  value` with the values under each other, wrapped at spaces to the style's width.
class Facts {
 public:
  explicit Facts(const TextStyle& style) : width_(style.width) {}

  /// `name` has at most twelve characters. An empty value leaves the line out.
  void Add(std::string_view name, std::string_view value);

  const std::string& text() const { return text_; }

 private:
  int width_;
  std::string text_;
};

}  // namespace modlab::client

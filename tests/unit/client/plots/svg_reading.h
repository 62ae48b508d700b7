#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client/plots/axes.h"

namespace modlab::client::plots {

/// An element of a document, its attributes, and its own text.
struct SvgElement {
  std::string name;
  std::string parent;
  std::map<std::string, std::string> attributes;
  std::string text;
  /// Of the groups around it.
  double shift_x = 0;
  double shift_y = 0;
  double scale = 1;

  std::string Attribute(const std::string& attribute) const;
  double Number(const std::string& attribute) const;
  bool HasClass(std::string_view name) const;
};

/// A document, read back. Throws what Boost's parser throws if it is not XML.
class SvgReading {
 public:
  explicit SvgReading(const std::string& document);

  const std::vector<SvgElement>& elements() const { return elements_; }
  const SvgElement& root() const { return elements_.front(); }
  std::vector<SvgElement> Named(std::string_view name) const;
  std::vector<SvgElement> WithClass(std::string_view classes) const;
  std::size_t CountWithClass(std::string_view classes) const { return WithClass(classes).size(); }
  /// All texts that are drawn, a line each.
  std::string ShownText() const;

  Box view_box() const;

 private:
  std::vector<SvgElement> elements_;
};

/// The smallest upright rectangle about an element: estimated for a text, by its points for everything else.
Box BoundsOf(const SvgElement& element);

}  // namespace modlab::client::plots

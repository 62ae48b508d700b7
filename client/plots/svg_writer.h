#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "client/plots/text_style.h"

namespace modlab::client::plots {

/// The text with `&<>"'` escaped and made fit for XML: see ShownCodePoints.
std::string EscapedXml(std::string_view text);

/// A coordinate or length in px: two decimals at most, no trailing zeros, `.5` rather than `0.5`, never `-0`. The same
/// in every locale.
std::string Coordinate(double value);

/// An attribute: a number is written as a Coordinate, a text is escaped.
struct Attribute {
  std::string_view name;
  std::variant<double, std::string_view> value;
};

enum class Anchor { kStart, kMiddle, kEnd };

/// Where a text stands and how.
struct TextPlace {
  double x = 0;
  double y = 0;  ///< of the baseline
  Anchor anchor = Anchor::kStart;
  double rotation = 0;         ///< about (x, y), in degrees, clockwise
  std::string_view more = {};  ///< further classes
};

/// Writes SVG elements, one a line. Classes are those of the style sheet; `tooltip` is shown where a pointer rests.
class SvgWriter {
 public:
  void Open(std::string_view element, std::initializer_list<Attribute> attributes = {});
  void Close(std::string_view element);
  void Element(std::string_view element, std::initializer_list<Attribute> attributes, std::string_view tooltip = {});

  void Group(std::string_view classes) { Open("g", {{"class", classes}}); }
  void EndGroup() { Close("g"); }
  void Line(double x1, double y1, double x2, double y2, std::string_view classes);
  void Rectangle(double x, double y, double width, double height, std::string_view classes,
                 std::string_view tooltip = {});
  void Circle(double x, double y, double radius, std::string_view classes, std::string_view tooltip = {});
  void Path(std::string_view commands, std::string_view classes, std::string_view tooltip = {});
  void Text(const TextPlace& place, TextStyle style, std::string_view text);
  /// An element that holds nothing but text.
  void Described(std::string_view element, std::string_view id, std::string_view text);
  /// As it is.
  void Raw(std::string_view svg) { svg_ += svg; }

  const std::string& svg() const { return svg_; }

 private:
  void Begin(std::string_view element, std::initializer_list<Attribute> attributes);

  std::string svg_;
};

/// How far below the middle of a line of text its baseline is, in px.
double BaselineShift(TextStyle style);

}  // namespace modlab::client::plots

#include "client/plots/svg_writer.h"

#include <fmt/format.h>

#include "client/plots/utf8.h"

namespace modlab::client::plots {

std::string EscapedXml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char32_t code_point : ShownCodePoints(text)) {
    switch (code_point) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        AppendUtf8(code_point, escaped);
    }
  }
  return escaped;
}

std::string Coordinate(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  if (text.starts_with("0.")) text.erase(0, 1);
  if (text.starts_with("-0.")) text.erase(1, 1);
  if (text.empty() || text == "-0" || text == "-") return "0";
  return text;
}

void SvgWriter::Begin(std::string_view element, std::initializer_list<Attribute> attributes) {
  svg_ += '<';
  svg_ += element;
  for (const Attribute& attribute : attributes) {
    const bool is_number = std::holds_alternative<double>(attribute.value);
    const std::string value = is_number ? Coordinate(std::get<double>(attribute.value))
                                        : EscapedXml(std::get<std::string_view>(attribute.value));
    if (!is_number && value.empty()) continue;
    svg_ += fmt::format(" {}=\"{}\"", attribute.name, value);
  }
}

void SvgWriter::Open(std::string_view element, std::initializer_list<Attribute> attributes) {
  Begin(element, attributes);
  svg_ += ">\n";
}

void SvgWriter::Close(std::string_view element) { svg_ += fmt::format("</{}>\n", element); }

void SvgWriter::Element(std::string_view element, std::initializer_list<Attribute> attributes,
                        std::string_view tooltip) {
  Begin(element, attributes);
  svg_ += tooltip.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", EscapedXml(tooltip), element);
}

void SvgWriter::Line(double x1, double y1, double x2, double y2, std::string_view classes) {
  Element("line", {{"class", classes}, {"x1", x1}, {"y1", y1}, {"x2", x2}, {"y2", y2}});
}

void SvgWriter::Rectangle(double x, double y, double width, double height, std::string_view classes,
                          std::string_view tooltip) {
  Element("rect", {{"class", classes}, {"x", x}, {"y", y}, {"width", width}, {"height", height}}, tooltip);
}

void SvgWriter::Circle(double x, double y, double radius, std::string_view classes, std::string_view tooltip) {
  Element("circle", {{"class", classes}, {"cx", x}, {"cy", y}, {"r", radius}}, tooltip);
}

void SvgWriter::Path(std::string_view commands, std::string_view classes, std::string_view tooltip) {
  Element("path", {{"class", classes}, {"d", commands}}, tooltip);
}

void SvgWriter::Text(const TextPlace& place, TextStyle style, std::string_view text) {
  const std::string classes = fmt::format("{}{}{}", TextClass(style), place.more.empty() ? "" : " ", place.more);
  const std::string turn = place.rotation == 0 ? ""
                                               : fmt::format("rotate({} {} {})", Coordinate(place.rotation),
                                                             Coordinate(place.x), Coordinate(place.y));
  const std::string_view anchor = place.anchor == Anchor::kMiddle ? "middle"
                                  : place.anchor == Anchor::kEnd  ? "end"
                                                                  : "";
  Begin("text", {{"class", classes},
                 {"x", place.x},
                 {"y", place.y},
                 {"text-anchor", anchor},
                 {"transform", std::string_view(turn)}});
  svg_ += fmt::format(">{}</text>\n", EscapedXml(text));
}

void SvgWriter::Described(std::string_view element, std::string_view id, std::string_view text) {
  svg_ += fmt::format("<{0} id=\"{1}\">{2}</{0}>\n", element, EscapedXml(id), EscapedXml(text));
}

double BaselineShift(TextStyle style) { return TextSize(style) * 0.36; }

}  // namespace modlab::client::plots

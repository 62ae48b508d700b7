#include "tests/unit/client/plots/svg_reading.h"

#include <algorithm>
#include <array>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <sstream>
#include <stdexcept>

#include "client/plots/point.h"
#include "client/plots/text_style.h"

namespace modlab::client::plots {
namespace {

using Tree = boost::property_tree::ptree;

void Collect(const Tree& tree, SvgElement element, std::vector<SvgElement>& elements) {
  if (const auto attributes = tree.get_child_optional("<xmlattr>")) {
    for (const auto& [name, value] : *attributes) element.attributes[name] = value.data();
  }
  element.text = tree.data();
  SvgElement child;
  child.parent = element.name;
  child.shift_x = element.shift_x;
  child.shift_y = element.shift_y;
  child.scale = element.scale;
  const std::string transform = element.Attribute("transform");
  if (element.name == "g" && !transform.empty()) {
    // The only one that plots use on groups.
    if (std::sscanf(transform.c_str(), "translate(%lf %lf) scale(%lf)", &child.shift_x, &child.shift_y, &child.scale) !=
        3) {
      throw std::runtime_error("unexpected transform " + transform);
    }
  }
  elements.push_back(std::move(element));
  for (const auto& [name, below] : tree) {
    if (name == "<xmlattr>") continue;
    child.name = name;
    Collect(below, child, elements);
  }
}

std::vector<Point> PointsOfPath(const std::string& path) {
  std::vector<Point> points;
  std::string spaced;
  for (const char c : path) {
    const bool command = std::isalpha(static_cast<unsigned char>(c)) != 0;
    spaced += command ? std::string(" ") + c + ' ' : std::string(1, c);
  }
  std::istringstream words(spaced);
  char command = 'M';
  for (std::string word; words >> word;) {
    if (std::isalpha(static_cast<unsigned char>(word.front())) != 0) {
      command = word.front();
      continue;
    }
    const double number = std::stod(word);
    if (command == 'h') {
      points.push_back({points.back().x + number, points.back().y});
      continue;
    }
    if (std::string("MLCQ").find(command) == std::string::npos) throw std::runtime_error("unexpected path " + path);
    words >> word;
    points.push_back({number, std::stod(word)});
  }
  return points;
}

Box BoundsOfPoints(const std::vector<Point>& points) {
  Box box = {1e9, 1e9, -1e9, -1e9};
  for (const Point& point : points) {
    box = {std::min(box.left, point.x), std::min(box.top, point.y), std::max(box.right, point.x),
           std::max(box.bottom, point.y)};
  }
  return box;
}

TextStyle StyleOf(const SvgElement& text) {
  for (const TextStyle style : {TextStyle::kTitle, TextStyle::kSubtitle, TextStyle::kLabel, TextStyle::kStrong,
                                TextStyle::kTick, TextStyle::kCaption}) {
    if (text.HasClass(TextClass(style))) return style;
  }
  throw std::runtime_error("a text without a style: " + text.text);
}

Box BoundsOfText(const SvgElement& text) {
  const TextStyle style = StyleOf(text);
  const double width = TextWidth(text.text, style);
  const double x = text.Number("x");
  const double y = text.Number("y");
  const std::string anchor = text.Attribute("text-anchor");
  const double from = anchor == "middle" ? -width / 2 : anchor == "end" ? -width : 0;
  double angle = 0;
  double about_x = 0;
  double about_y = 0;
  const std::string transform = text.Attribute("transform");
  if (!transform.empty() && std::sscanf(transform.c_str(), "rotate(%lf %lf %lf)", &angle, &about_x, &about_y) != 3) {
    throw std::runtime_error("unexpected transform " + transform);
  }
  const double turn = angle * std::numbers::pi / 180;
  std::vector<Point> corners;
  for (const double along : {from, from + width}) {
    for (const double down : {-0.76 * TextSize(style), 0.22 * TextSize(style)}) {
      corners.push_back(
          {x + along * std::cos(turn) - down * std::sin(turn), y + along * std::sin(turn) + down * std::cos(turn)});
    }
  }
  return BoundsOfPoints(corners);
}

Box BoundsInPlace(const SvgElement& element) {
  const auto number = [&](const char* attribute) { return element.Number(attribute); };
  if (element.name == "text") return BoundsOfText(element);
  if (element.name == "path") return BoundsOfPoints(PointsOfPath(element.Attribute("d")));
  if (element.name == "line") return BoundsOfPoints({{number("x1"), number("y1")}, {number("x2"), number("y2")}});
  if (element.name == "circle") {
    return {number("cx") - number("r"), number("cy") - number("r"), number("cx") + number("r"),
            number("cy") + number("r")};
  }
  return {number("x"), number("y"), number("x") + number("width"), number("y") + number("height")};
}

}  // namespace

std::string SvgElement::Attribute(const std::string& attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? "" : found->second;
}

double SvgElement::Number(const std::string& attribute) const { return std::stod(Attribute(attribute)); }

bool SvgElement::HasClass(std::string_view wanted) const {
  std::istringstream classes(Attribute("class"));
  for (std::string one; classes >> one;) {
    if (one == wanted) return true;
  }
  return false;
}

SvgReading::SvgReading(const std::string& document) {
  std::istringstream stream(document);
  Tree tree;
  boost::property_tree::read_xml(stream, tree);
  SvgElement root;
  root.name = "svg";
  Collect(tree.get_child("svg"), root, elements_);
}

std::vector<SvgElement> SvgReading::Named(std::string_view name) const {
  std::vector<SvgElement> found;
  for (const SvgElement& element : elements_) {
    if (element.name == name) found.push_back(element);
  }
  return found;
}

std::vector<SvgElement> SvgReading::WithClass(std::string_view wanted) const {
  std::vector<SvgElement> found;
  for (const SvgElement& element : elements_) {
    if (element.HasClass(wanted)) found.push_back(element);
  }
  return found;
}

std::string SvgReading::ShownText() const {
  std::string text;
  for (const SvgElement& element : Named("text")) text += element.text + '\n';
  return text;
}

Box SvgReading::view_box() const {
  Box box;
  std::istringstream numbers(root().Attribute("viewBox"));
  numbers >> box.left >> box.top >> box.right >> box.bottom;
  return box;
}

Box BoundsOf(const SvgElement& element) {
  const Box box = BoundsInPlace(element);
  return {element.shift_x + element.scale * box.left, element.shift_y + element.scale * box.top,
          element.shift_x + element.scale * box.right, element.shift_y + element.scale * box.bottom};
}

}  // namespace modlab::client::plots

#include "client/plots/style_sheet.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

#include "client/plots/palette.h"
#include "client/plots/text_style.h"

namespace modlab::client::plots {
namespace {

constexpr std::string_view kBlack = "#000000";
constexpr std::string_view kWhite = "#ffffff";

/// The same in light and dark. A halo keeps annotations readable where they cross lines.
constexpr std::string_view kShapes = R"(.ml-figure{font-family:system-ui,"DejaVu Sans",sans-serif}
.ml-title,.ml-strong{font-weight:600}
.ml-fill{fill:currentColor}
.ml-stroke{fill:none;stroke:currentColor}
.ml-series{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.ml-dense{stroke-width:.7;stroke-opacity:.75}
.ml-dashed{stroke-dasharray:5 3}
.ml-thin{stroke-width:1}
.ml-thick{stroke-width:2}
.ml-soft{fill-opacity:.72}
.ml-faint{fill-opacity:.16}
.ml-axis,.ml-grid{fill:none;stroke-width:1}
.ml-switch{fill:none;stroke-width:.8}
.ml-reference{fill:none;stroke-width:1.2}
.ml-halo{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}
.ml-plate{fill-opacity:.86}
.ml-rim{stroke-width:.8}
.ml-hollow{stroke:currentColor;stroke-width:1.2}
.ml-cells{fill:none;stroke:currentColor;stroke-width:1;shape-rendering:crispEdges}
.ml-crisp{shape-rendering:crispEdges}
.ml-boundary{fill:none;stroke-width:.8;stroke-opacity:.8}
)";

class Rules {
 public:
  void Add(std::string_view selector, std::string_view property, std::string_view light, std::string_view dark) {
    light_ += fmt::format("{}{{{}:{}}}\n", selector, property, light);
    dark_ += fmt::format("{}{{{}:{}}}\n", selector, property, dark);
  }
  void Add(std::string_view selector, std::string_view property, const ThemedColour& colour) {
    Add(selector, property, colour.light, colour.dark);
  }

  std::string Text() const { return light_ + "@media (prefers-color-scheme:dark){\n" + dark_ + "}\n"; }

 private:
  std::string light_;
  std::string dark_;
};

std::string_view TextColourOn(std::string_view background) {
  return ContrastRatio(kWhite, background) >= ContrastRatio(kBlack, background) ? kWhite : kBlack;
}

void AddOn(Rules& rules, const std::string& selector, const ThemedColour& background) {
  rules.Add(selector, "fill", TextColourOn(background.light), TextColourOn(background.dark));
}

std::string TextSizes() {
  std::string sizes;
  for (const TextStyle style : {TextStyle::kTitle, TextStyle::kSubtitle, TextStyle::kLabel, TextStyle::kStrong,
                                TextStyle::kTick, TextStyle::kCaption}) {
    sizes += fmt::format(".{}{{font-size:{}px}}\n", TextClass(style), TextSize(style));
  }
  return sizes;
}

std::string MadeStyleSheet() {
  Rules rules;
  rules.Add(".ml-background,.ml-hollow,.ml-plate", "fill", kBackground);
  rules.Add(".ml-rim,.ml-halo", "stroke", kBackground);
  rules.Add(".ml-title,.ml-label,.ml-strong", "fill", kInk);
  rules.Add(".ml-subtitle,.ml-tick,.ml-caption", "fill", kQuietInk);
  rules.Add(".ml-axis,.ml-switch", "stroke", kAxis);
  rules.Add(".ml-grid", "stroke", kGrid);
  rules.Add(".ml-shade", "fill", kShade);
  rules.Add(".ml-reference", "stroke", kQuietInk);
  rules.Add(".ml-boundary", "stroke", kInk);
  rules.Add(".ml-ink", "color", kInk);
  rules.Add(".ml-none", "color", kNeutral);
  rules.Add(".ml-first", "color", kClusterColours[0]);
  rules.Add(".ml-second", "color", kClusterColours[1]);
  AddOn(rules, ".ml-on-none", kNeutral);
  for (std::size_t i = 0; i < kClusterColours.size(); ++i) {
    rules.Add(fmt::format(".ml-k{}", i), "color", kClusterColours[i]);
    AddOn(rules, fmt::format(".ml-on{}", i), kClusterColours[i]);
  }
  for (int level = 0; level < kHeatLevels; ++level) {
    rules.Add(fmt::format(".ml-h{}", level), "color", HeatColour(level, false), HeatColour(level, true));
  }
  return std::string(kShapes) + TextSizes() + rules.Text();
}

}  // namespace

const std::string& StyleSheet() {
  static const std::string sheet = MadeStyleSheet();
  return sheet;
}

}  // namespace modlab::client::plots

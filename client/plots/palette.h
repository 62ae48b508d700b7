#pragma once

#include <array>
#include <string>
#include <string_view>

namespace modlab::client::plots {

/// A colour as it is on a light and on a dark background: `#rrggbb`.
struct ThemedColour {
  std::string_view light;
  std::string_view dark;
};

inline constexpr ThemedColour kBackground = {"#ffffff", "#14171c"};
inline constexpr ThemedColour kInk = {"#1b1f24", "#e6e9ee"};
inline constexpr ThemedColour kQuietInk = {"#57606a", "#a3abb5"};
inline constexpr ThemedColour kAxis = {"#8b949e", "#6e7781"};
inline constexpr ThemedColour kGrid = {"#e4e7eb", "#2b3038"};
inline constexpr ThemedColour kShade = {"#eff2f5", "#20252c"};
/// Marks without a cluster, and edges between two.
inline constexpr ThemedColour kNeutral = {"#7b838d", "#8a929d"};

/// Clusters' colours, by label. The first eight keep apart for red- and green-blind readers too (by more than 0.08 in
/// OKLab on white, after Machado et al. 2009); they are built upon Okabe and Ito's blue, vermilion and green. The
/// others were added one by one, each as far as could be from all before it. On a dark background each keeps its hue.
/// A mark in any of them has a contrast of at least 3 to 1 with its background.
inline constexpr std::array<ThemedColour, 32> kClusterColours = {{
    {"#0072b2", "#55aef3"}, {"#d55e00", "#ffab80"}, {"#009e73", "#61dcad"}, {"#b0378b", "#f375c8"},
    {"#2c2398", "#5b64db"}, {"#3f6100", "#769c49"}, {"#9162f5", "#c5b4fe"}, {"#6c0552", "#ad4b8c"},
    {"#a51105", "#ea5c4a"}, {"#f85093", "#ffb6cb"}, {"#732ebf", "#a978f4"}, {"#0d5279", "#4f8cb7"},
    {"#827f11", "#bdbb5a"}, {"#067971", "#58b5ac"}, {"#9c5955", "#dc938e"}, {"#3d8fe4", "#9fccff"},
    {"#be6fc5", "#f9afff"}, {"#602d00", "#9d653f"}, {"#7a3b50", "#b97489"}, {"#0d4a22", "#4b8458"},
    {"#d31e43", "#ff858b"}, {"#1b4dd1", "#6192fd"}, {"#6b578f", "#a591cd"}, {"#7f1d89", "#be5ec8"},
    {"#4da424", "#89e268"}, {"#ca6c70", "#fdb0b1"}, {"#ab44c8", "#e48cfe"}, {"#403267", "#776aa4"},
    {"#7879b5", "#b2b4f4"}, {"#0a73f3", "#86b7ff"}, {"#80521e", "#be8c59"}, {"#b48952", "#f2c58c"},
}};

/// How many colours a sequential scale is cut into.
inline constexpr int kHeatLevels = 32;
/// A level's colour: from near the background's lightness for the least value to the farthest from it for the most
/// (ColorBrewer's YlGnBu, whose lightness falls all the way, so that it holds in grey print and for the colour-blind).
std::string HeatColour(int level, bool dark);

/// WCAG 2's contrast ratio of two colours `#rrggbb`, 1 to 21.
double ContrastRatio(std::string_view first, std::string_view second);

/// The classes that set a mark's colour: `ml-k3`, or `ml-none` for label −1; `ml-h7` for a level. Labels beyond the
/// last colour begin again with the first.
std::string ClusterClass(int label);
std::string HeatClass(int level);
/// The class of a text that stands on a cluster's colour, with a contrast of at least 4.5 to 1.
std::string OnClusterClass(int label);

}  // namespace modlab::client::plots

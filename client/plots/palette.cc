#include "client/plots/palette.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace modlab::client::plots {
namespace {

using Channels = std::array<double, 3>;  // red, green, blue, 0 to 255

constexpr std::array<std::string_view, 8> kLightAnchors = {"#e8f6b5", "#c7e9b4", "#7fcdbb", "#41b6c4",
                                                           "#1d91c0", "#225ea8", "#253494", "#081d58"};
constexpr std::array<std::string_view, 8> kDarkAnchors = {"#232f74", "#27489b", "#2067ad", "#1d91c0",
                                                          "#41b6c4", "#7fcdbb", "#c7e9b4", "#ffffd9"};

Channels ChannelsOf(std::string_view colour) {
  Channels channels{};
  for (std::size_t i = 0; i < 3; ++i) {
    int value = 0;
    const char* const digits = colour.data() + 1 + 2 * i;
    std::from_chars(digits, digits + 2, value, 16);
    channels[i] = value;
  }
  return channels;
}

double Luminance(std::string_view colour) {
  const auto linear = [](double channel) {
    const double share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  const Channels channels = ChannelsOf(colour);
  return 0.2126 * linear(channels[0]) + 0.7152 * linear(channels[1]) + 0.0722 * linear(channels[2]);
}

std::size_t ColourIndex(int label) { return static_cast<std::size_t>(label) % kClusterColours.size(); }

}  // namespace

std::string HeatColour(int level, bool dark) {
  const auto& anchors = dark ? kDarkAnchors : kLightAnchors;
  const double place = static_cast<double>(level) / (kHeatLevels - 1) * static_cast<double>(anchors.size() - 1);
  const auto before = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
  const double share = place - static_cast<double>(before);
  const Channels from = ChannelsOf(anchors[before]);
  const Channels to = ChannelsOf(anchors[before + 1]);
  std::string colour = "#";
  for (std::size_t i = 0; i < 3; ++i) colour += fmt::format("{:02x}", std::lround(from[i] + share * (to[i] - from[i])));
  return colour;
}

double ContrastRatio(std::string_view first, std::string_view second) {
  const auto [less, more] = std::minmax({Luminance(first), Luminance(second)});
  return (more + 0.05) / (less + 0.05);
}

std::string ClusterClass(int label) { return label < 0 ? "ml-none" : fmt::format("ml-k{}", ColourIndex(label)); }

std::string OnClusterClass(int label) { return label < 0 ? "ml-on-none" : fmt::format("ml-on{}", ColourIndex(label)); }

std::string HeatClass(int level) { return fmt::format("ml-h{}", level); }

}  // namespace modlab::client::plots

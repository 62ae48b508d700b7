#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modlab::client::plots {

/// The sizes of text that plots have. None is below 11 px.
enum class TextStyle {
  kTitle,     ///< 16 px, bold
  kSubtitle,  ///< 12.5 px
  kLabel,     ///< axes' titles, names: 12 px
  kStrong,    ///< annotations: 12 px, bold
  kTick,      ///< values at axes, legends: 11 px, quieter
  kCaption,   ///< 11.5 px, quieter
};

/// The class that gives a text this style in every plot's style sheet.
std::string_view TextClass(TextStyle style);
/// In px.
double TextSize(TextStyle style);

/// About how wide the text will be, in px: by DejaVu Sans, which is wider than the fonts that systems prefer.
double TextWidth(std::string_view text, TextStyle style);

/// In lines no wider than `width`, broken at spaces, or within a word that is too wide by itself. At most `most_lines`,
/// the last of which ends in `…` if there were more. None for an empty text.
std::vector<std::string> WrappedText(std::string_view text, TextStyle style, double width, int most_lines = 12);

/// No wider than `width`: if anything had to be cut, `…` stands in its place, at the end or, for names that differ in
/// their ends as those of layers do, in front.
std::string FittedText(std::string_view text, TextStyle style, double width);
std::string FittedInFront(std::string_view text, TextStyle style, double width);

}  // namespace modlab::client::plots

#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace modlab::client {

/// Text that came from elsewhere, made safe to print on one line of a terminal: every control character, and so every
/// escape sequence, becomes `?`; bytes that are not UTF-8 too.
std::string Printable(std::string_view text);
/// The same over as many lines as it has: those after the first are indented by two spaces at least, so that none looks
/// like one of the client's own.
std::string PrintableLines(std::string_view text);

/// Columns that `text` takes on a terminal: its code points. Right for everything but wide and combining characters.
int DisplayWidth(std::string_view text);

/// Shortens to at most `width` columns, ending in `…` if anything was cut.
std::string Shortened(std::string_view text, int width);
/// The same for names that differ in their ends, as those of layers do: starts with `…` if anything was cut.
std::string ShortenedInFront(std::string_view text, int width);

/// ASCII capitals made small: how names of enum values are shown.
std::string Lower(std::string text);

/// `1.5 GiB`, `12 KiB`, `311 bytes`.
std::string SizeText(double bytes);

/// `0.12 s`, `45 s`, `3 min 20 s`, `2 h 5 min`.
std::string SecondsText(double seconds);
double Seconds(const google::protobuf::Duration& duration);

/// Local time, `2024-05-31 18:04:12`; `-` where `time` is not set (0).
std::string TimeText(const google::protobuf::Timestamp& time);

/// A SHA-256's first twelve digits: enough for people to tell contents apart.
std::string ShortDigest(std::string_view sha256);

/// 1.00 -> `1`, 0.093801 -> `0.0938`: four significant decimals, no trailing zeros, never `-0`.
std::string NumberText(double value);

}  // namespace modlab::client

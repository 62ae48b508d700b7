#pragma once

#include <string>

#include "client/session.h"

namespace modlab::client {

/// Writes an SVG document to a file; as PNG where the name ends in `.png`, by rsvg-convert. `-` is standard output. An
/// existing file is replaced. Throws UsageError where it cannot be written, or rsvg-convert is not there.
void WriteFigure(const std::string& svg, const std::string& path);

/// Writes text to a file as a whole, or not at all.
void WriteTextFile(const std::string& text, const std::string& path);

}  // namespace modlab::client

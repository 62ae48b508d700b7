#pragma once

#include <string>

#include "core/dataset/content.h"

namespace modlab {

/// Columns of a table as RFC 4180 has it: a header, commas, quotation marks, lines that end with CRLF or LF; UTF-8,
/// also with a byte order mark. `columns`: see SelectColumns. One column gives the shape [rows], more give
/// [rows][columns].
///
/// Cells of the selected columns are decimal numbers, with spaces around them if need be; of others, anything. If all
/// are integers that int64 can hold, the array is int64. Otherwise it is float32, unless that changes an integer, or
/// makes infinity or 0 of a number that is neither: then it is float64 (which rounds integers beyond 2^53). No cell may
/// be empty, `nan` or `inf`. A header of nothing but numbers is taken for a row, and refused, unless it counts the
/// columns from 0 up.
///
/// One pass, O(bytes) time; memory is 8 bytes for each number, up to twice that while it is read, and half as much
/// again for float32.
Array ReadCsv(const Content& content, const std::string& columns);

}  // namespace modlab

#include "core/dataset/csv.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string_view>

#include "core/dataset/column_names.h"
#include "core/shown_text.h"

namespace modlab {
namespace {

constexpr size_t kMostColumns = 1'000'000;

std::string_view TrimmedCell(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Cells, one after the other.
class CellReader {
 public:
  explicit CellReader(const Content& content)
      : content_(content), at_(content.text()), end_(content.text() + content.bytes.size()) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    if (std::string_view(at_, content.bytes.size()).substr(0, mark.size()) == mark) at_ += mark.size();
  }

  bool at_end() const { return at_ == end_; }
  /// Of the next cell's start.
  int64_t line() const { return line_; }

  /// Skips lines without a character. Returns whether there were any.
  bool SkipEmptyLines() {
    bool skipped = false;
    while (SkipLineEnd()) skipped = true;
    return skipped;
  }

  struct Cell {
    /// Without the quotation marks around it. Until the next call.
    std::string_view text;
    bool quoted = false;
    /// Whether it is the row's last one.
    bool last = false;
  };

  Cell Next() {
    Cell cell;
    if (at_ != end_ && *at_ == '"') {
      cell.text = Unquoted();
      cell.quoted = true;
    } else {
      const char* const start = at_;
      while (at_ != end_ && *at_ != ',' && *at_ != '\n') {
        if (*at_ == '"') content_.ThrowAtLine(line_, "a quotation mark within a cell that does not start with one");
        ++at_;
      }
      const char* stop = at_;
      if (stop != start && stop[-1] == '\r' && (at_ == end_ || *at_ == '\n')) --stop;
      cell.text = {start, static_cast<size_t>(stop - start)};
    }
    if (at_ != end_ && *at_ == ',') {
      ++at_;
    } else {
      cell.last = true;
      if (!SkipLineEnd() && at_ != end_) {
        content_.ThrowAtLine(line_, "something follows after a cell's closing quotation mark");
      }
    }
    return cell;
  }

 private:
  bool SkipLineEnd() {
    const char* next = at_;
    if (next != end_ && *next == '\r') ++next;
    if (next == end_ ? next == at_ : *next != '\n') return false;
    at_ = next == end_ ? next : next + 1;
    ++line_;
    return true;
  }

  std::string_view Unquoted() {
    const int64_t first_line = line_;
    const char* start = ++at_;
    unquoted_.clear();
    while (true) {
      const auto* const mark = static_cast<const char*>(std::memchr(at_, '"', static_cast<size_t>(end_ - at_)));
      if (at_ == end_ || mark == nullptr) {
        content_.ThrowAtLine(first_line, "a cell's opening quotation mark is never closed");
      }
      for (; at_ != mark; ++at_) line_ += *at_ == '\n' ? 1 : 0;
      ++at_;
      if (at_ == end_ || *at_ != '"') {
        const std::string_view part(start, static_cast<size_t>(mark - start));
        if (unquoted_.empty()) return part;
        return unquoted_ += part;
      }
      unquoted_.append(start, static_cast<size_t>(at_ - start));  // with one of the two marks
      start = ++at_;
    }
  }

  const Content& content_;
  const char* at_;
  const char* end_;
  int64_t line_ = 1;
  std::string unquoted_;
};

std::vector<std::string> ReadHeader(const Content& content, CellReader& cells) {
  std::vector<std::string> names;
  std::map<std::string, size_t> places;
  while (true) {
    const CellReader::Cell cell = cells.Next();
    if (names.size() == kMostColumns) {
      content.ThrowAtLine(1, "has more than " + std::to_string(kMostColumns) + " columns");
    }
    names.emplace_back(cell.quoted ? cell.text : TrimmedCell(cell.text));
    const auto [first, is_new] = places.emplace(names.back(), names.size());
    if (!is_new && !names.back().empty()) {
      content.ThrowAtLine(1, "the columns " + std::to_string(first->second) + " and " + std::to_string(names.size()) +
                                 " are both called " + Quoted(names.back()));
    }
    if (cell.last) break;
  }
  bool numbers = true;
  bool counted = names.size() > 1;
  for (size_t i = 0; i < names.size(); ++i) {
    double value = 0;
    const char* const end = names[i].data() + names[i].size();
    const auto [stop, error] = std::from_chars(names[i].data(), end, value);
    numbers = numbers && error == std::errc() && stop == end;
    counted = counted && names[i] == std::to_string(i);
  }
  if (numbers && !counted) {
    content.ThrowAtLine(1, "has nothing but numbers; the first line must be a header with the columns' names");
  }
  return names;
}

/// Numbers, as integers for as long as they are.
class Numbers {
 public:
  explicit Numbers(const Content& content) : content_(content) {}

  /// Returns what is wrong with the cell: nothing where it was added.
  const char* Add(std::string_view text) {
    text = TrimmedCell(text);
    if (text.empty()) return "is empty; every cell needs a number";
    if (text.front() == '+' && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
    const char* const end = text.data() + text.size();
    int64_t integer = 0;
    const auto [stop, error] = std::from_chars(text.data(), end, integer);
    const bool is_integer = error == std::errc() && stop == end;
    if (is_integer && !real_) {
      if (integers_.size() == integers_.capacity()) Grow(integers_);
      integers_.push_back(integer);
      return nullptr;
    }
    double number = static_cast<double>(integer);
    if (!is_integer) {
      const auto [real_stop, real_error] = std::from_chars(text.data(), end, number);
      if (real_error == std::errc::invalid_argument || real_stop != end) return "is not a number";
      if (real_error != std::errc()) return "is a number that float64 cannot hold";
      if (!std::isfinite(number)) return "is not a finite number";
    }
    if (!real_) BecomeReal();
    AddReal(number);
    return nullptr;
  }

  bool integers() const { return !real_; }
  bool fit_float() const { return fit_float_; }
  size_t size() const { return real_ ? reals_.size() : integers_.size(); }

  Array Take(std::vector<int64_t> shape) {
    if (!real_) return MakeArray(std::move(shape), std::move(integers_));
    if (!fit_float_) return MakeArray(std::move(shape), std::move(reals_));
    return MakeArray(std::move(shape), std::vector<float>(reals_.begin(), reals_.end()));
  }

 private:
  template <typename Number>
  void Grow(std::vector<Number>& numbers) const {
    constexpr size_t least = 1024;
    const size_t most = static_cast<size_t>(content_.max_bytes) / sizeof(Number);
    if (numbers.size() >= most) {
      content_.CheckCopy(static_cast<int64_t>((numbers.size() + 1) * sizeof(Number)), "the selection");
    }
    numbers.reserve(std::min(most, std::max(least, 2 * numbers.size())));
  }

  void BecomeReal() {
    real_ = true;
    reals_.reserve(integers_.capacity());
    for (const int64_t integer : integers_) AddReal(static_cast<double>(integer));
    integers_ = {};
  }

  void AddReal(double number) {
    if (reals_.size() == reals_.capacity()) Grow(reals_);
    reals_.push_back(number);
    constexpr double largest = std::numeric_limits<float>::max();
    const double magnitude = std::abs(number);
    // Above that a conversion might be undefined; float's largest neighbours are near enough to it.
    if (magnitude > largest) {
      fit_float_ = false;
      return;
    }
    const auto rounded = static_cast<double>(static_cast<float>(number));
    if ((number != 0 && rounded == 0) || (number == std::floor(number) && rounded != number)) fit_float_ = false;
  }

  const Content& content_;
  bool real_ = false;
  bool fit_float_ = true;
  std::vector<int64_t> integers_;
  std::vector<double> reals_;
};

}  // namespace

Array ReadCsv(const Content& content, const std::string& columns) {
  CellReader cells(content);
  if (cells.SkipEmptyLines() || cells.at_end()) {
    content.ThrowAtLine(1, "is empty; expected a header with the columns' names");
  }
  const std::vector<std::string> names = ReadHeader(content, cells);
  const std::vector<size_t> selected = SelectColumns(content, names, columns);
  constexpr size_t none = SIZE_MAX;
  std::vector<size_t> places(names.size(), none);
  bool in_order = true;
  for (size_t i = 0; i < selected.size(); ++i) {
    places[selected[i]] = i;
    in_order = in_order && (i == 0 || selected[i] > selected[i - 1]);
  }
  Numbers numbers(content);
  std::vector<std::string> row(in_order ? 0 : selected.size());
  int64_t rows = 0;
  while (!cells.at_end()) {
    const int64_t line = cells.line();
    if (cells.SkipEmptyLines()) {
      if (cells.at_end()) break;
      content.ThrowAtLine(line, "is empty, and more rows follow");
    }
    const auto add = [&](size_t column, std::string_view text) {
      const char* const wrong = numbers.Add(text);
      if (wrong == nullptr) return;
      content.ThrowAtLine(line, "column " + std::to_string(column + 1) + ", " + Quoted(names[column]) + ": " +
                                    (text.empty() ? "" : Quoted(text) + " ") + wrong);
    };
    size_t column = 0;
    for (bool last = false; !last; ++column) {
      const CellReader::Cell cell = cells.Next();
      last = cell.last;
      if (column >= names.size() || places[column] == none) continue;
      if (in_order) {
        add(column, cell.text);
      } else {
        row[places[column]] = cell.text;
      }
    }
    if (column != names.size()) {
      content.ThrowAtLine(line, "has " + std::to_string(column) + " cells; the header has " +
                                    std::to_string(names.size()) + " columns");
    }
    for (size_t i = 0; i < row.size(); ++i) add(selected[i], row[i]);
    ++rows;
  }
  if (rows == 0) content.ThrowAtLine(1, "has a header, but no rows follow");
  const auto width = static_cast<int64_t>(selected.size());
  return numbers.Take(width == 1 ? std::vector<int64_t>{rows} : std::vector<int64_t>{rows, width});
}

}  // namespace modlab

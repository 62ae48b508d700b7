#include "client/train_text.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "client/errors.h"
#include "client/integer_file.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

struct NameAndRest {
  std::string name;
  std::string rest;
};

NameAndRest SplitAt(std::string_view text, char separator, std::string_view how) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
    throw UsageError(fmt::format("'{}' is not understood; write {}", Printable(text), how));
  }
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

template <typename Number>
Number NumberIn(std::string_view text, std::string_view whole, std::string_view how) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw UsageError(fmt::format("'{}' is not understood; write {}", Printable(whole), how));
  }
  return number;
}

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

void AddVarying(std::string_view text, v1::GoalSchedule& schedule) {
  const auto [name, distribution] =
      SplitAt(text, '~', "NAME~U(LEAST,MOST), NAME~N(MEAN,SD), NAME~I(LEAST,MOST) or NAME~C(VALUE,VALUE,...)");
  (*schedule.mutable_vary())[name] = distribution;
}

void AddInitial(std::string_view text, v1::GoalSchedule& schedule) {
  constexpr std::string_view how = "NAME=NUMBER";
  const auto [name, value] = SplitAt(text, '=', how);
  (*schedule.mutable_initial())[name] = NumberIn<double>(value, text, how);
}

void SetPeriod(std::string_view text, v1::GoalSchedule& schedule) {
  constexpr std::string_view how = "a number of epochs, as 10, or of steps, as 500steps";
  std::string_view number = text;
  if (TakeSuffix(number, "steps")) {
    schedule.set_period_steps(NumberIn<std::int64_t>(number, text, how));
  } else {
    TakeSuffix(number, "epochs");
    schedule.set_period_epochs(NumberIn<std::int32_t>(number, text, how));
  }
}

void AddMask(const std::string& text, v1::TrainSpec& spec) {
  const auto [parameter, file] = SplitAt(text, '=', "PARAMETER=FILE");
  const std::vector<std::int32_t> entries = ReadMaskFile(file);
  constexpr std::size_t bits = 8;
  std::string bytes((entries.size() + bits - 1) / bits, '\0');
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] == 0) continue;
    bytes[i / bits] = static_cast<char>(static_cast<unsigned char>(bytes[i / bits]) | 1U << i % bits);
  }
  v1::GradientMask& mask = *spec.add_masks();
  mask.set_parameter(parameter);
  mask.set_trained(bytes);
}

}  // namespace modlab::client

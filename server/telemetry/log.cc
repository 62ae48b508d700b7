#include "server/telemetry/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace modlab::server {
namespace {

thread_local std::vector<std::pair<const char*, std::string>> fields;

std::string TimeText(spdlog::log_clock::time_point time) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<time_t>(micros / 1'000'000)),
                     micros / 1000 % 1000);
}

/// The logger is synchronous: a line is formatted by the thread that logs it.
class Formatter : public spdlog::formatter {
 public:
  explicit Formatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const auto level = spdlog::level::to_string_view(message.level);
    const std::string text = format_ == LogFormat::kJson ? Json(message, {level.data(), level.size()})
                                                         : Text(message, {level.data(), level.size()});
    line.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<Formatter>(format_); }

 private:
  static std::string Text(const spdlog::details::log_msg& message, std::string_view level) {
    std::string line = fmt::format("{} {} {}", TimeText(message.time), level,
                                   std::string_view(message.payload.data(), message.payload.size()));
    for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, value);
    return OneLine(line) + "\n";
  }

  /// Texts of models and users are part of a line, and must not look like one, or move a terminal's cursor.
  static std::string OneLine(const std::string& text) {
    std::string line;
    for (const char letter : text) {
      const auto code = static_cast<unsigned char>(letter);
      if (code < 0x20 || code == 0x7f) {
        line += fmt::format("\\x{:02x}", code);
      } else {
        line += letter;
      }
    }
    return line;
  }

  static std::string Json(const spdlog::details::log_msg& message, std::string_view level) {
    nlohmann::ordered_json line;
    line["time"] = TimeText(message.time);
    line["level"] = level;
    line["message"] = std::string(message.payload.data(), message.payload.size());
    for (const auto& [key, value] : fields) line[key] = value;
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }

  LogFormat format_;
};

}  // namespace

void SetUpLog(const std::string& level, LogFormat format) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("modlabd"));
  spdlog::set_formatter(std::make_unique<Formatter>(format));
  spdlog::set_level(spdlog::level::from_str(level));
}

LogField::LogField(const char* key, std::string value) { fields.emplace_back(key, std::move(value)); }

LogField::~LogField() { fields.pop_back(); }

}  // namespace modlab::server

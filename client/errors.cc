#include "client/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "client/output/text.h"

namespace modlab::client {

ExitCode ExitCodeOf(grpc::StatusCode status) {
  switch (status) {
    case grpc::StatusCode::OK:
      return ExitCode::kOk;
    case grpc::StatusCode::NOT_FOUND:
      return ExitCode::kNotFound;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return ExitCode::kUnreachable;
    default:
      return ExitCode::kRefused;
  }
}

bool WentAway(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE || status.error_code() == grpc::StatusCode::CANCELLED;
}

bool IsTimeOver(const Deadline& deadline, const grpc::Status& status) {
  return HasPassed(deadline) || (deadline && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
}

namespace {

/// Which commands help with what the server's sentence says is to be done.
std::string_view HelpfulCommands(const v1::ErrorDetail& detail) {
  if (detail.reason() == v1::STORAGE_FULL) return " (`modlab server status` shows the disk)";
  if (detail.reason() != v1::QUOTA_EXCEEDED) return "";
  const auto quota = detail.metadata().find("quota");
  const bool of_jobs = quota != detail.metadata().end() && quota->second == "queued_jobs";
  return of_jobs ? " (`modlab job list --state queued` lists them, `modlab server status` shows the quota)"
                 : " (`modlab model list` and `modlab job list` list them, `modlab server status` shows the quota)";
}

/// A remark in brackets, at the end of the first line: what follows may point into a text.
std::string WithRemark(const std::string& lines, std::string_view remark) {
  const std::size_t end = std::min(lines.find('\n'), lines.size());
  return fmt::format("{} ({}){}", lines.substr(0, end), remark, lines.substr(end));
}

}  // namespace

v1::ErrorDetail DetailOf(const grpc::ClientContext& context) {
  v1::ErrorDetail detail;
  const auto& metadata = context.GetServerTrailingMetadata();
  if (const auto found = metadata.find("modlab-error-bin"); found != metadata.end()) {
    if (!detail.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()))) detail.Clear();
  }
  return detail;
}

Failure FailureOf(const grpc::Status& status, const v1::ErrorDetail& detail, std::string_view address) {
  const ExitCode code = ExitCodeOf(status.error_code());
  const std::string sentence = PrintableLines(status.error_message());
  if (sentence.find("certificate verify failed") != std::string::npos) {
    return {code,
            fmt::format("the certificate of {} is signed by nobody who is known here, or is another server's: give "
                        "its authority's certificate with --ca",
                        address)};
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return {code, fmt::format("the server at {} did not answer in time; --timeout says how long it may take", address)};
  }
  if (code == ExitCode::kUnreachable && detail.reason() == v1::REASON_UNSPECIFIED) {
    return {code, fmt::format("no modlab server answers at {} ({})", address, sentence)};
  }
  // What was not found, the sentence names; the field would only say `name`.
  const bool tell_field = !detail.field().empty() && code != ExitCode::kNotFound;
  if (tell_field && sentence.find(detail.field()) == std::string::npos) {
    return {code, WithRemark(sentence, fmt::format("field {}", Printable(detail.field())))};
  }
  return {code, sentence.empty() ? fmt::format("the server refused, code {}", static_cast<int>(status.error_code()))
                                 : fmt::format("{}{}", sentence, HelpfulCommands(detail))};
}

std::string Describe(std::string_view subject, const v1::JobError& error) {
  std::string text{subject};
  if (!error.phase().empty()) text += fmt::format(" in phase {}", Printable(error.phase()));
  return fmt::format("{}: {}", text, WithRemark(PrintableLines(error.message()), v1::Reason_Name(error.reason())));
}

}  // namespace modlab::client

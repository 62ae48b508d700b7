#include "server/rpc/call_record.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

constexpr size_t kLongestId = 64;
constexpr size_t kLongestResource = 128;
constexpr const char* kRequestId = "x-request-id";

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '/';
  });
}

std::string IdOfCall(const grpc::CallbackServerContext& context) {
  const auto found = context.client_metadata().find(kRequestId);
  if (found != context.client_metadata().end()) {
    const std::string_view id(found->second.data(), found->second.size());
    if (!id.empty() && id.size() <= kLongestId && IsPlain(id)) return std::string(id);
  }
  return NewId();
}

const char* NameOf(grpc::StatusCode code) {
  constexpr std::array names = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<size_t>(code);
  return index < names.size() ? names.at(index) : "UNKNOWN";
}

/// Whoever only looks is not written down, unless they may not.
bool IsAudited(std::string_view method, grpc::StatusCode code) {
  if (code == grpc::StatusCode::UNAUTHENTICATED || code == grpc::StatusCode::PERMISSION_DENIED) return true;
  constexpr std::array looks = {"Get", "List", "Watch", "Compare", "Adjust"};
  return std::none_of(looks.begin(), looks.end(), [method](const char* verb) { return method.starts_with(verb); });
}

}  // namespace

CallRecord::CallRecord(CallBooks books, const char* method, grpc::CallbackServerContext* context)
    : books_(books), method_(method), id_(IdOfCall(*context)), peer_(context->peer()) {
  context->AddInitialMetadata(kRequestId, id_);
}

void CallRecord::TakeResource(const google::protobuf::Message& message) {
  for (const char* field_name : {"name", "job", "upload"}) {
    const auto* field = message.GetDescriptor()->FindFieldByName(field_name);
    if (field == nullptr || field->is_repeated() ||
        field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      continue;
    }
    const std::string name = message.GetReflection()->GetString(message, field);
    if (!name.empty()) resource_ = name.substr(0, kLongestResource);
    return;
  }
}

void CallRecord::End(const grpc::Status& status) {
  const char* outcome = NameOf(status.error_code());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  books_.metrics.ObserveCall(method_, outcome, seconds);
  spdlog::debug("{} {}: {} in {:.1f} ms", method_, resource_, outcome, seconds * 1000);
  if (IsAudited(method_, status.error_code())) {
    books_.audit.Write({user_, peer_, method_, resource_, outcome, id_});
  }
}

}  // namespace modlab::server

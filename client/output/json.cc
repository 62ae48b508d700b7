#include "client/output/json.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <stdexcept>

namespace modlab::client {
namespace {

std::string JsonText(const google::protobuf::Message& message, bool lines, bool primitives) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = lines;
  options.always_print_primitive_fields = primitives;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) throw std::runtime_error("cannot print the answer as JSON: " + status.ToString());
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace

std::string Json(const google::protobuf::Message& message) { return JsonText(message, true, true); }

std::string JsonLine(const google::protobuf::Message& message) { return JsonText(message, false, true); }

std::string JsonString(std::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  std::string line = JsonLine(value);
  line.pop_back();
  return line;
}

std::string SparseJson(const google::protobuf::Message& message) { return JsonText(message, true, false); }

}  // namespace modlab::client

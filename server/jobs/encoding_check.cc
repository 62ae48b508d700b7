#include "server/jobs/encoding_check.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format.h>

#include <cstdint>

namespace modlab::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormat;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMostFields = 1'000'000;
constexpr int kMostMessages = 100'000;
constexpr int kDeepest = 32;

class Scan {
 public:
  std::string Message(CodedInputStream& stream, const Descriptor& type, int depth) {
    if (depth > kDeepest || ++messages_ > kMostMessages) return "it has too many parts";
    while (const uint32_t tag = stream.ReadTag()) {
      if (++fields_ > kMostFields) return "it has too many parts";
      const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
      if (field == nullptr) return "it has parts that no result has";
      if (std::string problem = Field(stream, tag, *field, depth); !problem.empty()) return problem;
    }
    return stream.ConsumedEntireMessage() ? "" : "it is damaged";
  }

 private:
  std::string Field(CodedInputStream& stream, uint32_t tag, const FieldDescriptor& field, int depth) {
    const WireFormatLite::WireType wire = WireFormatLite::GetTagWireType(tag);
    const bool packed = field.is_packable() && wire == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (!packed && wire != WireFormat::WireTypeForFieldType(field.type())) return "it is damaged";
    if (field.type() != FieldDescriptor::TYPE_MESSAGE) {
      return WireFormatLite::SkipField(&stream, tag) ? "" : "it is damaged";
    }
    uint32_t size = 0;
    if (!stream.ReadVarint32(&size) || int64_t{size} > stream.BytesUntilLimit()) return "it is damaged";
    const CodedInputStream::Limit limit = stream.PushLimit(static_cast<int>(size));
    if (std::string problem = Message(stream, *field.message_type(), depth + 1); !problem.empty()) return problem;
    if (stream.BytesUntilLimit() != 0) return "it is damaged";
    stream.PopLimit(limit);
    return "";
  }

  int fields_ = 0;
  int messages_ = 0;
};

}  // namespace

std::string ProblemOfEncoding(std::string_view bytes, const Descriptor& type) {
  CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  return Scan().Message(stream, type, 0);
}

}  // namespace modlab::server

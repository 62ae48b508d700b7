#include "tests/fuzz/message_mutator.h"

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "server/executor/utf8.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace modlab::fuzz {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kLongestText = 256;

/// All messages in a message, itself first.
void Collect(Message* message, std::vector<Message*>* parts) {
  parts->push_back(message);
  const Reflection& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Collect(reflection.MutableMessage(message, field), parts);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
      Collect(reflection.MutableRepeatedMessage(message, field, i), parts);
    }
  }
}

}  // namespace

void MessageMutator::Mutate(Message* message) {
  do {
    Message* part = RandomPart(message);
    const auto& type = *part->GetDescriptor();
    if (type.field_count() == 0) continue;
    MutateField(part, *type.field(static_cast<int>(random_() % static_cast<unsigned>(type.field_count()))));
  } while (!OneIn(3));
}

Message* MessageMutator::RandomPart(Message* message) {
  std::vector<Message*> parts;
  Collect(message, &parts);
  return parts[random_() % parts.size()];
}

void MessageMutator::MutateField(Message* message, const FieldDescriptor& field) {
  if (field.is_repeated()) return MutateRepeated(message, field);
  if (OneIn(5)) return message->GetReflection()->ClearField(message, &field);
  SetSingular(message, field);
}

void MessageMutator::MutateRepeated(Message* message, const FieldDescriptor& field) {
  const Reflection& reflection = *message->GetReflection();
  const int size = reflection.FieldSize(*message, &field);
  if (size == 0 || (OneIn(2) && size < 100)) return Add(message, field);
  const int one = static_cast<int>(random_() % static_cast<unsigned>(size));
  const int other = static_cast<int>(random_() % static_cast<unsigned>(size));
  switch (random_() % 3) {
    case 0:
      return reflection.SwapElements(message, &field, one, other);
    case 1:
      return reflection.RemoveLast(message, &field);
    default:
      if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return Add(message, field);
      reflection.AddMessage(message, &field)->CopyFrom(reflection.GetRepeatedMessage(*message, &field, one));
  }
}

void MessageMutator::SetSingular(Message* message, const FieldDescriptor& field) {
  const Reflection& reflection = *message->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(message, &field, static_cast<int32_t>(RandomInteger()));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(message, &field, RandomInteger());
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(message, &field, static_cast<uint32_t>(RandomInteger()));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(message, &field, static_cast<uint64_t>(RandomInteger()));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(message, &field, RandomDouble());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetFloat(message, &field, static_cast<float>(RandomDouble()));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(message, &field, OneIn(2));
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnumValue(message, &field, static_cast<int>(OneIn(8) ? RandomInteger() : random_() % 8));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(
          message, &field,
          MutateText(reflection.GetString(*message, &field), field.type() == FieldDescriptor::TYPE_BYTES));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      reflection.MutableMessage(message, &field);
  }
}

void MessageMutator::Add(Message* message, const FieldDescriptor& field) {
  const Reflection& reflection = *message->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.AddInt32(message, &field, static_cast<int32_t>(RandomInteger()));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.AddInt64(message, &field, RandomInteger());
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.AddUInt32(message, &field, static_cast<uint32_t>(RandomInteger()));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.AddUInt64(message, &field, static_cast<uint64_t>(RandomInteger()));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.AddDouble(message, &field, RandomDouble());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.AddFloat(message, &field, static_cast<float>(RandomDouble()));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.AddBool(message, &field, OneIn(2));
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.AddEnumValue(message, &field, static_cast<int>(OneIn(8) ? RandomInteger() : random_() % 8));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.AddString(message, &field, MutateText("", field.type() == FieldDescriptor::TYPE_BYTES));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      reflection.AddMessage(message, &field);
  }
}

int64_t MessageMutator::RandomInteger() {
  using Limits = std::numeric_limits<int64_t>;
  constexpr std::array<int64_t, 12> edges = {Limits::min(),
                                             Limits::max(),
                                             std::numeric_limits<int32_t>::min(),
                                             std::numeric_limits<int32_t>::max(),
                                             int64_t{1} << 32,
                                             -1,
                                             315'576'000'000,
                                             315'576'000'001,
                                             10'000,
                                             1'000'001,
                                             65,
                                             (int64_t{1} << 24) + 1};
  if (OneIn(4)) return edges[random_() % edges.size()];
  if (OneIn(4)) return static_cast<int64_t>((uint64_t{random_()} << 32U) | random_());
  return static_cast<int64_t>(random_() % 16) - 2;
}

double MessageMutator::RandomDouble() {
  using Limits = std::numeric_limits<double>;
  constexpr std::array<double, 8> edges = {0.0, -0.0, 0.5, 1e300, -1e300, Limits::infinity(), Limits::denorm_min(), -1};
  if (OneIn(10)) return Limits::quiet_NaN();
  return OneIn(2) ? edges[random_() % edges.size()] : static_cast<double>(RandomInteger());
}

std::string MessageMutator::MutateText(std::string text, bool is_bytes) {
  constexpr std::array<const char*, 24> words = {"@0",
                                                 "@1",
                                                 "@2",
                                                 "@3",
                                                 "@4",
                                                 "@5",
                                                 "@6",
                                                 "@7",
                                                 "=",
                                                 "ada",
                                                 "bob",
                                                 "models/aaaaaaaaaaaa",
                                                 "jobs/aaaaaaaaaaaa",
                                                 "experiments/aaaaaaaaaaaa",
                                                 "steps/a",
                                                 "a",
                                                 "seed",
                                                 "score.resolution",
                                                 "compose.parts[0]",
                                                 "build.layers[0].linear.outputs",
                                                 "resources.threads",
                                                 "load",
                                                 "../x",
                                                 ""};
  if (OneIn(2)) return words[random_() % words.size()];
  const size_t size = text.size();
  text.resize(std::max(size, kLongestText));
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), size, text.size()));
  return is_bytes ? text : modlab::server::ToUtf8(text);  // a string that is no UTF-8 does not get through parsing
}

size_t MutateSerialized(Message* message, uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  if (!message->ParseFromArray(data, static_cast<int>(size))) message->Clear();
  MessageMutator(seed).Mutate(message);
  const size_t bytes = message->ByteSizeLong();
  if (bytes > max_size) return 0;
  message->SerializeToArray(data, static_cast<int>(bytes));
  return bytes;
}

}  // namespace modlab::fuzz

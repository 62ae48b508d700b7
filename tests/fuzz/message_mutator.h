#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace modlab::fuzz {

/// Changes messages as messages, so that what a fuzzer tries is mostly well-formed: sets, clears, adds, removes, copies
/// and exchanges fields of a random part. Debian has no libprotobuf-mutator.
class MessageMutator {
 public:
  explicit MessageMutator(unsigned seed) : random_(seed) {}

  void Mutate(google::protobuf::Message* message);

 private:
  google::protobuf::Message* RandomPart(google::protobuf::Message* message);
  void MutateField(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field);
  void MutateRepeated(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field);
  void SetSingular(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field);
  void Add(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field);
  int64_t RandomInteger();
  double RandomDouble();
  std::string MutateText(std::string text, bool is_bytes);
  bool OneIn(unsigned n) { return random_() % n == 0; }

  std::mt19937 random_;
};

/// For LLVMFuzzerCustomMutator: parses `data` as `message`, mutates it, and writes it back. Returns the new size; 0
/// where it does not fit.
size_t MutateSerialized(google::protobuf::Message* message, uint8_t* data, size_t size, size_t max_size, unsigned seed);

}  // namespace modlab::fuzz

#include "requests.pb.h"
#include "tests/fuzz/message_mutator.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  modlab::fuzz::Requests requests;
  return modlab::fuzz::MutateSerialized(&requests, data, size, max_size, seed);
}

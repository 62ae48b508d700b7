#include "modlab/internal/attempt.pb.h"
#include "tests/fuzz/message_mutator.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

// Half of the tries are bytes that may be no message at all: what a worker leaves can be anything.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  if (seed % 2 == 0 || size < 2) return LLVMFuzzerMutate(data, size, max_size);
  if (seed % 8 == 1) data[0] = static_cast<uint8_t>(seed >> 8U);
  modlab::internal::WorkerResult result;
  return 1 + modlab::fuzz::MutateSerialized(&result, data + 1, size - 1, max_size - 1, seed);
}

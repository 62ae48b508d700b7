#include "server/worker/training_mapping.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace modlab::server {
namespace {

/// The masks of a training of a model with a bias of ten entries, and one of sixteen.
std::vector<GradientMask> MasksOf(const std::string& parameter, const std::string& trained) {
  v1::TrainSpec spec;
  v1::GradientMask& mask = *spec.add_masks();
  mask.set_parameter(parameter);
  mask.set_trained(trained);
  v1::InputNormalization normalization;
  normalization.set_sd(1);
  const std::vector<TensorInfo> tensors = {{"ten", {10}, "float32", 10, true},
                                           {"sixteen", {4, 4}, "float32", 16, true},
                                           {"buffer", {10}, "float32", 10, false}};
  return ToTrainingOptions(spec, normalization, tensors, 1).masks;
}

TEST(GradientMasks, HaveABitForEachEntry) {
  const auto ten = MasksOf("ten", "\x69\x02");
  ASSERT_EQ(ten.size(), 1U);
  EXPECT_EQ(ten[0].parameter, "ten");
  EXPECT_EQ(ten[0].trained, (std::vector<uint8_t>{1, 0, 0, 1, 0, 1, 1, 0, 0, 1}));
  EXPECT_EQ(MasksOf("sixteen", "\xFF\xFF")[0].trained, std::vector<uint8_t>(16, 1));
}

TEST(GradientMasks, BitsThatNoEntryHasAreRefused) {
  EXPECT_THROW(MasksOf("ten", "\x69\x06"), Error);
  EXPECT_THROW(MasksOf("ten", "\x69"), Error);
  EXPECT_THROW(MasksOf("ten", std::string("\x69\x02\0", 3)), Error);
  EXPECT_THROW(MasksOf("sixteen", "\xFF"), Error);
  EXPECT_THROW(MasksOf("eleven", "\x69\x02"), Error);
  EXPECT_THROW(MasksOf("buffer", "\x69\x02"), Error);
}

}  // namespace
}  // namespace modlab::server

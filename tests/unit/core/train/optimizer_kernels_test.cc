// The kernels have versions for newer CPUs, which must give the same bits. Those of this machine's are compared with
// what every x86-64 CPU runs.
#include "core/train/optimizer_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/random.h"
#include "tests/unit/core/train/baseline_optimizer_kernels.h"

namespace modlab {
namespace {

template <typename Real>
class OptimizerKernels : public testing::Test {
 protected:
  using Numbers = std::vector<Real>;

  /// Of every magnitude, those below the smallest normal number included.
  static Numbers RandomNumbers(int count, uint64_t seed) {
    Random random(seed);
    const int lowest = std::numeric_limits<Real>::min_exponent - 10;
    Numbers numbers(count);
    for (Real& number : numbers) {
      const auto exponent = static_cast<int>(random.Uniform() * (random.Uniform() < 0.5 ? lowest : -6));
      number = static_cast<Real>(std::ldexp(random.Uniform() - 0.5, exponent));
    }
    return numbers;
  }

  static std::vector<uint8_t> RandomMask(int count) {
    Random random(11);
    std::vector<uint8_t> mask(count);
    for (uint8_t& entry : mask) entry = static_cast<uint8_t>(random.Index(3));
    return mask;
  }

  static bool SameBits(Real left, Real right) {
    using Bits = std::conditional_t<sizeof(Real) == sizeof(uint32_t), uint32_t, uint64_t>;
    return std::bit_cast<Bits>(left) == std::bit_cast<Bits>(right);
  }
  static bool SameBits(const Numbers& left, const Numbers& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](Real first, Real second) { return SameBits(first, second); });
  }

  /// What an update's arrays hold after it.
  struct Arrays {
    explicit Arrays(int count)
        : values(RandomNumbers(count, 1)),
          gradient(RandomNumbers(count, 2)),
          first(RandomNumbers(count, 3)),
          second(RandomNumbers(count, 4)),
          third(RandomNumbers(count, 5)),
          mask(RandomMask(count)) {
      for (Real& number : second) number = std::abs(number);
    }
    Numbers values, gradient, first, second, third;
    std::vector<uint8_t> mask;
  };

  template <typename Update>
  static void Fill(Update& update, Arrays& arrays, bool masked) {
    update.values = arrays.values.data();
    update.gradient = arrays.gradient.data();
    update.mask = masked ? arrays.mask.data() : nullptr;
    update.count = static_cast<int64_t>(arrays.values.size());
    update.gradient_scale = Real(0.7);
    update.weight_decay = Real(0.01);
    update.l1 = Real(0.001);
    update.rate = Real(0.1);
  }

  /// `make` gives the update of these arrays.
  template <typename Make>
  static void ExpectSameBits(const Make& make, const char* what) {
    SCOPED_TRACE(what);
    for (const int count : {0, 1, 3, 15, 16, 17, 64, 1001}) {
      for (const bool masked : {false, true}) {
        SCOPED_TRACE(testing::Message() << count << " entries, masked: " << masked);
        Arrays given(count);
        Arrays found(count);
        Arrays expected(count);
        auto update = make(found);
        Fill(update, found, masked);
        ApplyUpdate(update);
        update = make(expected);
        Fill(update, expected, masked);
        BaselineApplyUpdate(update);
        EXPECT_TRUE(SameBits(found.values, expected.values));
        EXPECT_TRUE(SameBits(found.first, expected.first));
        EXPECT_TRUE(SameBits(found.second, expected.second));
        EXPECT_TRUE(SameBits(found.third, expected.third));
        EXPECT_EQ(count == 0, SameBits(found.values, given.values)) << "nothing was updated";
        for (int i = 0; i < count && masked; ++i) {
          if (given.mask[i] != 0) continue;
          EXPECT_TRUE(SameBits(found.values[i], given.values[i]));
          EXPECT_TRUE(SameBits(found.first[i], given.first[i]));
          EXPECT_TRUE(SameBits(found.second[i], given.second[i]));
          EXPECT_TRUE(SameBits(found.third[i], given.third[i]));
        }
      }
    }
  }
};

using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(OptimizerKernels, Reals);

TYPED_TEST(OptimizerKernels, SgdHasTheSameBitsOnEveryCpu) {
  using Update = SgdUpdate<TypeParam>;
  for (const bool nesterov : {false, true}) {
    this->ExpectSameBits(
        [&](auto& arrays) {
          Update update;
          update.momentum_buffer = arrays.first.data();
          update.momentum = TypeParam(0.9);
          update.undamped = TypeParam(0.8);
          update.nesterov = nesterov;
          return update;
        },
        nesterov ? "Nesterov" : "momentum");
  }
  this->ExpectSameBits([](auto& /*arrays*/) { return Update(); }, "plain");
}

TYPED_TEST(OptimizerKernels, AdamHasTheSameBitsOnEveryCpu) {
  this->ExpectSameBits(
      [](auto& arrays) {
        AdamUpdate<TypeParam> update;
        update.first_moment = arrays.first.data();
        update.second_moment = arrays.second.data();
        update.beta1 = TypeParam(0.9);
        update.rest1 = TypeParam(0.1);
        update.beta2 = TypeParam(0.999);
        update.rest2 = TypeParam(0.001);
        update.root_scale = TypeParam(1.3);
        update.epsilon = TypeParam(1e-8);
        update.decay = TypeParam(0.01);
        return update;
      },
      "Adam");
}

TYPED_TEST(OptimizerKernels, RmspropHasTheSameBitsOnEveryCpu) {
  for (const bool centered : {false, true}) {
    for (const bool momentum : {false, true}) {
      this->ExpectSameBits(
          [&](auto& arrays) {
            RmspropUpdate<TypeParam> update;
            update.second_moment = arrays.second.data();
            update.mean_gradient = centered ? arrays.first.data() : nullptr;
            update.momentum_buffer = momentum ? arrays.third.data() : nullptr;
            update.alpha = TypeParam(0.99);
            update.rest = TypeParam(0.01);
            update.epsilon = TypeParam(1e-8);
            update.momentum = TypeParam(0.5);
            return update;
          },
          centered ? "centred" : "not centred");
    }
  }
}

TYPED_TEST(OptimizerKernels, SumsOfSquaresHaveTheSameBitsOnEveryCpu) {
  for (const int count : {0, 1, 15, 16, 17, 1000}) {
    const auto values = this->RandomNumbers(count, 6);
    const auto mask = this->RandomMask(count);
    double all = 0;
    double some = 0;
    for (int i = 0; i < count; ++i) {
      const double square = static_cast<double>(values[i]) * static_cast<double>(values[i]);
      all += square;
      if (mask[i] != 0) some += square;
    }
    EXPECT_EQ(SumOfSquares(values.data(), nullptr, count), BaselineSumOfSquares(values.data(), nullptr, count));
    EXPECT_EQ(SumOfSquares(values.data(), mask.data(), count), BaselineSumOfSquares(values.data(), mask.data(), count));
    EXPECT_NEAR(SumOfSquares(values.data(), nullptr, count), all, 1e-13 * all);
    EXPECT_NEAR(SumOfSquares(values.data(), mask.data(), count), some, 1e-13 * all);
  }
}

TEST(FlushToZero, ModeOfTheCpuIsAsItWasAfterAnUpdate) {
  float value = 1;
  const float gradient = 1;
  SgdUpdate<float> update;
  update.values = &value;
  update.gradient = &gradient;
  update.count = 1;
  ApplyUpdate(update);
  volatile float smallest = std::numeric_limits<float>::min();
  volatile float half = 0.5F;
  EXPECT_GT(smallest * half, 0);
}

}  // namespace
}  // namespace modlab

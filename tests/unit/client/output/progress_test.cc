#include "client/output/progress.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace modlab::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A Progress that writes to a string by a clock that the test moves.
class ProgressTest : public testing::Test {
 protected:
  Progress Make(Progress::Style style, Progress::Clock::duration delay = {}) {
    return {style, 60, [this](std::string_view text) { written_ += text; }, [this] { return now_; }, delay};
  }
  std::string TakeWritten() { return std::exchange(written_, ""); }

  Progress::Clock::time_point now_{};
  std::string written_;
};

TEST_F(ProgressTest, LinesComeOnPhaseChangesAndEveryFiveSeconds) {
  Progress progress = Make(Progress::Style::kLines);
  progress.Show("load", {});
  EXPECT_EQ(TakeWritten(), "") << "nothing in the first second";
  now_ += seconds(2);
  progress.Show("embed", 0.25);
  EXPECT_EQ(TakeWritten(), "modlab: embed 25%\n");
  now_ += seconds(4);
  progress.Show("embed", 0.5);
  EXPECT_EQ(TakeWritten(), "");
  now_ += seconds(1);
  progress.Show("embed", 0.999);
  EXPECT_EQ(TakeWritten(), "modlab: embed 99%\n") << "100% is for what is done";
  progress.Show("cluster", {});
  EXPECT_EQ(TakeWritten(), "modlab: cluster\n");
}

TEST_F(ProgressTest, DetailsOfAPhaseAreNoPhaseOfTheirOwn) {
  Progress lines = Make(Progress::Style::kLines);
  now_ += seconds(2);
  lines.Show("train", 0.1, "epoch 1 of 4");
  EXPECT_EQ(TakeWritten(), "modlab: train 10%, epoch 1 of 4\n");
  lines.Show("train", 0.2, "epoch 2 of 4");
  EXPECT_EQ(TakeWritten(), "");
  Progress bar = Make(Progress::Style::kBar);
  bar.Show("train", 0.2, "epoch 2 of 4");
  const std::string drawn = TakeWritten();
  EXPECT_NE(drawn.find("epoch 2 of 4"), std::string::npos);
  EXPECT_EQ(drawn.find("train"), std::string::npos);
}

TEST_F(ProgressTest, RepeatShowsWhatCameTooEarly) {
  Progress progress = Make(Progress::Style::kLines);
  progress.Show("waiting", {});
  now_ += seconds(15);
  progress.Repeat();
  EXPECT_EQ(TakeWritten(), "modlab: waiting\n");
}

TEST_F(ProgressTest, TheBarIsOneLineThatFits) {
  Progress progress = Make(Progress::Style::kBar);
  progress.Show("embed", 0.5);
  const std::string drawn = TakeWritten();
  EXPECT_TRUE(drawn.starts_with("\r\x1b[K")) << "it erases what was there";
  EXPECT_EQ(drawn.find('\n'), std::string::npos);
  EXPECT_NE(drawn.find(" 50%"), std::string::npos);
  progress.Clear();
  EXPECT_EQ(TakeWritten(), "\r\x1b[K");
  progress.Clear();
  EXPECT_EQ(TakeWritten(), "") << "nothing is left to erase";
}

TEST_F(ProgressTest, HalfTheBarIsFilledAtOneHalf) {
  Progress progress = Make(Progress::Style::kBar);
  progress.Show("embed", 0.5);
  const auto count = [this](std::string_view part) {
    int found = 0;
    for (std::size_t at = written_.find(part); at != std::string::npos; at = written_.find(part, at + 1)) ++found;
    return found;
  };
  EXPECT_GT(count("━"), 5);
  EXPECT_LE(std::abs(count("━") - count("╌")), 1);
}

TEST_F(ProgressTest, SayKeepsTheLineAndTheBarApart) {
  Progress progress = Make(Progress::Style::kBar);
  progress.Show("embed", 0.5);
  TakeWritten();
  progress.Say("a warning\nin two lines");
  EXPECT_EQ(TakeWritten(), "\r\x1b[Kmodlab: a warning?in two lines\n");
}

TEST_F(ProgressTest, DelayForWhatIsMostlyShort) {
  Progress progress = Make(Progress::Style::kBar, seconds(1));
  progress.Show("sending", 0.1);
  EXPECT_EQ(TakeWritten(), "");
  now_ += milliseconds(1001);
  progress.Show("sending", 0.2);
  EXPECT_NE(TakeWritten(), "");
}

TEST_F(ProgressTest, SilentSaysNothing) {
  Progress progress = Make(Progress::Style::kSilent);
  now_ += seconds(100);
  progress.Show("embed", 0.5);
  progress.Say("a warning");
  EXPECT_EQ(TakeWritten(), "");
}

TEST_F(ProgressTest, NonsenseFromAServerIsHarmless) {
  Progress progress = Make(Progress::Style::kBar);
  for (const double fraction : {-1.0, 2.0, std::nan(""), 1e300}) progress.Show("em\x1b[2Jbed", fraction);
  EXPECT_EQ(written_.find("\x1b[2J"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client

#include "core/train/goal_names.h"

#include <gtest/gtest.h>

namespace modlab {
namespace {

const std::vector<std::string> kNames = {"y1", "y2", "a", "b"};

std::string NamesError(const std::string& text) {
  try {
    CheckGoalNames(text, kNames);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kGoalInvalid);
    return error.what();
  }
  return "";
}

TEST(CheckGoalNames, PointsAtUnknownNames) {
  EXPECT_EQ(NamesError("a*y1 + b*y3"),
            "the goal is wrong at 1:10: there is no y3; did you mean y1 or y2?\n  a*y1 + b*y3\n           ^");
  EXPECT_EQ(NamesError("sin(y1)"),
            "the goal is wrong at 1:1: there is no sin; did you mean torch.sin?\n  sin(y1)\n  ^");
  EXPECT_NE(NamesError("1e-3 * c").find("1:8: there is no c"), std::string::npos);
  EXPECT_NE(NamesError("y1 == why").find("there is no why"), std::string::npos);
}

TEST(CheckGoalNames, PointsAtWhatOfTorchIsNotAllowed) {
  EXPECT_EQ(NamesError("torch.save(y1, 'f')"),
            "the goal is wrong at 1:7: a goal may not call torch.save. It may call torch's functions of numbers "
            "only.\n  torch.save(y1, 'f')\n        ^");
  EXPECT_NE(NamesError("torch . ops.aten.save(y1)").find("torch.ops"), std::string::npos);
}

TEST(CheckGoalNames, PointsAtBracketsWithoutTheirPartner) {
  EXPECT_NE(NamesError("a*(y1 + y2").find("1:3: this bracket is not closed."), std::string::npos);
  EXPECT_NE(NamesError("a*(y1 + y2]").find("1:11: there is no bracket that this closes."), std::string::npos);
  EXPECT_NE(NamesError("y1)").find("1:3: "), std::string::npos);
}

TEST(CheckGoalNames, RefusesLongTexts) {
  EXPECT_NE(NamesError("y1" + std::string(2000, ' ') + "+ y2").find("it may have 2000"), std::string::npos);
}

TEST(CheckGoalNames, TakesWhatAGoalMayHave) {
  for (const std::string text :
       {"a*y1 + b*y2", "torch.logical_xor(y1 > 0, y2 > .5)", "y1 if a > 1e-3 else y2", "y1.sum(dim=1, keepdim=True)",
        "torch.clamp(y1, min=0, max=1E+5)", "torch.stack([y1, y2], dim=-1)", "y1[..., 0]", "(y1 +  # the first\n y2)",
        "torch.div(y1, y2, rounding_mode='floor')", "not (a > 1 and b < 2 or y1 is None)", "y1.to(torch.float32)",
        "max(a, float(b)) * y1", "torch.pi * y1.sin().cos()", ""}) {
    EXPECT_EQ(NamesError(text), "") << text;
  }
}

TEST(GoalTensorNames, AreOfTheTask) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(GoalTensorNames({"x", "y"}, false, 0), (Names{"x", "y"}));
  EXPECT_EQ(GoalTensorNames({"y", "x"}, true, 3), (Names{"x", "y1", "y2", "x0", "x1", "x2"}));
  EXPECT_EQ(GoalTensorNames({"x", "left"}, false, 65), (Names{"x", "left"}));
}

}  // namespace
}  // namespace modlab

#include "core/train/goal.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/runtime/operator.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/train/goal_evaluation.h"
#include "core/train/goal_functions.h"
#include "core/train/goal_names.h"

namespace modlab {
namespace {

const std::vector<std::string> kTensors = {"y1", "y2", "x0", "x1", "x"};
const std::vector<std::string> kParameters = {"a", "b"};

std::string ErrorOf(const std::string& text) {
  try {
    const Goal goal(text, kTensors, kParameters);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kGoalInvalid);
    return error.what();
  }
  return "";
}

/// All 2^n vectors of bits, as tensors of one bit each.
std::map<std::string, at::Tensor> AllBits(int bits) {
  std::map<std::string, at::Tensor> tensors;
  const at::Tensor numbers = at::arange(1 << bits);
  for (int bit = 0; bit < bits; ++bit) {
    tensors["x" + std::to_string(bit)] =
        (numbers.bitwise_right_shift(at::scalar_tensor(bit, at::kLong))).bitwise_and(1);
  }
  return tensors;
}

int64_t CountTrue(const std::string& text, const std::map<std::string, at::Tensor>& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  const at::Tensor value = Evaluate(Goal(text, names, {}), tensors, {});
  EXPECT_EQ(value.scalar_type(), at::kBool);
  return value.sum().item<int64_t>();
}

TEST(Goal, GivesWhatPythonGives) {
  std::ifstream file(MODLAB_GOAL_VALUES, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const c10::IValue cases = torch::jit::pickle_load(bytes);
  EXPECT_GT(cases.toListRef().size(), 20);
  for (const c10::IValue& of_goal : cases.toListRef()) {
    const auto& members = of_goal.toTupleRef().elements();
    const std::string text = members[0].toStringRef();
    std::map<std::string, at::Tensor> tensors;
    for (const auto& entry : members[1].toGenericDict()) {
      tensors[entry.key().toStringRef()] = entry.value().toTensor();
    }
    std::map<std::string, double> parameters;
    for (const auto& entry : members[2].toGenericDict()) {
      parameters[entry.key().toStringRef()] = entry.value().toDouble();
    }
    const at::Tensor expected = members[3].toTensor();
    EXPECT_NO_THROW(CheckGoalNames(text, {"y1", "y2", "x0", "x1", "x", "a", "b"})) << text;
    const at::Tensor value = Evaluate(Goal(text, kTensors, kParameters), tensors, parameters);
    EXPECT_EQ(value.scalar_type(), expected.scalar_type()) << text;
    EXPECT_TRUE(value.sizes() == expected.sizes()) << text;
    EXPECT_TRUE(at::allclose(value.to(at::kDouble), expected.to(at::kDouble), 1e-6, 1e-6)) << text;
  }
}

TEST(Goal, ComputesKashtanAndAlonsCircuits) {
  EXPECT_EQ(CountTrue("((x0 != x1) & (x2 != x3))", AllBits(4)), 4);
  EXPECT_EQ(CountTrue("((x0 != x1) | (x2 != x3))", AllBits(4)), 12);
}

TEST(Goal, ComputesTheRetinasGoals) {
  // A left object: 3 or 4 black pixels, or 1 or 2 in the outer (left) column only; right mirrored.
  const std::string left = "((x0 + x1 + x2 + x3 >= 3) | ((x0 + x2 >= 1) & (x1 + x3 == 0)))";
  const std::string right = "((x4 + x5 + x6 + x7 >= 3) | ((x5 + x7 >= 1) & (x4 + x6 == 0)))";
  const auto pixels = AllBits(8);
  EXPECT_EQ(CountTrue(left, pixels), 8 * 16);
  EXPECT_EQ(CountTrue(right, pixels), 8 * 16);
  EXPECT_EQ(CountTrue(left + " & " + right, pixels), 64);
  EXPECT_EQ(CountTrue(left + " | " + right, pixels), 192);
}

TEST(Goal, SaysWhatItUses) {
  const Goal goal("  b*y2 + x1 \n", kTensors, kParameters);
  EXPECT_EQ(goal.text(), "b*y2 + x1");
  EXPECT_EQ(goal.used_tensors(), (std::vector<std::string>{"y2", "x1"}));
  EXPECT_EQ(goal.used_parameters(), std::vector<std::string>{"b"});
  EXPECT_THROW(Evaluate(goal, {{"y2", at::ones(3)}}, {{"b", 1}}), std::logic_error);
  EXPECT_THROW(Evaluate(goal, {{"y2", at::ones(3)}, {"x1", at::ones(3)}}, {}), std::logic_error);
}

TEST(Goal, GivesValuesWithoutGradient) {
  const Goal goal("y1 * a", kTensors, kParameters);
  const at::Tensor with_gradient = at::ones({3}, at::TensorOptions().requires_grad(true));
  EXPECT_FALSE(Evaluate(goal, {{"y1", with_gradient}}, {{"a", 2}}).requires_grad());
}

TEST(Goal, IsEvaluatedBySeveralThreads) {
  const Goal goal("torch.where(y1 > 0, a * y1, y1 * y1) + 1", kTensors, kParameters);
  std::vector<char> is_right(4, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      is_right[i] = 1;
      for (int repeat = 0; repeat < 100; ++repeat) {
        const at::Tensor value = Evaluate(goal, {{"y1", at::full({5}, 2.0)}}, {{"a", i}});
        if (!value.equal(at::full({5}, 2.0 * i + 1))) is_right[i] = 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(is_right, std::vector<char>(4, 1));
}

TEST(Goal, ChangesNothing) {
  const Goal goal("y1.clone() + y1.view(-1)", kTensors, kParameters);
  const at::Tensor y1 = at::arange(4);
  Evaluate(goal, {{"y1", y1}}, {});
  EXPECT_TRUE(y1.equal(at::arange(4)));
}

TEST(GoalFunctions, AreSortedAndThere) {
  for (const auto* const names : {&GoalFunctions(), &GoalConstants(), &GoalAttributes(), &GoalBuiltins()}) {
    EXPECT_TRUE(std::is_sorted(names->begin(), names->end()));
    EXPECT_EQ(std::adjacent_find(names->begin(), names->end()), names->end());
  }
  // The compiler makes others of these; GivesWhatPythonGives has some.
  const std::vector<std::string> casts = {"bool", "double", "float", "int", "long"};
  for (const std::string& name : GoalFunctions()) {
    EXPECT_NE(name.back(), '_');
    if (std::find(casts.begin(), casts.end(), name) != casts.end()) continue;
    const auto operators = torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString("aten::" + name));
    EXPECT_FALSE(operators.empty()) << name;
  }
}

// --- Errors.

TEST(GoalErrors, NameUnknownNames) {
  EXPECT_EQ(ErrorOf("a*y1 + b*y3"),
            "the goal is wrong at 1:10: there is no y3; did you mean y1 or y2?\n  a*y1 + b*y3\n           ^");
  EXPECT_EQ(ErrorOf("a*something"),
            "the goal is wrong at 1:3: there is no something; it may use y1, y2, x0, x1, x, a and b.\n"
            "  a*something\n    ^");
  EXPECT_EQ(ErrorOf("torhc.sin(y1)"),
            "the goal is wrong at 1:1: there is no torhc; did you mean torch?\n  torhc.sin(y1)\n  ^");
  EXPECT_EQ(ErrorOf("(a +\n  y4)"), "the goal is wrong at 2:3: there is no y4; did you mean y1 or y2?\n    y4)\n    ^");
  EXPECT_EQ(ErrorOf("sin(y1)"), "the goal is wrong at 1:1: there is no sin; did you mean torch.sin?\n  sin(y1)\n  ^");
}

TEST(GoalErrors, NameWhatIsLeftOver) {
  for (const std::string text : {"y1 y2", "y1 = y2", "y1 )", "y1; y2", "y1\ny2"}) {
    EXPECT_NE(ErrorOf(text).find("the goal is wrong at "), std::string::npos) << ErrorOf(text);
  }
  EXPECT_EQ(ErrorOf("y1 y2"),
            "the goal is wrong at 1:4: the expression ends before this; a goal is one expression (= and ; are no "
            "operators of it).\n  y1 y2\n     ^");
}

TEST(GoalErrors, PointAtSyntaxErrors) {
  EXPECT_EQ(ErrorOf("a*(y1 + "),
            "the goal is wrong at 1:8: something is missing at the end: a value, or a closing bracket.\n  a*(y1 +\n    "
            "     ^");
  EXPECT_EQ(ErrorOf("a*+*y1"), "the goal is wrong at 1:3: a value is expected, and not '+'.\n  a*+*y1\n    ^");
  EXPECT_EQ(ErrorOf("y1 $ y2"), "the goal is wrong at 1:4: no expression has this.\n  y1 $ y2\n     ^");
  EXPECT_EQ(ErrorOf("\"y1"), "the goal is wrong at 1:1: no expression has this.\n  \"y1\n  ^");
}

TEST(GoalErrors, PointAtTypeErrors) {
  EXPECT_EQ(
      ErrorOf("y1 + torch.sin('a')"),
      "the goal is wrong at 1:6: the arguments do not fit, as in aten::sin(Tensor self) -> Tensor: Expected a value of "
      "type 'Tensor' for argument 'self' but instead found type 'str'.\n  y1 + torch.sin('a')\n       ^");
  const std::string error = ErrorOf("y1 + (a + 'b')");
  EXPECT_EQ(error.rfind("the goal is wrong at 1:7: the arguments do not fit, as in aten::add", 0), 0) << error;
  EXPECT_EQ(ErrorOf("y1.sin(3, 4)"),
            "the goal is wrong at 1:1: the arguments do not fit, as in aten::sin(Tensor self) -> Tensor: Expected at "
            "most 0 arguments but found 2 positional arguments.\n  y1.sin(3, 4)\n  ^");
  EXPECT_EQ(
      ErrorOf("y1 + torch.pi.sin()"),
      "the goal is wrong at 1:6: 'float' object has no attribute or method 'sin'.\n  y1 + torch.pi.sin()\n       ^");
}

TEST(GoalErrors, SayThatAValueIsNoTensor) {
  EXPECT_EQ(ErrorOf("a + b"),
            "the goal 'a + b' gives a value of type float, not a tensor: use at least one of the tensors in it.");
  EXPECT_NE(ErrorOf("(y1, y2)").find("gives a value of type "), std::string::npos) << ErrorOf("(y1, y2)");
  EXPECT_NE(ErrorOf("None").find("gives a value of type None"), std::string::npos) << ErrorOf("None");
}

TEST(GoalErrors, RefuseWhatAGoalMayNotUse) {
  const std::vector<std::string> texts = {
      "torch.save(y1, 'f')",
      "torch.from_file('f', False, 3)",
      "y1.save('f')",
      "y1.add_(1)",
      "torch.add(y1, y2, out=y1)",
      "torch.sort(y1, values=y2, indices=x)[0]",
      "torch.max(y1, 0, max=y2, max_values=x)[0]",
      "torch.rand([3]) + y1",
      "torch.ops.aten.save(y1, 'f')",
      "torch.classes.a.b(y1)",
      "torch.jit.load('f')",
      "torch.autograd.grad(y1, y2)",
      "torch.manual_seed(3) + y1",
      "[y for y in [y1, y2]][0]",
      "{'a': y1}['a']",
      "torch",
      "float",
      "torch.sin",
      "y1.grad",
      "y1(3)",
      "print(y1)",
      "open('f')",
      "getattr(y1, 'sin')()",
      "torch.stack(*[y1, y2])",
      "y1.data",
  };
  for (const std::string& text : texts) {
    EXPECT_NE(ErrorOf(text).find("the goal is wrong at 1:"), std::string::npos) << text << ": " << ErrorOf(text);
  }
  EXPECT_EQ(ErrorOf("torch.save(y1, 'f')"),
            "the goal is wrong at 1:7: a goal may not call torch.save. It may call torch's functions of numbers "
            "only.\n  torch.save(y1, 'f')\n        ^");
}

TEST(GoalErrors, RefuseTextsThatAreTooLong) {
  EXPECT_NE(ErrorOf("y1" + std::string(2000, ' ') + "+ y2").find("it may have 2000"), std::string::npos);
  std::string deep = "y1";
  for (int i = 0; i < 300; ++i) deep += "+1";
  EXPECT_NE(ErrorOf(deep).find("more than 200 operations"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string(1990, '-') + "y1").find("more than 200 operations"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string(1990, '(')), "");
  EXPECT_NE(ErrorOf(""), "");
}

TEST(GoalErrors, RefuseNamesThatCannotBeUsed) {
  for (const std::string name : {"", "1a", "a b", "torch", "max", "True", "for", "a.b"}) {
    EXPECT_THROW(Goal("y1", {"y1", name}, {}), Error) << name;
  }
  EXPECT_THROW(Goal("y1", {"y1", "a"}, {"a"}), Error);
}

TEST(GoalErrors, PointAtWhatFailsWhenEvaluated) {
  const Goal goal("1 + y1 * y2", kTensors, kParameters);
  try {
    Evaluate(goal, {{"y1", at::ones(3)}, {"y2", at::ones(4)}}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kGoalInvalid);
    EXPECT_STREQ(error.what(),
                 "the goal is wrong at 1:5: The size of tensor a (3) must match the size of tensor b (4) at "
                 "non-singleton dimension 0\n  1 + y1 * y2\n      ^");
  }
}

}  // namespace
}  // namespace modlab

#include "core/train/goal.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Optional.h>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "core/graph/failures.h"
#include "core/train/goal_evaluation.h"
#include "core/train/goal_functions.h"
#include "core/train/goal_syntax.h"
#include "core/train/goal_text.h"

namespace modlab {

namespace jit = torch::jit;

struct Goal::Implementation {
  std::string text;
  std::vector<std::string> tensors;
  std::vector<std::string> parameters;
  std::unique_ptr<jit::Code> code;
};

namespace {

const std::set<std::string>& Keywords() {
  static const std::set<std::string> keywords = {
      "False", "None", "True",  "and",   "as",     "assert", "break",  "class", "continue", "def",     "del",
      "elif",  "else", "for",   "from",  "global", "if",     "import", "in",    "is",       "lambda",  "not",
      "or",    "pass", "print", "raise", "return", "torch",  "while",  "with",  "yield",    "Ellipsis"};
  return keywords;
}

bool IsName(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void CheckNames(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    const auto& builtins = GoalBuiltins();
    if (!IsName(name) || Keywords().count(name) > 0 ||
        std::find(builtins.begin(), builtins.end(), name) != builtins.end()) {
      throw Error(
          ErrorKind::kGoalInvalid,
          "'" + name + "' cannot be a name in a goal: take letters, digits and _, and no word of the language.");
    }
    if (!seen.insert(name).second) {
      throw Error(ErrorKind::kGoalInvalid, "the goal's name " + name + " is given twice; rename one of them.");
    }
  }
}

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos)
    throw Error(ErrorKind::kGoalInvalid, "the goal is empty; write one like a*y1 + b*y2.");
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

jit::Param MakeParameter(const jit::SourceRange& range, const std::string& name, const char* type) {
  const jit::Expr type_name = jit::Var::create(range, jit::Ident::create(range, type));
  return jit::Param::create(range, jit::Ident::create(range, name), jit::Maybe<jit::Expr>::create(range, type_name),
                            jit::Maybe<jit::Expr>::create(range), false);
}

/// `torch`, with what of it a goal may use.
class TorchModule final : public jit::SugaredValue {
 public:
  std::string kind() const override { return "module"; }
  std::shared_ptr<SugaredValue> attr(const jit::SourceRange& location, jit::GraphFunction& function,
                                     const std::string& name) override {
    const auto found = Constants().find(name);
    if (found == Constants().end()) {
      return std::make_shared<jit::BuiltinFunction>(c10::Symbol::fromQualString("aten::" + name), c10::nullopt);
    }
    return std::make_shared<jit::SimpleValue>(function.graph()->insertConstant(found->second, location));
  }
  static const std::map<std::string, c10::IValue>& Constants() {
    const auto type = [](at::ScalarType scalar_type) { return c10::IValue(static_cast<int64_t>(scalar_type)); };
    static const std::map<std::string, c10::IValue> constants = {
        {"bool", type(at::kBool)},   {"double", type(at::kDouble)}, {"e", std::exp(1.0)},
        {"float", type(at::kFloat)}, {"float32", type(at::kFloat)}, {"float64", type(at::kDouble)},
        {"inf", HUGE_VAL},           {"int", type(at::kInt)},       {"int32", type(at::kInt)},
        {"int64", type(at::kLong)},  {"long", type(at::kLong)},     {"nan", std::nan("")},
        {"pi", std::acos(-1.0)}};
    return constants;
  }
};

class TorchResolver final : public jit::Resolver {
 public:
  std::shared_ptr<jit::SugaredValue> resolveValue(const std::string& name, jit::GraphFunction&,
                                                  const jit::SourceRange&) override {
    return name == "torch" ? std::make_shared<TorchModule>() : nullptr;
  }
};

/// Refuses what ParseGoal cannot see: which of a function's variants is meant.
void CheckOperations(const std::string& text, at::ArrayRef<const jit::Block*> blocks) {
  for (const jit::Block* of_nodes : blocks) {
    for (const jit::Node* node : of_nodes->nodes()) {
      const c10::FunctionSchema* const schema = node->maybeSchema();
      const bool writes = schema != nullptr &&
                          std::any_of(schema->arguments().begin(), schema->arguments().end(), [](const auto& argument) {
                            return argument.alias_info() != nullptr && argument.alias_info()->isWrite();
                          });
      const size_t place = node->sourceRange().start();
      const std::string name = node->kind().toUnqualString();
      if (writes)
        throw GoalError(text, place, name + " would write into its arguments, and a goal may change nothing.");
      if (node->isNondeterministic() || node->hasSideEffects()) {
        throw GoalError(text, place,
                        name + " does more than to compute its value, or does not always give the same one.");
      }
      CheckOperations(text, node->blocks());
    }
  }
}

/// def goal(TENSORS, PARAMETERS): return EXPRESSION
std::unique_ptr<jit::Code> Compile(const Goal::Implementation& goal, const jit::Expr& expression) {
  const jit::SourceRange& range = expression.range();
  std::vector<jit::Param> arguments;
  for (const std::string& name : goal.tensors) arguments.push_back(MakeParameter(range, name, "Tensor"));
  for (const std::string& name : goal.parameters) arguments.push_back(MakeParameter(range, name, "float"));
  const jit::Decl declaration =
      jit::Decl::create(range, jit::List<jit::Param>::create(range, arguments), jit::Maybe<jit::Expr>::create(range));
  const jit::Stmt body = jit::Return::create(range, expression);
  const jit::Def definition = jit::Def::create(range, jit::Ident::create(range, "goal"), declaration,
                                               jit::List<jit::Stmt>::create(range, {body}));
  jit::CompilationUnit unit;
  unit.define(c10::QualifiedName("modlab"), {}, {}, {definition}, {std::make_shared<TorchResolver>()}, nullptr);
  const jit::Function& function = unit.get_function(c10::QualifiedName("modlab.goal"));
  const c10::TypePtr type = function.getSchema().returns()[0].type();
  if (!type->isSubtypeOf(*c10::TensorType::get())) {
    throw Error(ErrorKind::kGoalInvalid, "the goal '" + goal.text + "' gives a value of type " + type->repr_str() +
                                             ", not a tensor: use at least one of the tensors in it.");
  }
  // Not the profiling executor: it compiles anew while the first values are computed.
  const std::shared_ptr<jit::Graph> graph = jit::toGraphFunction(function).graph()->copy();
  CheckOperations(goal.text, {graph->block()});
  return std::make_unique<jit::Code>(graph, "goal");
}

template <typename Value>
const Value& ValueOf(const std::map<std::string, Value>& values, const std::string& name) {
  const auto found = values.find(name);
  if (found == values.end()) throw std::logic_error("a goal has no value for " + name);
  return found->second;
}

}  // namespace

Goal::Goal(const std::string& text, const std::vector<std::string>& tensor_names,
           const std::vector<std::string>& parameter_names) {
  std::vector<std::string> names = tensor_names;
  names.insert(names.end(), parameter_names.begin(), parameter_names.end());
  CheckNames(names);
  auto implementation = std::make_unique<Implementation>();
  implementation->text = Trimmed(text);
  try {
    const GoalSyntax syntax = ParseGoal(implementation->text, names);
    const auto keep_used = [&](const std::vector<std::string>& all, std::vector<std::string>& used) {
      std::copy_if(all.begin(), all.end(), std::back_inserter(used),
                   [&](const std::string& name) { return syntax.used_names.count(name) > 0; });
    };
    keep_used(tensor_names, implementation->tensors);
    keep_used(parameter_names, implementation->parameters);
    implementation->code = Compile(*implementation, syntax.expression);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& exception) {
    throw GoalErrorOf(implementation->text, exception.what());
  }
  implementation_ = std::move(implementation);
}

Goal::Goal(Goal&&) noexcept = default;
Goal& Goal::operator=(Goal&&) noexcept = default;
Goal::~Goal() = default;

const std::string& Goal::text() const { return implementation_->text; }
const std::vector<std::string>& Goal::used_tensors() const { return implementation_->tensors; }
const std::vector<std::string>& Goal::used_parameters() const { return implementation_->parameters; }

at::Tensor Evaluate(const Goal& goal, const std::map<std::string, at::Tensor>& tensors,
                    const std::map<std::string, double>& parameters, Gradient gradient) {
  const Goal::Implementation& implementation = goal.implementation();
  jit::Stack stack;
  for (const std::string& name : implementation.tensors) stack.emplace_back(ValueOf(tensors, name));
  for (const std::string& name : implementation.parameters) stack.emplace_back(ValueOf(parameters, name));
  const at::AutoGradMode mode(gradient == Gradient::kTracked);
  try {
    jit::InterpreterState(*implementation.code).run(stack);
    return stack.back().toTensor();
  } catch (const std::exception& exception) {
    reader::ThrowIfOutOfMemory(exception);
    throw GoalErrorOf(implementation.text, exception.what());
  }
}

}  // namespace modlab

#include "core/train/goal_syntax.h"

#include <torch/csrc/jit/frontend/error_report.h>
#include <torch/csrc/jit/frontend/lexer.h>
#include <torch/csrc/jit/frontend/parser.h>

#include <algorithm>
#include <memory>
#include <sstream>

#include "core/error.h"
#include "core/train/goal_functions.h"
#include "core/train/goal_names.h"
#include "core/train/goal_text.h"

namespace modlab {
namespace {

namespace jit = torch::jit;

/// The parser and the compiler call themselves for each level.
constexpr int kMostLevels = 200;
constexpr size_t kMostMessage = 800;

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Checker {
 public:
  Checker(const std::string& text, const std::vector<std::string>& names) : text_(text), names_(names) {}

  void Check(const jit::Expr& expression, int level = 0) {
    if (level > kMostLevels) {
      Refuse(expression, "it has more than " + std::to_string(kMostLevels) + " operations within each other.");
    }
    switch (expression.kind()) {
      case jit::TK_VAR:
        return CheckName(jit::Var(expression.tree()));
      case '.':
        return CheckSelect(jit::Select(expression.tree()), level);
      case jit::TK_APPLY:
        return CheckCall(jit::Apply(expression.tree()), level);
      case jit::TK_CONST:
      case jit::TK_STRINGLITERAL:
      case jit::TK_TRUE:
      case jit::TK_FALSE:
      case jit::TK_NONE:
      case jit::TK_DOTS:
        return;
      case jit::TK_IF_EXPR:
      case jit::TK_AND:
      case jit::TK_OR:
      case jit::TK_NOT:
      case '<':
      case '>':
      case jit::TK_IS:
      case jit::TK_ISNOT:
      case jit::TK_EQ:
      case jit::TK_LE:
      case jit::TK_GE:
      case jit::TK_NE:
      case '+':
      case '-':
      case jit::TK_UNARY_MINUS:
      case '~':
      case '*':
      case '/':
      case '%':
      case '@':
      case jit::TK_POW:
      case jit::TK_LSHIFT:
      case jit::TK_RSHIFT:
      case jit::TK_FLOOR_DIV:
      case '&':
      case '^':
      case '|':
      case jit::TK_SUBSCRIPT:
      case jit::TK_SLICE_EXPR:
      case jit::TK_LIST_LITERAL:
      case jit::TK_TUPLE_LITERAL:
        return CheckParts(expression.tree(), level);
      default:
        Refuse(expression, "a goal may not have this (" + jit::kindToString(expression.kind()) + ").");
    }
  }

  const std::set<std::string>& used_names() const { return used_names_; }

 private:
  /// The expressions that an expression is made of, which may lie in lists and optional parts.
  void CheckParts(const jit::TreeRef& tree, int level) {
    for (const jit::TreeRef& part : tree->trees()) {
      if (part->kind() == jit::TK_LIST || part->kind() == jit::TK_OPTION) {
        CheckParts(part, level);
      } else {
        Check(jit::Expr(part), level + 1);
      }
    }
  }

  void CheckName(const jit::Var& variable) {
    const std::string& name = variable.name().name();
    if (Has(names_, name)) {
      used_names_.insert(name);
      return;
    }
    if (name == "torch" || Has(GoalBuiltins(), name)) {
      Refuse(variable,
             name + " is no value" + (name == "torch" ? ": write torch.NAME(...)." : ": call it, " + name + "(...)."));
    }
    Refuse(variable, UnknownName(name, names_));
  }

  /// `what.NAME` where it is not called.
  void CheckSelect(const jit::Select& select, int level) {
    const std::string& name = select.selector().name();
    const bool of_torch = IsTorch(select.value());
    if (!of_torch) Check(select.value(), level + 1);
    const std::vector<std::string>& allowed = of_torch ? GoalConstants() : GoalAttributes();
    if (Has(allowed, name)) return;
    const std::string full_name = of_torch ? "torch." + name : name;
    if (Has(GoalFunctions(), name))
      Refuse(select.selector(), full_name + " is no value: call it, " + full_name + "(...).");
    Refuse(select.selector(), "a goal may not use " + full_name + Suggestion(name, allowed) + " It may use " +
                                  Enumerate(allowed, "and") + (of_torch ? " of torch." : " of a tensor."));
  }

  void CheckCall(const jit::Apply& call, int level) {
    CheckCallee(call.callee(), level);
    for (const jit::Expr& input : call.inputs()) Check(input, level + 1);
    for (const jit::Attribute& attribute : call.attributes()) Check(attribute.value(), level + 1);
  }

  void CheckCallee(const jit::Expr& callee, int level) {
    if (callee.kind() == '.') {
      const jit::Select select(callee.tree());
      const std::string& name = select.selector().name();
      if (!IsTorch(select.value())) Check(select.value(), level + 1);
      if (Has(GoalFunctions(), name)) return;
      Refuse(select.selector(), ForbiddenCall(name, IsTorch(select.value())));
    }
    if (callee.kind() != jit::TK_VAR) Refuse(callee, "this cannot be called.");
    const jit::Var variable(callee.tree());
    const std::string& name = variable.name().name();
    if (Has(names_, name)) Refuse(callee, name + " is no function.");
    if (Has(GoalBuiltins(), name)) return;
    CheckName(variable);
  }

  static bool IsTorch(const jit::Expr& expression) {
    return expression.kind() == jit::TK_VAR && jit::Var(expression.tree()).name().name() == "torch";
  }

  [[noreturn]] void Refuse(const jit::TreeView& where, const std::string& what) const {
    throw GoalError(text_, where.range().start(), what);
  }

  const std::string& text_;
  const std::vector<std::string>& names_;
  std::set<std::string> used_names_;
};

/// Where the message marks a part of the text with `~~~ <--- HERE`.
GoalPlace MarkedPlace(const std::string& what) {
  const size_t here = what.find(" <--- HERE");
  const size_t file = what.rfind("File \"goal\", line ", here);
  if (here == std::string::npos || file == std::string::npos) return {};
  const size_t line_start = what.rfind('\n', here) + 1;
  const size_t mark = what.find('~', line_start);
  if (mark > here) return {};
  GoalPlace place;
  place.line = std::atoi(what.c_str() + file + std::string("File \"goal\", line ").size());
  place.column = static_cast<int>(mark - line_start) + 1;
  return place;
}

/// The parser's `expected ident but found '+' here`.
Error SyntaxError(const std::string& text, const std::string& what) {
  const size_t quote = what.find('\'');
  const std::string found = what.substr(quote + 1, what.find('\'', quote + 1) - quote - 1);
  if (found == "eof" || found == "newline") {
    return GoalError(text, text.size(), "something is missing at the end: a value, or a closing bracket.");
  }
  const GoalPlace place = MarkedPlace(what);
  if (what.rfind("expected a valid token", 0) == 0) return GoalError(text, place, "no expression has this.");
  std::string expected = what.substr(std::string("expected ").size());
  expected = expected.substr(0, expected.find(" but found"));
  if (expected == "ident") expected = "a value";
  return GoalError(text, place, expected + " is expected, and not '" + found + "'.");
}

}  // namespace

GoalSyntax ParseGoal(const std::string& text, const std::vector<std::string>& names) {
  CheckGoalLength(text);
  jit::Parser parser(std::make_shared<jit::Source>(text, "goal", 1));
  const jit::Expr expression = parser.parseExp();
  jit::Lexer& lexer = parser.lexer();
  while (lexer.nextIf(jit::TK_NEWLINE)) {
  }
  if (lexer.cur().kind != jit::TK_EOF) {
    throw GoalError(text, lexer.cur().range.start(),
                    "the expression ends before this; a goal is one expression (= and ; are no operators of it).");
  }
  Checker checker(text, names);
  checker.Check(expression);
  return {expression, checker.used_names()};
}

Error GoalErrorOf(const std::string& text, const std::string& what) {
  if (what.rfind("expected ", 0) == 0) return SyntaxError(text, what);
  const GoalPlace place = MarkedPlace(what);
  // Of an interpreter's message the last line, of the others what stands before the marked text.
  std::string message;
  const bool is_traceback = what.find("Traceback of TorchScript") != std::string::npos;
  if (is_traceback) {
    const size_t end = what.find_last_not_of(" \n") + 1;
    const size_t start = what.rfind('\n', end - 1) + 1;
    message = what.substr(start, end - start);
    if (message.rfind("RuntimeError: ", 0) == 0) message.erase(0, std::string("RuntimeError: ").size());
  } else {
    message = what.substr(0, what.find("File \"goal\""));
  }
  message = message.substr(0, message.find("The original call is"));
  // Of all the ways to call a function, the first; LibTorch says of each why not.
  const std::string variants = "The following variants are available:";
  if (const size_t found = message.find(variants); found != std::string::npos) {
    std::istringstream lines(message.substr(found + variants.size()));
    std::string shortened = "the arguments do not fit";
    int kept = 0;
    for (std::string line; kept < 2 && std::getline(lines, line);) {
      const size_t first = line.find_first_not_of(' ');
      if (first == std::string::npos) continue;
      shortened += (kept++ == 0 ? ", as in " : " ") + line.substr(first);
    }
    message = shortened;
  }
  const size_t start = message.find_first_not_of(" \n");
  const size_t end = message.find_last_not_of(" \n:");
  message = start == std::string::npos ? "no message" : message.substr(start, end - start + 1);
  if (message.size() > kMostMessage) message = message.substr(0, kMostMessage) + " ...";
  return GoalError(text, place, message);
}

}  // namespace modlab

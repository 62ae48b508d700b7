#include "core/train/goal_names.h"

#include <algorithm>
#include <string_view>

#include "core/train/goal_functions.h"
#include "core/train/goal_text.h"

namespace modlab {
namespace {

constexpr int64_t kMostNamedFeatures = 64;

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// A text's words, one after the other, as far as names and brackets are concerned.
class Words {
 public:
  enum class Kind { kEnd, kName, kOther };

  explicit Words(const std::string& text) : text_(text) { Next(); }

  Kind kind() const { return kind_; }
  const std::string& word() const { return word_; }
  size_t offset() const { return offset_; }

  void Next() {
    SkipSpace();
    offset_ = at_;
    kind_ = at_ == text_.size() ? Kind::kEnd : Kind::kOther;
    if (kind_ == Kind::kEnd) {
      word_.clear();
      return;
    }
    const char first = text_[at_];
    if (IsLetter(first)) {
      kind_ = Kind::kName;
      at_ = EndOfWord(at_);
    } else if (IsDigit(first) || (first == '.' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) {
      SkipNumber();
    } else if (first == '\'' || first == '"') {
      const size_t end = text_.find(first, at_ + 1);
      at_ = end == std::string::npos ? text_.size() : end + 1;
    } else if (text_.compare(at_, 2, "==") == 0) {
      at_ += 2;
    } else {
      ++at_;
    }
    word_ = text_.substr(offset_, at_ - offset_);
  }

 private:
  size_t EndOfWord(size_t from) const {
    while (from < text_.size() && (IsLetter(text_[from]) || IsDigit(text_[from]))) ++from;
    return from;
  }

  /// With the sign of an exponent.
  void SkipNumber() {
    while (at_ < text_.size()) {
      const bool exponent =
          (text_[at_] == '+' || text_[at_] == '-') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
      if (!exponent && !IsLetter(text_[at_]) && !IsDigit(text_[at_]) && text_[at_] != '.') return;
      ++at_;
    }
  }

  void SkipSpace() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (IsSpace(text_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }

  const std::string& text_;
  size_t at_ = 0;
  size_t offset_ = 0;
  Kind kind_ = Kind::kEnd;
  std::string word_;
};

class Checker {
 public:
  Checker(const std::string& text, const std::vector<std::string>& names) : text_(text), names_(names), words_(text) {}

  void Check() {
    std::string before;  // the word
    std::string object;  // of an attribute, where it is a name
    for (; words_.kind() != Words::Kind::kEnd;) {
      const std::string word = words_.word();
      const size_t offset = words_.offset();
      const bool is_name = words_.kind() == Words::Kind::kName;
      words_.Next();
      if (!is_name) {
        TakeBracket(word, offset);
      } else if (before == ".") {
        if (object == "torch") CheckOfTorch(word, offset);
      } else {
        CheckName(word, offset);
      }
      if (word != ".") object = is_name && before != "." ? word : "";
      before = word;
    }
    if (!open_.empty()) Refuse(open_.back(), "this bracket is not closed.");
  }

 private:
  void TakeBracket(const std::string& word, size_t offset) {
    constexpr std::string_view opening = "([{";
    constexpr std::string_view closing = ")]}";
    if (word.size() == 1 && opening.find(word[0]) != std::string_view::npos) open_.push_back(offset);
    const size_t kind = word.size() == 1 ? closing.find(word[0]) : std::string_view::npos;
    if (kind == std::string_view::npos) return;
    if (open_.empty() || text_[open_.back()] != opening[kind]) Refuse(offset, "there is no bracket that this closes.");
    open_.pop_back();
  }

  void CheckName(const std::string& name, size_t offset) const {
    static const std::vector<std::string> of_language = {"and",  "or",   "not",   "if",    "else", "is",
                                                         "True", "None", "False", "torch", "in"};
    const bool argument = words_.word() == "=" && !open_.empty();  // `dim=1`
    if (argument || Has(names_, name) || Has(of_language, name) || Has(GoalBuiltins(), name)) return;
    Refuse(offset, UnknownName(name, names_));
  }

  void CheckOfTorch(const std::string& name, size_t offset) const {
    if (Has(GoalFunctions(), name) || Has(GoalConstants(), name)) return;
    Refuse(offset, ForbiddenCall(name, true));
  }

  [[noreturn]] void Refuse(size_t offset, const std::string& what) const { throw GoalError(text_, offset, what); }

  const std::string& text_;
  const std::vector<std::string>& names_;
  Words words_;
  std::vector<size_t> open_;  // brackets' offsets
};

}  // namespace

std::vector<std::string> GoalTensorNames(const std::vector<std::string>& tensors, bool pairs, int64_t features) {
  std::vector<std::string> names = {"x"};
  for (const std::string& tensor : tensors) {
    if (tensor == "x") continue;
    if (pairs) {
      names.push_back(tensor + "1");
      names.push_back(tensor + "2");
    } else {
      names.push_back(tensor);
    }
  }
  if (features > kMostNamedFeatures) return names;
  for (int64_t i = 0; i < features; ++i) names.push_back("x" + std::to_string(i));
  return names;
}

void CheckGoalNames(const std::string& text, const std::vector<std::string>& names) {
  CheckGoalLength(text);
  Checker(text, names).Check();
}

std::string UnknownName(const std::string& name, const std::vector<std::string>& names) {
  if (Has(GoalFunctions(), name)) return "there is no " + name + "; did you mean torch." + name + "?";
  std::vector<std::string> all = names;
  all.insert(all.end(), GoalBuiltins().begin(), GoalBuiltins().end());
  all.emplace_back("torch");
  const std::string suggestion = Suggestion(name, all);
  const std::string known = names.empty() ? "no names are given" : "it may use " + Enumerate(names, "and");
  return "there is no " + name + (suggestion == "." ? "; " + known + "." : suggestion);
}

std::string ForbiddenCall(const std::string& name, bool of_torch) {
  return "a goal may not call " + (of_torch ? "torch." + name : name) + Suggestion(name, GoalFunctions()) +
         " It may call torch's functions of numbers only.";
}

}  // namespace modlab

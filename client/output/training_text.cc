#include "client/output/training_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "client/output/text.h"

namespace modlab::client {

std::string GoalText(const v1::GoalInForce& goal) {
  std::string text = goal.expression();
  const std::map<std::string, double> parameters(goal.parameters().begin(), goal.parameters().end());
  for (const auto& [name, value] : parameters) text += fmt::format(", {} = {}", name, NumberText(value));
  return Printable(text);
}

std::string MetricTitle(const std::string& name) {
  if (name == Lower(v1::MetricKind_Name(v1::R_SQUARED))) return "R²";
  std::string title = Printable(name);
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

std::string MetricTitle(v1::MetricKind kind) { return MetricTitle(Lower(v1::MetricKind_Name(kind))); }

}  // namespace modlab::client

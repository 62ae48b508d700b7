#include "core/graph/labelling.h"

#include <algorithm>
#include <map>
#include <utility>

namespace modlab {

namespace {

Labelling NumberByTable(std::vector<int> labels, int largest) {
  std::vector<int> number_of(static_cast<size_t>(largest) + 1, -1);
  int count = 0;
  for (int& label : labels) {
    if (label >= 0 && number_of[label] < 0) number_of[label] = count++;
    label = label < 0 ? -1 : number_of[label];
  }
  return {std::move(labels), count};
}

}  // namespace

Labelling InOrderOfAppearance(std::vector<int> labels) {
  constexpr size_t table_for_each_unit = 4;
  const int largest = labels.empty() ? -1 : *std::max_element(labels.begin(), labels.end());
  if (largest < 0) return {std::vector<int>(labels.size(), -1), 0};
  if (static_cast<size_t>(largest) < table_for_each_unit * labels.size()) {
    return NumberByTable(std::move(labels), largest);
  }
  std::map<int, int> number_of;
  for (int& label : labels) {
    label = label < 0 ? -1 : number_of.try_emplace(label, static_cast<int>(number_of.size())).first->second;
  }
  return {std::move(labels), static_cast<int>(number_of.size())};
}

}  // namespace modlab

#include "core/graph/labelling.h"

#include <map>
#include <utility>

namespace modlab {

Labelling InOrderOfAppearance(std::vector<int> labels) {
  std::map<int, int> number_of;
  for (int& label : labels) {
    label = label < 0 ? -1 : number_of.try_emplace(label, static_cast<int>(number_of.size())).first->second;
  }
  return {std::move(labels), static_cast<int>(number_of.size())};
}

}  // namespace modlab

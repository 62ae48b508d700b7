#include "server/comparison/adjustment.h"

#include "core/measure/significance.h"

namespace modlab::server {

void AdjustForTheirNumber(const std::vector<v1::NullTest*>& tests) {
  std::vector<double> p;
  p.reserve(tests.size());
  for (const v1::NullTest* test : tests) p.push_back(test->p());
  const std::vector<double> adjusted = AdjustForFalseDiscovery(p);
  for (size_t i = 0; i < tests.size(); ++i) tests[i]->set_p_adjusted(adjusted[i]);
}

}  // namespace modlab::server

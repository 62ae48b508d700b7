#include "core/graph/operations/operations.h"

namespace modlab::reader {

void FollowQuery(Call& call) { call.Execute(); }

void FollowValue(Call& call) {
  call.Execute();
  call.tracker().Warn("forward looks at values of its input (" + call.Source() +
                      "): the graph is that of the example input's");
}

}  // namespace modlab::reader

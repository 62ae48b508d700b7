#include "core/graph/operations/operations.h"

namespace modlab::reader {

void FollowQuery(Call& call) { call.Execute(); }

}  // namespace modlab::reader

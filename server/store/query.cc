#include "server/store/query.h"

#include <google/protobuf/util/time_util.h>

namespace modlab::server {

google::protobuf::Timestamp ToTimestamp(int64_t micros) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(micros);
}

}  // namespace modlab::server

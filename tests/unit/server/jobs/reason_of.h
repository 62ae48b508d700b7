#pragma once

#include "server/jobs/request_error.h"

namespace modlab::server {

/// Why `body` refuses a request; REASON_UNSPECIFIED if it does not.
template <typename Body>
modlab::v1::Reason ReasonOf(Body body) {
  try {
    body();
  } catch (const RequestError& error) {
    return error.reason();
  }
  return modlab::v1::REASON_UNSPECIFIED;
}

}  // namespace modlab::server

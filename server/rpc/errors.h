#pragma once

#include <grpcpp/grpcpp.h>

#include <exception>

namespace modlab::server {

/// The status for an exception that ended a request, and its ErrorDetail in the trailing metadata `modlab-error-bin`.
/// The one place where errors become gRPC's. Faults of our own are logged and told without their text.
grpc::Status ToStatus(const std::exception_ptr& exception, grpc::ServerContextBase* context);

/// What a request gets while the server is on its way out.
grpc::Status StoppingStatus(grpc::ServerContextBase* context);

}  // namespace modlab::server

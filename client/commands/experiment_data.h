#pragma once

#include <string>

#include "client/deadline.h"
#include "client/experiments/baseline.h"
#include "client/session.h"

namespace modlab::client {

/// Brings what the baseline works on to the server, unless it is there: the 8 x 8 digits that ship with modlab, or
/// MNIST from a folder with its four files (`train-images-idx3-ubyte`, ..., compressed or not) where one is given; and
/// makes the pairs of one-hot vectors. Throws UsageError where a file is missing, Failure.
BaselineData PrepareBaselineData(Session& session, const std::string& mnist, const Deadline& deadline);

}  // namespace modlab::client

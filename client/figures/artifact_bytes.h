#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/session.h"

namespace modlab::client {

/// A small artifact's whole content. Throws Failure; (kNotFound) where the job has none such.
std::string ReadArtifact(Session& session, const std::string& job, const std::string& artifact);

/// An array of NumPy's format 1.0 that modlab wrote.
struct NumberArray {
  std::vector<std::int64_t> shape;
  std::vector<double> values;  ///< Row-major.
};
/// Of float64, float32 or int32, little-endian; `name` is what errors call it. Throws Failure (kRefused) where it is
/// not.
NumberArray ParseNumbers(const std::string& bytes, const std::string& name);

}  // namespace modlab::client

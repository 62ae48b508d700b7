#pragma once

#include <string>

namespace modlab::fuzz {

/// The bytes of the smallest archive that is taken for a TorchScript model.
std::string SmallArchive();

}  // namespace modlab::fuzz

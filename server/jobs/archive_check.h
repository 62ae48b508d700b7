#pragma once

#include <filesystem>

namespace modlab::server {

/// Looks at an archive's directory, and at nothing else in it, to tell early and clearly what cannot be a TorchScript
/// model: not a zip file, damaged, without `*/version`, `*/data.pkl` and `*/code/`, with names that leave the archive,
/// or with sizes that no model has (a zip bomb, a directory that would fill the memory). Loading is left to a worker.
/// Throws RequestError FORMAT_INVALID with a sentence.
void CheckTorchScriptArchive(const std::filesystem::path& path);

}  // namespace modlab::server

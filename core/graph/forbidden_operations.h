#pragma once

#include <string>

namespace modlab::reader {

/// Looks through the source code in an archive for operations that reach beyond the model: files (`save`, `from_file`),
/// other machines (`rpc_async`, ...), Python. The sandbox stops them anyhow, but some of them without a word: this is
/// for a clear error before anything runs. Errors: kOperationForbidden, with operation, file and line. What is no
/// TorchScript archive is left to the loader.
void RefuseForbiddenOperations(const std::string& path);

}  // namespace modlab::reader

#include "core/graph/forbidden_operations.h"

#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>

#include "core/error.h"

namespace modlab::reader {
namespace {

constexpr std::string_view kForbidden[] = {"save",       "from_file", "rpc_async",      "rpc_sync",
                                           "rpc_remote", "PythonOp",  "IgnoredPythonOp"};

bool InName(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The operation called at `torch.` or `ops.NAMESPACE.`; empty where it is neither.
std::string_view OperationAt(std::string_view code, size_t start) {
  const auto name_at = [&](size_t begin) {
    size_t end = begin;
    while (end < code.size() && InName(code[end])) ++end;
    return code.substr(begin, end - begin);
  };
  const std::string_view first = name_at(start);
  size_t next = start + first.size();
  if (next >= code.size() || code[next] != '.') return {};
  std::string_view operation = name_at(++next);
  if (first == "torch") return operation;
  if (first != "ops") return {};
  next += operation.size();
  if (next >= code.size() || code[next] != '.') return {};
  return name_at(next + 1);
}

struct Found {
  std::string operation;
  long line = 1;
};

std::optional<Found> FindForbidden(std::string_view code) {
  for (size_t i = 0; i < code.size(); ++i) {
    if ((code[i] != 't' && code[i] != 'o') || (i > 0 && (InName(code[i - 1]) || code[i - 1] == '.'))) continue;
    const std::string_view operation = OperationAt(code, i);
    if (operation.empty() ||
        std::find(std::begin(kForbidden), std::end(kForbidden), operation) == std::end(kForbidden)) {
      continue;
    }
    return Found{std::string(operation), 1 + std::count(code.begin(), code.begin() + static_cast<long>(i), '\n')};
  }
  return std::nullopt;
}

}  // namespace

void RefuseForbiddenOperations(const std::string& path) {
  std::optional<Found> found;
  std::string source;
  try {
    caffe2::serialize::PyTorchStreamReader archive(path);
    for (const std::string& record : archive.getAllRecords()) {
      if (record.rfind("code/", 0) != 0 || std::filesystem::path(record).extension() != ".py") continue;
      const auto [bytes, size] = archive.getRecord(record);
      found = FindForbidden({static_cast<const char*>(bytes.get()), size});
      source = record;
      if (found) break;
    }
  } catch (const std::exception&) {
    return;
  }
  if (!found) return;
  const std::string where = source + ":" + std::to_string(found->line);
  throw Error(ErrorKind::kOperationForbidden,
              "the model calls " + found->operation + " at " + where +
                  ", and no model may use files, other machines or Python: export the model without it",
              {{"operation", found->operation}, {"source", where}});
}

}  // namespace modlab::reader

#include "server/jobs/artifacts.h"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

#include "server/store/artifacts_table.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

constexpr int64_t kMaxArtifactBytes = int64_t{4} << 30;
constexpr size_t kChunkBytes = 1 << 20;

/// Returns how many bytes there were. A file that goes on growing while it is read is cut at the limit.
int64_t CopyAll(const FileDescriptor& source, const std::filesystem::path& to, int64_t limit) {
  const FileDescriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!target.valid()) ThrowErrno("create " + to.string());
  int64_t size = 0;
  while (size < limit) {
    const std::string bytes = ReadAt(source.get(), size, kChunkBytes);
    if (bytes.empty()) break;
    WriteAll(target.get(), bytes);
    size += static_cast<int64_t>(bytes.size());
  }
  if (::fsync(target.get()) != 0) ThrowErrno("sync " + to.string());
  return size;
}

}  // namespace

Artifacts::~Artifacts() {
  for (const Copied& copied : copied_) {
    std::error_code ignored;
    std::filesystem::remove(copied.file, ignored);
  }
}

void Artifacts::Copy(const AttemptDirectory& directory, const google::protobuf::RepeatedPtrField<std::string>& names,
                     int64_t most_bytes) {
  // Sparse files cost the job nothing, and us what they say they have.
  int64_t total = 0;
  std::vector<FileDescriptor> sources;
  for (const std::string& name : names) {
    FileDescriptor& source = sources.emplace_back(OpenUntrusted(directory.artifacts() / name, kMaxArtifactBytes));
    if (!source.valid()) throw std::runtime_error("the artifact " + name + " is missing");
    total += SizeOf(source.get());
  }
  if (total > most_bytes) {
    throw std::runtime_error("its artifacts have " + std::to_string(total) + " bytes, and a job may have " +
                             std::to_string(most_bytes));
  }
  for (int i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    Copied& copied = copied_.emplace_back();
    copied.file = data_.UploadFile("artifact-" + NewId());
    copied.artifact.set_name(name);
    OnDisk([&] {
      copied.artifact.set_size_bytes(CopyAll(sources[i], copied.file, SizeOf(sources[i].get())));
      copied.artifact.set_sha256(Sha256OfFile(copied.file));
    });
  }
}

void Artifacts::Store(SQLite::Database& connection, const std::string& job) {
  for (const Copied& copied : copied_) {
    OnDisk([&] { data_.blobs().Adopt(copied.file, copied.artifact.sha256()); });
    InsertArtifact(connection, job, copied.artifact);
  }
}

}  // namespace modlab::server

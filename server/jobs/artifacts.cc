#include "server/jobs/artifacts.h"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

constexpr int64_t kMaxArtifactBytes = int64_t{4} << 30;
constexpr size_t kChunkBytes = 1 << 20;

}  // namespace

std::vector<modlab::v1::Artifact> ImportArtifacts(const AttemptDirectory& directory,
                                                  const google::protobuf::RepeatedPtrField<std::string>& names,
                                                  DataDirectory& data) {
  std::vector<modlab::v1::Artifact> artifacts;
  for (const std::string& name : names) {
    const FileDescriptor source = OpenUntrusted(directory.artifacts() / name, kMaxArtifactBytes);
    if (!source.valid()) throw std::runtime_error("the artifact " + name + " is missing");
    const std::filesystem::path copy = data.UploadFile("artifact-" + NewId());
    int64_t size = 0;
    {
      const FileDescriptor target(::open(copy.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      if (!target.valid()) ThrowErrno("create " + copy.string());
      // A file that goes on growing while it is read is cut at the limit.
      while (size < kMaxArtifactBytes) {
        const std::string bytes = ReadAt(source.get(), size, kChunkBytes);
        if (bytes.empty()) break;
        WriteAll(target.get(), bytes);
        size += static_cast<int64_t>(bytes.size());
      }
      if (::fsync(target.get()) != 0) ThrowErrno("sync " + copy.string());
    }
    auto& artifact = artifacts.emplace_back();
    artifact.set_name(name);
    artifact.set_size_bytes(size);
    artifact.set_sha256(Sha256OfFile(copy));
    data.blobs().Adopt(copy, artifact.sha256());
  }
  return artifacts;
}

}  // namespace modlab::server

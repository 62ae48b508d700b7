#include "server/jobs/checkpoints.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace modlab::server {
namespace fs = std::filesystem;

void Checkpoints::Keep(const std::string& job, const AttemptDirectory& attempt, int64_t most_bytes) {
  const fs::path kept = data_.CheckpointFile(job);
  const fs::path temporary = kept.string() + ".tmp";
  FileDescriptor source;
  try {
    source = OpenUntrusted(attempt.checkpoint(), most_bytes);
  } catch (const std::system_error&) {
    throw;
  } catch (const std::runtime_error& error) {
    spdlog::warn("jobs/{}: its checkpoint is not kept: {}", job, error.what());
    return;
  }
  if (!source.valid()) return;
  OnDisk([&] {
    std::error_code absent;
    fs::remove(temporary, absent);
    CopyUntrusted(source, temporary, SizeOf(source.get()));
    fs::rename(temporary, kept);
    SyncDirectory(kept.parent_path());
  });
}

void Checkpoints::Give(const std::string& job, const AttemptDirectory& attempt) const {
  const fs::path kept = data_.CheckpointFile(job);
  if (fs::exists(kept)) fs::copy_file(kept, attempt.given_checkpoint());
}

void Checkpoints::Forget(const std::string& job) noexcept {
  std::error_code ignored;
  fs::remove(data_.CheckpointFile(job), ignored);
}

}  // namespace modlab::server

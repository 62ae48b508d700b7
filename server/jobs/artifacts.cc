#include "server/jobs/artifacts.h"

#include <stdexcept>
#include <vector>

#include "server/jobs/archive_check.h"
#include "server/store/artifacts_table.h"
#include "server/store/blobs_table.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

constexpr int64_t kMaxArtifactBytes = int64_t{4} << 30;

void Discard(const std::filesystem::path& file) {
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
}

}  // namespace

Artifacts::~Artifacts() {
  for (const Copied& copied : copied_) Discard(copied.file);
  if (product_) Discard(product_->file);
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
    Copied& copied = copied_.emplace_back(CopyOne(sources[static_cast<size_t>(i)]));
    copied.artifact.set_name(names[i]);
  }
}

Product Artifacts::CopyProduct(const AttemptDirectory& directory, int64_t most_bytes, bool is_model) {
  const FileDescriptor source = OpenUntrusted(directory.product(), most_bytes);
  if (!source.valid()) throw std::runtime_error("what it made is missing");
  product_ = CopyOne(source);
  if (product_->artifact.size_bytes() == 0) throw std::runtime_error("what it made is empty");
  if (is_model) CheckTorchScriptArchive(product_->file);
  return {product_->artifact.sha256(), product_->artifact.size_bytes()};
}

Artifacts::Copied Artifacts::CopyOne(const FileDescriptor& source) {
  Copied copied;
  copied.file = data_.UploadFile("artifact-" + NewId());
  try {
    OnDisk([&] {
      copied.artifact.set_size_bytes(CopyUntrusted(source, copied.file, SizeOf(source.get())));
      copied.artifact.set_sha256(Sha256OfFile(copied.file));
    });
  } catch (...) {
    Discard(copied.file);
    throw;
  }
  return copied;
}

void Artifacts::Store(SQLite::Database& connection, const std::string& job) {
  for (const Copied& copied : copied_) {
    OnDisk([&] { data_.blobs().Adopt(copied.file, copied.artifact.sha256()); });
    InsertArtifact(connection, job, copied.artifact);
  }
  if (!product_) return;
  OnDisk([&] { data_.blobs().Adopt(product_->file, product_->artifact.sha256()); });
  InsertBlob(connection, product_->artifact.sha256(), product_->artifact.size_bytes());
}

}  // namespace modlab::server

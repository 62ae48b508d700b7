#include "server/jobs/uploads.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "server/jobs/idempotency.h"
#include "server/jobs/quotas.h"
#include "server/jobs/request_error.h"
#include "server/store/blobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "server/store/uploads_table.h"

namespace modlab::server {
namespace {

using modlab::v1::CreateUploadRequest;
using modlab::v1::Upload;

constexpr int64_t kLifeMicros = int64_t{24} * 60 * 60 * 1'000'000;
/// How often the writes of a stream move their upload's expiry.
constexpr auto kExpiryMoves = std::chrono::minutes(1);

bool IsDigest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

StoredUpload Find(SQLite::Database& connection, const Principal& principal, Verb verb, const std::string& name,
                  const std::string& field = "name") {
  const auto id = ParseName(name, "uploads");
  const auto stored = id ? FindUpload(connection, *id) : std::nullopt;
  if (!stored) ThrowNotFound(name, field);
  Authorize(principal, verb, {name, stored->owner, modlab::v1::PRIVATE, {}, field});
  return *stored;
}

/// Bytes of an upload that are safely on disk.
int64_t CommittedBytes(const std::filesystem::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || ::fsync(file.get()) != 0 || ::fstat(file.get(), &status) != 0) return 0;
  return status.st_size;
}

}  // namespace

Upload FindCompleteUpload(SQLite::Database& connection, const Principal& principal, const std::string& name,
                          const std::string& field) {
  const Upload upload = Find(connection, principal, Verb::kRead, name.empty() ? "uploads/" : name, field).upload;
  if (upload.state() != Upload::COMPLETE) {
    throw RequestError(
        modlab::v1::UPLOAD_INCOMPLETE,
        fmt::format("{} has not received all of its {} bytes yet: send the rest first", name, upload.size_bytes()),
        field);
  }
  return upload;
}

Upload Uploads::Create(const Principal& principal, const CreateUploadRequest& request) {
  Authorize(principal, Verb::kCreate, {"server", ""});
  if (request.upload().size_bytes() < 1) {
    throw RequestError(modlab::v1::FIELD_INVALID, "an upload has 1 byte or more: the file is empty",
                       "upload.size_bytes");
  }
  if (request.upload().size_bytes() > limits_.largest_upload_bytes) {
    throw RequestError(modlab::v1::LIMIT_EXCEEDED,
                       fmt::format("{} bytes are more than this server takes ({})", request.upload().size_bytes(),
                                   limits_.largest_upload_bytes),
                       "upload.size_bytes", {{"limit", std::to_string(limits_.largest_upload_bytes)}});
  }
  if (!IsDigest(request.upload().sha256())) {
    throw RequestError(modlab::v1::FIELD_INVALID, "give the SHA-256 of the content as 64 lower-case hexadecimal digits",
                       "upload.sha256");
  }
  const IdempotentRequest idempotent(principal.name, "CreateUpload", request.request_id(), request);
  const std::string name = data_.database().Transact([&](SQLite::Database& connection) {
    if (const auto earlier = idempotent.EarlierResource(connection)) return *earlier;
    const std::string id = NewId();
    StoredUpload stored;
    stored.owner = principal.name;
    stored.upload = request.upload();
    const bool known =
        OwnsContent(connection, principal.name, request.upload().sha256(), request.upload().size_bytes());
    if (!known) {
      admission_.CheckContentIsTaken(request.upload().size_bytes());
      CheckStoredQuota(connection, limits_, principal.name, request.upload().size_bytes());
    }
    stored.upload.set_state(known ? Upload::COMPLETE : Upload::ACTIVE);
    *stored.upload.mutable_create_time() = ToTimestamp(NowMicros());
    *stored.upload.mutable_expire_time() = ToTimestamp(NowMicros() + kLifeMicros);
    InsertUpload(connection, id, stored);
    idempotent.Remember(connection, "uploads/" + id);
    return "uploads/" + id;
  });
  return Get(principal, name);
}

Upload Uploads::Get(const Principal& principal, const std::string& name) {
  Upload upload = data_.database().Read(
      [&](SQLite::Database& connection) { return Find(connection, principal, Verb::kRead, name).upload; });
  if (upload.state() != Upload::ACTIVE) return upload;
  upload.set_committed_bytes(CommittedBytes(data_.UploadFile(IdOf(name))));
  if (upload.committed_bytes() < upload.size_bytes()) return upload;
  // A daemon died between the last byte and the completion, and the sender has nothing more to send.
  const auto shared = SharedOf(IdOf(name));
  const std::unique_lock lock(shared->mutex, std::try_to_lock);
  return lock.owns_lock() ? Complete(IdOf(name)) : upload;
}

void Uploads::Delete(const Principal& principal, const std::string& name) {
  data_.database().Read([&](SQLite::Database& connection) { Find(connection, principal, Verb::kDelete, name); });
  Discard(IdOf(name));
}

void Uploads::Discard(const std::string& id) {
  data_.database().Transact([&](SQLite::Database& connection) {
    const auto stored = FindUpload(connection, id);
    if (!stored) return;
    DeleteUpload(connection, id);
    const bool unused = DeleteBlobIfUnused(connection, stored->upload.sha256());
    data_.database().AfterCommit([this, id, unused, sha256 = stored->upload.sha256()] {
      SharedOf(id)->gone = true;
      std::error_code ignored;
      // A stream that still has the file open must not keep its room on the disk.
      std::filesystem::resize_file(data_.UploadFile(id), 0, ignored);
      std::filesystem::remove(data_.UploadFile(id), ignored);
      if (unused) data_.blobs().Remove(sha256);
    });
  });
}

void Uploads::RemoveExpired() {
  const auto expired =
      data_.database().Read([](SQLite::Database& connection) { return ExpiredUploads(connection, NowMicros()); });
  for (const std::string& id : expired) Discard(id);
}

std::shared_ptr<Uploads::Shared> Uploads::SharedOf(const std::string& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(shared_, [](const auto& entry) { return entry.second.expired(); });
  auto shared = shared_[id].lock();
  if (!shared) {
    shared = std::make_shared<Shared>();
    shared_[id] = shared;
  }
  return shared;
}

std::unique_ptr<Uploads::Writer> Uploads::OpenWriter(const Principal& principal, const std::string& name) {
  data_.database().Read([&](SQLite::Database& connection) { Find(connection, principal, Verb::kChange, name); });
  return std::unique_ptr<Writer>(new Writer(*this, IdOf(name)));
}

Upload Uploads::Complete(const std::string& id) {
  const auto find = [&](SQLite::Database& connection) {
    const auto stored = FindUpload(connection, id);
    if (!stored) ThrowNotFound("uploads/" + id);
    return stored->upload;
  };
  Upload upload = data_.database().Read(find);
  if (upload.state() == Upload::COMPLETE) return upload;
  const std::filesystem::path path = data_.UploadFile(id);
  const std::string digest = Sha256OfFile(path);
  if (digest != upload.sha256()) {
    data_.database().Read(find);  // what is deleted while it is read has another digest, too
    Discard(id);
    throw RequestError(modlab::v1::DIGEST_MISMATCH,
                       fmt::format("the content's SHA-256 is {}, but {} was announced: the file changed on the way; "
                                   "send it again",
                                   digest, upload.sha256()),
                       "", {{"sha256", digest}});
  }
  data_.database().Transact([&](SQLite::Database& connection) {
    find(connection);
    // Under the database's lock, so that nobody removes equal content between the file's arrival and its row's.
    data_.blobs().Adopt(path, digest);
    InsertBlob(connection, digest, upload.size_bytes());
    SetUploadComplete(connection, id);
  });
  upload.set_state(Upload::COMPLETE);
  upload.set_committed_bytes(upload.size_bytes());
  return upload;
}

Uploads::Writer::Writer(Uploads& uploads, std::string id)
    : uploads_(uploads), id_(std::move(id)), shared_(uploads.SharedOf(id_)) {
  const auto lock = TakeOver();
  number_ = ++shared_->newest_writer;
  Open();
}

/// Waits where the upload's digest is being computed, which may take minutes: one stream may, others would only use up
/// the threads that serve everybody.
std::unique_lock<std::mutex> Uploads::Writer::TakeOver() const {
  std::unique_lock lock(shared_->mutex, std::try_to_lock);
  if (lock.owns_lock()) return lock;
  if (shared_->writer_waits.exchange(true)) {
    throw RequestError(modlab::v1::UPLOAD_OFFSET_MISMATCH, "another stream is taking this upload over: try again");
  }
  lock.lock();
  shared_->writer_waits = false;
  return lock;
}

/// In one transaction, so that no file is made of an upload that has just been deleted or completed.
void Uploads::Writer::Open() {
  uploads_.data_.database().Transact([&](SQLite::Database& connection) {
    const auto stored = FindUpload(connection, id_);
    if (!stored) ThrowNotFound("uploads/" + id_);
    upload_ = stored->upload;
    if (upload_.state() != Upload::ACTIVE) return;
    SetUploadExpiry(connection, id_, NowMicros() + kLifeMicros);
    const std::filesystem::path path = uploads_.data_.UploadFile(id_);
    file_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!file_.valid()) ThrowErrno("open an upload's file");
    size_ = ::lseek(file_.get(), 0, SEEK_END);
  });
  expiry_due_ = Clock::now() + kExpiryMoves;
}

void Uploads::Writer::CheckNewest() const {
  if (number_ != shared_->newest_writer) {
    throw RequestError(modlab::v1::UPLOAD_OFFSET_MISMATCH, "another stream has taken this upload over");
  }
}

void Uploads::Writer::MoveExpiry() {
  if (Clock::now() < expiry_due_) return;
  uploads_.data_.database().Transact([&](SQLite::Database& connection) {
    if (!FindUpload(connection, id_)) ThrowNotFound("uploads/" + id_);
    SetUploadExpiry(connection, id_, NowMicros() + kLifeMicros);
  });
  expiry_due_ = Clock::now() + kExpiryMoves;
}

void Uploads::Writer::Write(int64_t offset, std::string_view data) {
  CheckNewest();  // before there is anything to wait for
  const std::lock_guard lock(shared_->mutex);
  CheckNewest();
  const int64_t size = upload_.state() == Upload::COMPLETE ? upload_.size_bytes() : size_;
  if (offset != size) {
    throw RequestError(
        modlab::v1::UPLOAD_OFFSET_MISMATCH,
        fmt::format("bytes from {} were sent, but the upload stands at {}: go on from there", offset, size), "offset",
        {{"committed_bytes", std::to_string(size)}});
  }
  if (size + static_cast<int64_t>(data.size()) > upload_.size_bytes()) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       fmt::format("more bytes were sent than the {} that were announced", upload_.size_bytes()),
                       "data");
  }
  if (data.empty()) return;
  if (shared_->gone) ThrowNotFound("uploads/" + id_);
  MoveExpiry();
  uploads_.admission_.CheckContentIsTaken(static_cast<int64_t>(data.size()));
  WriteAll(file_.get(), data);
  size_ += static_cast<int64_t>(data.size());
}

Upload Uploads::Writer::Close() {
  if (upload_.state() == Upload::COMPLETE) return upload_;
  CheckNewest();
  const std::lock_guard lock(shared_->mutex);
  CheckNewest();
  if (shared_->gone) ThrowNotFound("uploads/" + id_);
  if (::fsync(file_.get()) != 0) ThrowErrno("sync an upload's file");
  if (size_ == upload_.size_bytes()) return uploads_.Complete(id_);
  Upload upload = upload_;
  upload.set_committed_bytes(size_);
  return upload;
}

}  // namespace modlab::server

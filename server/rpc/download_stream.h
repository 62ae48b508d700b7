#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <utility>

#include "server/executor/files.h"
#include "server/jobs/request_error.h"
#include "server/rpc/stream.h"

namespace modlab::server {

/// Sends a file from an offset, chunk by chunk. `Response` has `offset` and `data`.
template <typename Response>
class DownloadStream : public Stream<grpc::ServerWriteReactor<Response>> {
 public:
  /// `open(principal)` runs on the pool; what it throws becomes the status. `method`: the RPC's name.
  template <typename Request>
  static DownloadStream* Open(const CallContext& call, grpc::CallbackServerContext* context, const char* method,
                              const Request& request, std::function<FileDescriptor(const Principal&)> open) {
    const std::shared_ptr<DownloadStream> stream(new DownloadStream(call, context, method, request.offset()));
    stream->record().TakeResource(request);
    stream->Start([stream = stream.get(), open = std::move(open)] {
      stream->Do([stream, open] {
        stream->file_ = open(stream->principal());
        if (stream->offset_ < 0 || stream->offset_ > SizeOf(stream->file_.get())) {
          throw RequestError(modlab::v1::FIELD_INVALID,
                             fmt::format("the content has {} bytes: there is nothing at {}",
                                         SizeOf(stream->file_.get()), stream->offset_),
                             "offset");
        }
        stream->SendNext();
      });
    });
    return stream.get();
  }

  void OnWriteDone(bool ok) override {
    this->Do([this, ok] {
      if (!ok) return this->End(grpc::Status::CANCELLED);
      SendNext();
    });
  }

 private:
  static constexpr size_t kChunkBytes = 256 * 1024;

  DownloadStream(const CallContext& call, grpc::CallbackServerContext* context, const char* method, int64_t offset)
      : Stream<grpc::ServerWriteReactor<Response>>(call, context, method), offset_(offset) {}

  void SendNext() {
    std::string data = ReadAt(file_.get(), offset_, kChunkBytes);
    if (data.empty()) return this->End(grpc::Status::OK);
    response_.set_offset(offset_);
    offset_ += static_cast<int64_t>(data.size());
    this->record().CountBytesSent(data.size());
    response_.set_data(std::move(data));
    this->StartWrite(&response_);
  }

  int64_t offset_;
  FileDescriptor file_;
  Response response_;
};

}  // namespace modlab::server

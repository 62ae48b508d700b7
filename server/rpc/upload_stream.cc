#include "server/rpc/upload_stream.h"

#include "server/jobs/request_error.h"

namespace modlab::server {

UploadStream* UploadStream::Open(const CallContext& call, grpc::CallbackServerContext* context, Uploads& uploads,
                                 modlab::v1::Upload* response) {
  const std::shared_ptr<UploadStream> stream(new UploadStream(call, context, uploads, response));
  stream->Start([stream = stream.get()] { stream->StartRead(&stream->request_); });
  return stream.get();
}

UploadStream::UploadStream(const CallContext& call, grpc::CallbackServerContext* context, Uploads& uploads,
                           modlab::v1::Upload* response)
    : Stream(call, context, "WriteUpload"), uploads_(uploads), response_(response) {}

void UploadStream::OnReadDone(bool ok) {
  Do([this, ok] {
    if (!ok) return Close();
    Write();
    StartRead(&request_);
  });
}

void UploadStream::Write() {
  if (!writer_) {
    record().TakeResource(request_);
    writer_ = uploads_.OpenWriter(principal(), request_.name());
  }
  writer_->Write(request_.offset(), request_.data());
  record().CountBytesReceived(request_.data().size());
}

void UploadStream::Close() {
  if (!writer_) {
    throw RequestError(modlab::v1::FIELD_MISSING, "the first message of an upload names it: give `uploads/{id}`",
                       "name");
  }
  *response_ = writer_->Close();
  End(grpc::Status::OK);
}

}  // namespace modlab::server

#pragma once

#include <memory>

#include "modlab/v1/upload.grpc.pb.h"
#include "server/jobs/uploads.h"
#include "server/rpc/stream.h"

namespace modlab::server {

/// UploadService.WriteUpload: one message read, written to disk, then the next. A stream that breaks off leaves what it
/// brought committed.
class UploadStream : public Stream<grpc::ServerReadReactor<modlab::v1::WriteUploadRequest>> {
 public:
  static UploadStream* Open(const CallContext& call, grpc::CallbackServerContext* context, Uploads& uploads,
                            modlab::v1::Upload* response);
  void OnReadDone(bool ok) override;

 private:
  UploadStream(const CallContext& call, grpc::CallbackServerContext* context, Uploads& uploads,
               modlab::v1::Upload* response);
  void Write();
  void Close();

  Uploads& uploads_;
  modlab::v1::WriteUploadRequest request_;
  modlab::v1::Upload* response_;
  std::unique_ptr<Uploads::Writer> writer_;
};

}  // namespace modlab::server

#include "tests/unit/client/breaking_downloads.h"

#include <tuple>

#include "client/digest.h"

namespace modlab::client {

grpc::Status BreakingDownloads::DownloadModel(grpc::ServerContext* /*context*/, const v1::DownloadModelRequest* request,
                                              grpc::ServerWriter<v1::DownloadModelResponse>* writer) {
  offsets.push_back(request->offset());
  int left = -1;
  grpc::Status end;
  if (!breaks.empty()) {
    std::tie(left, end) = breaks.front();
    breaks.pop_front();
  }
  for (std::int64_t offset = request->offset(); left != 0 && offset < static_cast<std::int64_t>(content.size());
       offset += piece_bytes, --left) {
    v1::DownloadModelResponse piece;
    piece.set_offset(offset);
    piece.set_data(content.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(piece_bytes)));
    writer->Write(piece);
  }
  return end;
}

v1::Model BreakingDownloads::model() const {
  v1::Model model;
  model.set_name("models/m");
  model.set_size_bytes(static_cast<std::int64_t>(content.size()));
  model.set_sha256(Sha256Of(content));
  return model;
}

}  // namespace modlab::client

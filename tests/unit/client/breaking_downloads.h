#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "modlab/v1/model.grpc.pb.h"

namespace modlab::client {

/// A model service that sends one content, and breaks off where a test says.
class BreakingDownloads : public v1::ModelService::Service {
 public:
  grpc::Status DownloadModel(grpc::ServerContext* context, const v1::DownloadModelRequest* request,
                             grpc::ServerWriter<v1::DownloadModelResponse>* writer) override;

  /// The model that the content makes.
  v1::Model model() const;

  std::string content;
  std::int64_t piece_bytes = 100'000;
  /// For each stream after how many messages it breaks, and how. None left: all goes well.
  std::deque<std::pair<int, grpc::Status>> breaks;
  /// The offset of every call, in the order in which they came.
  std::vector<std::int64_t> offsets;
};

}  // namespace modlab::client

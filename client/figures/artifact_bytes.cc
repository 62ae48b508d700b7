#include "client/figures/artifact_bytes.h"

#include <fmt/format.h>
#include <grpcpp/support/sync_stream.h>

#include <charconv>
#include <cstring>

#include "client/errors.h"

namespace modlab::client {
namespace {

constexpr std::size_t kMostBytes = 64 << 20;
constexpr int kTries = 4;

template <typename Element>
std::vector<double> Convert(std::string_view data) {
  std::vector<double> values(data.size() / sizeof(Element));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, data.data() + i * sizeof(Element), sizeof(Element));
    values[i] = static_cast<double>(element);
  }
  return values;
}

/// `(12, 3)`.
std::vector<std::int64_t> ParseShape(std::string_view header) {
  std::vector<std::int64_t> shape;
  const std::size_t open = header.find('(');
  for (std::size_t at = open == std::string_view::npos ? header.size() : open + 1;
       at < header.size() && header[at] != ')';) {
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(header.data() + at, header.data() + header.size(), size);
    if (error == std::errc()) shape.push_back(size);
    at = static_cast<std::size_t>(std::max(end, header.data() + at + 1) - header.data());
  }
  return shape;
}

}  // namespace

std::string ReadArtifact(Session& session, const std::string& job, const std::string& artifact) {
  Connection& connection = session.Connect();
  v1::DownloadArtifactRequest request;
  request.set_job(job);
  request.set_artifact(artifact);
  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    if (connection.deadline()) context.set_deadline(*connection.deadline());
    const auto stream = connection.stub<v1::JobService::Stub>().DownloadArtifact(&context, request);
    std::string bytes;
    for (v1::DownloadArtifactResponse piece; stream->Read(&piece);) {
      bytes += piece.data();
      if (bytes.size() > kMostBytes) {
        context.TryCancel();
        throw Failure(ExitCode::kRefused, fmt::format("{} of {} is too large to be drawn", artifact, job));
      }
    }
    const grpc::Status status = stream->Finish();
    if (status.ok()) return bytes;
    if (!WentAway(status) || attempt == kTries) throw connection.FailureFor(status, DetailOf(context));
    connection.Pause(std::chrono::milliseconds(250));
  }
}

NumberArray ParseNumbers(const std::string& bytes, const std::string& name) {
  const auto refuse = [&] { throw Failure(ExitCode::kRefused, name + " is no array that modlab wrote"); };
  constexpr std::size_t header_at = 10;
  if (bytes.size() < header_at || bytes.compare(0, 8, std::string("\x93NUMPY\x01\x00", 8)) != 0) refuse();
  const std::size_t header_size = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  if (bytes.size() - header_at < header_size) refuse();
  const std::string_view header = std::string_view(bytes).substr(header_at, header_size);
  const std::string_view data = std::string_view(bytes).substr(header_at + header_size);
  NumberArray array;
  array.shape = ParseShape(header);
  if (header.find("'<f8'") != std::string_view::npos) {
    array.values = Convert<double>(data);
  } else if (header.find("'<f4'") != std::string_view::npos) {
    array.values = Convert<float>(data);
  } else if (header.find("'<i4'") != std::string_view::npos) {
    array.values = Convert<std::int32_t>(data);
  } else {
    refuse();
  }
  std::size_t elements = 1;
  for (const std::int64_t size : array.shape) {
    if (size < 0 || static_cast<std::size_t>(size) > bytes.size() ||
        (elements *= static_cast<std::size_t>(size)) > bytes.size()) {
      refuse();
    }
  }
  if (elements != array.values.size()) refuse();
  return array;
}

}  // namespace modlab::client

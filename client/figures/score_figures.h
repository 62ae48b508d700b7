#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/figures/artifact_bytes.h"
#include "client/figures/figure_kind.h"
#include "client/session.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// The pictures of one `score` job. What they need besides its result is fetched when it is first needed.
class ScoreFigures {
 public:
  static constexpr std::size_t kMostEdges = 20'000;

  /// `job` has SUCCEEDED; `title` is what the network is called; networks are drawn with at most so many edges.
  ScoreFigures(Session& session, v1::Job job, const std::string& title, std::size_t most_edges = kMostEdges);

  const v1::Job& job() const { return job_; }
  const std::string& title() const { return title_; }
  const v1::ScoreResult& score() const { return job_.result().score(); }

  /// What of this partition can be drawn.
  std::vector<FigureKind> KindsOf(int partition) const;
  /// An SVG document. `id_prefix`: see plots::FigureText. Throws Failure (kUsage) where there is no such picture.
  std::string Draw(FigureKind kind, int partition, const std::string& id_prefix);

 private:
  const NumberArray& Edges();
  std::vector<int> LabelsOf(int partition);

  Session& session_;
  v1::Job job_;
  std::string title_;
  std::size_t most_edges_;
  std::optional<NumberArray> edges_;
};

/// The partition that is meant by a number from 0 or a method (`leiden`); the first one where it is empty, or Leiden's
/// where there is one. Throws UsageError.
int FindPartition(const v1::ScoreResult& score, const std::string& text);

}  // namespace modlab::client

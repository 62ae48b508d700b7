#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "core/graph/model_reader.h"
#include "core/graph/unit_graph.h"
#include "core/spectral/embedding.h"

namespace modlab {

/// What is timed, on one model. Each task takes its options as JSON and answers with JSON: `seconds` are those of the
/// computation alone, without what is needed to judge its result.
class ProbeTasks {
 public:
  /// Reads the graph.
  ProbeTasks(Model model, ReaderOptions reader);

  /// Does the task that `request["task"]` names:
  ///
  ///     graph                                              units, edges, weight_bytes
  ///     blocks     path                                    writes the graph (blocks_file.h)
  ///     points     clusters, path                          writes the embedding, float64 [clusters][units with edges]
  ///     spectral   clusters, restarts, seed                embed, cluster: seconds; read and measure: those of what
  ///                                                        comes before and after; modularity, inertia, residual
  ///     embed      clusters                                applications, columns (counting_affinity.h), residual
  ///     kmeans     clusters, restarts, seed                of the embedding; inertia
  ///     leiden     restarts, seed                          modularity, clusters
  ///     nulls      samples, clusters, restarts, seed       layer-shuffled; modularity: of each
  ///     bandwidth  bytes, repeats                          read, triad: bytes per second
  ///
  /// All but the first three take `threads` (1). Throws Error, and what nlohmann::json throws for wrong requests.
  nlohmann::json Do(const nlohmann::json& request);

 private:
  nlohmann::json DescribeGraph() const;
  nlohmann::json ClusterSpectrally(const nlohmann::json& request);
  nlohmann::json CountApplications(const nlohmann::json& request) const;
  nlohmann::json ClusterPoints(const nlohmann::json& request);
  nlohmann::json FindByLeiden(const nlohmann::json& request) const;
  nlohmann::json ClusterNulls(const nlohmann::json& request) const;
  void WritePoints(const nlohmann::json& request);
  /// Of so many dimensions; made once.
  const Embedding& EmbeddingOf(int dimensions);

  Model model_;
  ReaderOptions reader_;
  UnitGraph graph_;
  std::map<int, Embedding> embeddings_;
};

}  // namespace modlab

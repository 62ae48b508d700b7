#include "tests/bench/probe_tasks.h"

#include <chrono>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/community/leiden.h"
#include "core/community/null_ensemble.h"
#include "core/measure/measure.h"
#include "core/measure/null_model.h"
#include "core/random.h"
#include "core/spectral/affinity_operator.h"
#include "core/spectral/kmeans.h"
#include "core/spectral/spectral_clustering.h"
#include "tests/bench/bandwidth.h"
#include "tests/bench/blocks_file.h"
#include "tests/bench/counting_affinity.h"

namespace modlab {
namespace {

using nlohmann::json;

class Stopwatch {
 public:
  /// Seconds since it was made, or since the last call.
  double Lap() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> seconds = now - std::exchange(start_, now);
    return seconds.count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

UnitGraph ReadWithOneThread(Model& model, const ReaderOptions& options) {
  RunContext context;
  return model.Read(options, context);
}

SpectralOptions ToSpectralOptions(const json& request) {
  SpectralOptions options;
  options.clusters = request.at("clusters").get<int>();
  options.restarts = request.at("restarts").get<int>();
  options.seed = request.at("seed").get<uint32_t>();
  return options;
}

}  // namespace

ProbeTasks::ProbeTasks(Model model, ReaderOptions reader)
    : model_(std::move(model)), reader_(std::move(reader)), graph_(ReadWithOneThread(model_, reader_)) {}

json ProbeTasks::DescribeGraph() const {
  double edges = 0;
  double bytes = 0;
  for (const Block& block : graph_.blocks()) {
    const BlockTotals totals = Totals(block);
    const auto entries = static_cast<double>(block.stored_entries());
    edges += static_cast<double>(totals.edges);
    bytes += entries * static_cast<double>(block.float_data != nullptr ? sizeof(float) : sizeof(double));
  }
  return {{"units", graph_.units()}, {"edges", edges}, {"weight_bytes", bytes}};
}

json ProbeTasks::ClusterSpectrally(const json& request) {
  RunContext context(request.value("threads", 1));
  const SpectralOptions options = ToSpectralOptions(request);
  Stopwatch watch;
  const UnitGraph graph = model_.Read(reader_, context);
  const double read = watch.Lap();
  const Embedding embedding = EmbedForClustering(graph, options, context);
  const double embed = watch.Lap();
  const SpectralClustering found = ClusterEmbedding(graph, embedding, options, context);
  const double cluster = watch.Lap();
  const double modularity = NewmanModularity(SumClusters(graph, found.labels, found.clusters, context));
  const double measure = watch.Lap();
  return {{"seconds", embed + cluster},
          {"read", read},
          {"embed", embed},
          {"cluster", cluster},
          {"measure", measure},
          {"modularity", modularity},
          {"inertia", found.inertia},
          {"residual", found.residual}};
}

json ProbeTasks::CountApplications(const json& request) const {
  RunContext context(request.value("threads", 1));
  Stopwatch watch;
  const BlockAffinity affinity(graph_, context);
  const CountingAffinity counted(affinity);
  const Embedding embedding = Embed(counted, request.at("clusters").get<int>(), context);
  return {{"seconds", watch.Lap()},
          {"applications", counted.applications()},
          {"columns", counted.columns()},
          {"residual", embedding.residual}};
}

const Embedding& ProbeTasks::EmbeddingOf(int dimensions) {
  const auto known = embeddings_.find(dimensions);
  if (known != embeddings_.end()) return known->second;
  RunContext context;
  SpectralOptions options;
  options.clusters = dimensions;
  return embeddings_.emplace(dimensions, EmbedForClustering(graph_, options, context)).first->second;
}

void ProbeTasks::WritePoints(const json& request) {
  const auto path = request.at("path").get<std::string>();
  const Eigen::MatrixXd& points = EmbeddingOf(request.at("clusters").get<int>()).coordinates;
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(points.data()),
             static_cast<std::streamsize>(points.size() * static_cast<Eigen::Index>(sizeof(double))));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

json ProbeTasks::ClusterPoints(const json& request) {
  const SpectralOptions asked = ToSpectralOptions(request);
  const Embedding& embedding = EmbeddingOf(*asked.clusters);
  RunContext context(request.value("threads", 1));
  const KMeansOptions options{.clusters = *asked.clusters, .restarts = asked.restarts, .seed = asked.seed};
  Stopwatch watch;
  const double inertia = KMeans(embedding.coordinates, options, context).inertia;
  return {{"seconds", watch.Lap()}, {"inertia", inertia}};
}

json ProbeTasks::FindByLeiden(const json& request) const {
  RunContext context(request.value("threads", 1));
  LeidenOptions options;
  options.restarts = request.at("restarts").get<int>();
  options.seed = request.at("seed").get<uint32_t>();
  Stopwatch watch;
  const LeidenClustering found = Leiden(graph_, options, context);
  return {{"seconds", watch.Lap()}, {"modularity", found.modularity}, {"clusters", found.clusters}};
}

json ProbeTasks::ClusterNulls(const json& request) const {
  const SpectralOptions options = ToSpectralOptions(request);
  TestedPartition tested;
  tested.find = [&options](const UnitGraph& graph, uint32_t seed, RunContext& context) {
    SpectralOptions seeded = options;
    seeded.seed = seed;
    SpectralClustering found = modlab::ClusterSpectrally(graph, seeded, context);
    return Labelling{std::move(found.labels), found.clusters};
  };
  const NullSource source = [&](int sample, RunContext& context) {
    Random random(options.seed, static_cast<uint64_t>(sample));
    return DrawNull(graph_, NullModel::kLayer, random, context);
  };
  RunContext context(request.value("threads", 1));
  Stopwatch watch;
  const std::vector<NullValues> values =
      SampleNulls(source, {tested}, {.samples = request.at("samples").get<int>(), .seed = options.seed}, context);
  return {{"seconds", watch.Lap()}, {"modularity", values[0].modularity}};
}

json ProbeTasks::Do(const json& request) {
  const auto task = request.at("task").get<std::string>();
  if (task == "graph") return DescribeGraph();
  if (task == "spectral") return ClusterSpectrally(request);
  if (task == "embed") return CountApplications(request);
  if (task == "kmeans") return ClusterPoints(request);
  if (task == "leiden") return FindByLeiden(request);
  if (task == "nulls") return ClusterNulls(request);
  if (task == "blocks") {
    WriteBlocks(graph_, request.at("path").get<std::string>());
    return json::object();
  }
  if (task == "points") {
    WritePoints(request);
    return json::object();
  }
  if (task == "bandwidth") {
    RunContext context(request.value("threads", 1));
    const auto [read, triad] =
        MeasureBandwidth(request.at("bytes").get<int64_t>(), request.at("repeats").get<int>(), context);
    return {{"read", read}, {"triad", triad}};
  }
  throw std::invalid_argument("there is no task " + task);
}

}  // namespace modlab

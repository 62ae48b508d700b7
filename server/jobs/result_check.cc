#include "server/jobs/result_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "server/executor/utf8.h"
#include "server/jobs/job_spec.h"

namespace modlab::server {
namespace {

using modlab::internal::WorkerEvent;
using modlab::internal::WorkerResult;
using modlab::v1::JobSpec;
using modlab::v1::Partition;
using modlab::v1::UnitGraph;

constexpr int kLargestInline = 50'000;
constexpr size_t kLongestText = 1024;
constexpr size_t kLongestType = 16;
constexpr size_t kLongestLogLine = 4096;
constexpr size_t kLongestDetail = 256;
constexpr size_t kLongestMessage = 16 * 1024;
constexpr int kMostMetadata = 32;
constexpr int kMostArtifacts = 100;
constexpr int kLargestLists = 1'000'000;
constexpr int kMostChoices = 10'000;
constexpr int kMostNotes = 100;
constexpr int kMostPlateaus = 10;
constexpr int kMostDescribedTensors = 32;
constexpr int kMostDimensions = 16;
constexpr size_t kLongestReading = 1 << 20;

bool Finite(double value) { return std::isfinite(value); }
bool AtLeastZero(double value) { return std::isfinite(value) && value >= 0; }

std::string ProblemOfGraph(const UnitGraph& graph) {
  int64_t units = 0;
  if (graph.groups_size() > kLargestLists || graph.blocks_size() > kLargestLists) return "the graph is too large";
  for (const auto& group : graph.groups()) {
    if (group.units() < 0 || group.name().size() > kLongestText) return "a group makes no sense";
    units += group.units();
  }
  if (units != graph.units()) return "the groups do not add up to the units";
  if (!AtLeastZero(graph.edges())) return "the number of edges makes no sense";
  for (const auto& block : graph.blocks()) {
    const bool known = block.source() >= 0 && block.source() < graph.groups_size() && block.target() >= 0 &&
                       block.target() < graph.groups_size();
    if (!known || !AtLeastZero(block.edges()) || !AtLeastZero(block.weight()) || !AtLeastZero(block.entries()) ||
        block.layer().size() > kLongestText) {
      return "a block makes no sense";
    }
  }
  return "";
}

bool IsLabel(int label, int clusters) { return label >= -1 && label < clusters; }

bool MakesSense(const modlab::v1::NullTest& test, int samples) {
  return Finite(test.mean()) && AtLeastZero(test.sd()) && Finite(test.z()) && AtLeastZero(test.p()) && test.p() <= 1 &&
         AtLeastZero(test.p_adjusted()) && test.p_adjusted() <= 1 && test.values_size() == samples &&
         std::all_of(test.values().begin(), test.values().end(), Finite);
}

std::string ProblemOfSignificance(const modlab::v1::Significance& significance, const modlab::v1::NullSpec& asked) {
  const int samples = significance.samples();
  if (samples < 1 || (asked.has_samples() && samples > asked.samples()) ||
      !modlab::v1::NullSpec::Model_IsValid(significance.null_model()) ||
      !MakesSense(significance.modularity(), samples) || !MakesSense(significance.ncut(), samples) ||
      !Finite(significance.normalized_modularity()) || !Finite(significance.largest_modularity())) {
    return "the significance makes no sense";
  }
  return "";
}

bool MakesSense(const modlab::v1::Spread& spread) {
  return Finite(spread.mean()) && AtLeastZero(spread.sd()) && Finite(spread.least()) && Finite(spread.most());
}

std::string ProblemOfStability(const UnitGraph& graph, const modlab::v1::Stability& stability) {
  const int clusters = stability.consensus_clusters();
  const auto& labels = stability.consensus_labels();
  if (stability.runs() < 2 || !MakesSense(stability.adjusted_rand_index()) ||
      !MakesSense(stability.normalized_mutual_information()) || !MakesSense(stability.adjusted_mutual_information()) ||
      !MakesSense(stability.variation_of_information()) || clusters < 1 || clusters > graph.units() ||
      (!labels.empty() && labels.size() != graph.units()) ||
      !std::all_of(labels.begin(), labels.end(), [&](int label) { return IsLabel(label, clusters); }) ||
      !Finite(stability.consensus_modularity()) || !Finite(stability.consensus_adjusted_rand_index())) {
    return "the stability makes no sense";
  }
  return "";
}

/// What is said of clusters, groups and units beside their labels.
std::string ProblemOfMeasures(const UnitGraph& graph, const Partition& partition) {
  const auto share = [](double value) { return AtLeastZero(value) && value <= 1 + 1e-9; };
  bool sense = partition.cluster_measures_size() == partition.clusters() &&
               partition.group_measures_size() == graph.groups_size() &&
               (partition.participation().empty() || partition.participation_size() == graph.units());
  for (const auto& cluster : partition.cluster_measures()) {
    sense = sense && AtLeastZero(cluster.internal_weight()) && AtLeastZero(cluster.volume()) &&
            AtLeastZero(cluster.conductance()) && share(cluster.participation());
  }
  for (const auto& group : partition.group_measures())
    sense = sense && share(group.within()) && share(group.participation());
  for (const float participation : partition.participation()) sense = sense && share(participation);
  for (const auto& choice : partition.choices()) {
    sense = sense && choice.clusters() >= 1 && Finite(choice.modularity()) && AtLeastZero(choice.ncut()) &&
            AtLeastZero(choice.inertia());
  }
  sense = sense && partition.choices_size() <= kMostChoices && partition.eigenvalues_size() <= kMostChoices;
  sense = sense && partition.notes_size() <= kMostNotes;
  for (const std::string& note : partition.notes()) sense = sense && note.size() <= kLongestMessage;
  return sense ? "" : "the tables of a partition make no sense";
}

std::string ProblemOfPartition(const UnitGraph& graph, const Partition& partition, bool has_artifact) {
  if (partition.clusters() < 1 || partition.clusters() > graph.units()) return "the number of clusters makes no sense";
  const auto& modularity = partition.modularity();
  if (!Finite(modularity.newman()) || !Finite(modularity.directed()) || !Finite(modularity.layer_pair()) ||
      !Finite(modularity.signed_()) || !Finite(modularity.resolution()) || !AtLeastZero(partition.ncut()) ||
      !Finite(partition.ave_in_out()) || !Finite(partition.inertia()) || !AtLeastZero(partition.residual())) {
    return "a measure is not finite";
  }
  if (!Partition::Method_IsValid(partition.method()) ||
      !modlab::v1::Modularity::Objective_IsValid(partition.objective())) {
    return "a partition is of an unknown kind";
  }
  if (std::string problem = ProblemOfMeasures(graph, partition); !problem.empty()) return problem;
  for (const double eigenvalue : partition.eigenvalues()) {
    if (!Finite(eigenvalue)) return "an eigenvalue is not finite";
  }
  if (partition.sizes_size() != partition.clusters()) return "the sizes are not the clusters'";
  if (partition.group_sizes_size() != int64_t{partition.clusters()} * graph.groups_size()) {
    return "the group sizes are not the clusters'";
  }
  if (partition.labels().empty()) {
    if (graph.units() <= kLargestInline || !has_artifact) return "the labels are missing";
    return "";
  }
  if (partition.labels_size() != graph.units()) return "the labels are not the units'";
  std::vector<int> counted(static_cast<size_t>(partition.clusters()), 0);
  for (const int label : partition.labels()) {
    if (!IsLabel(label, partition.clusters())) return "a label is out of range";
    if (label >= 0) ++counted[static_cast<size_t>(label)];
  }
  for (int c = 0; c < partition.clusters(); ++c) {
    if (counted[static_cast<size_t>(c)] != partition.sizes(c)) return "the sizes are not the labels'";
  }
  return "";
}

std::string ProblemOfSweep(const UnitGraph& graph, const Partition& partition, const modlab::v1::PartitionSpec& asked) {
  if (partition.has_sweep() != asked.leiden().has_sweep()) return "the sweep is missing, or was not asked for";
  const auto& sweep = partition.sweep();
  const auto is_count = [&](int clusters) { return clusters >= 1 && clusters <= graph.units(); };
  bool sense = sweep.steps_size() == asked.leiden().sweep().steps() && sweep.plateaus_size() <= kMostPlateaus;
  double last = 0;
  for (const auto& step : sweep.steps()) {
    sense = sense && Finite(step.resolution()) && step.resolution() > last && is_count(step.clusters()) &&
            Finite(step.modularity()) && Finite(step.newman()) && Finite(step.adjusted_rand_index()) &&
            AtLeastZero(step.variation_of_information());
    last = step.resolution();
  }
  for (const auto& plateau : sweep.plateaus()) {
    const auto& labels = plateau.labels();
    sense = sense && plateau.least_resolution() > 0 && plateau.least_resolution() <= plateau.resolution() &&
            plateau.resolution() <= plateau.most_resolution() && Finite(plateau.most_resolution()) &&
            is_count(plateau.clusters()) && Finite(plateau.modularity()) && Finite(plateau.newman()) &&
            Finite(plateau.adjusted_rand_index()) && (labels.empty() || labels.size() == graph.units()) &&
            std::all_of(labels.begin(), labels.end(), [&](int label) { return IsLabel(label, plateau.clusters()); });
  }
  return sense ? "" : "the sweep makes no sense";
}

std::string ProblemOfAgreements(const modlab::v1::ScoreResult& score) {
  const int count = score.partitions_size();
  bool sense = score.agreements_size() == count * (count - 1) / 2 && score.reading().size() <= kLongestReading;
  for (const auto& agreement : score.agreements()) {
    sense = sense && Finite(agreement.adjusted_rand_index()) && Finite(agreement.normalized_mutual_information()) &&
            Finite(agreement.adjusted_mutual_information()) && Finite(agreement.variation_of_information()) &&
            agreement.units() >= 0;
  }
  return sense ? "" : "the comparison of the partitions makes no sense";
}

std::string ProblemOfProvenance(const modlab::v1::Provenance& provenance) {
  if (!IsDuration(provenance.spec().resources().wall_time())) return "its wall time makes no sense";
  if (!IsDuration(provenance.spec().train().checkpoint().every())) return "its time of checkpoints makes no sense";
  for (const auto& timing : provenance.timings()) {
    if (!AtLeastZero(timing.seconds()) || timing.phase().size() > kLongestText) return "a timing makes no sense";
  }
  return "";
}

std::string ProblemOfError(const modlab::v1::JobError& error) {
  if (!modlab::v1::Reason_IsValid(error.reason()) || error.reason() == modlab::v1::REASON_UNSPECIFIED) {
    return "an unknown reason";
  }
  if (error.message().empty()) return "its error says nothing";
  bool short_enough = error.message().size() <= kLongestMessage && error.phase().size() <= kLongestText &&
                      error.metadata_size() <= kMostMetadata;
  for (const auto& [key, value] : error.metadata()) {
    short_enough = short_enough && key.size() <= kLongestText && value.size() <= kLongestLogLine;
  }
  return short_enough ? "" : "its error is too long";
}

std::string ProblemOfImport(const modlab::v1::JobResult& result) {
  if (!result.has_import_dataset()) return "it is not a data set";
  const auto& tensors = result.import_dataset().tensors();
  if (tensors.empty() || tensors.size() > kMostDescribedTensors || tensors[0].name() != "x")
    return "the tensors make no sense";
  for (const auto& tensor : tensors) {
    const auto& shape = tensor.shape();
    const bool sense = tensor.name().size() <= kLongestText && tensor.dtype().size() <= kLongestType &&
                       !shape.empty() && shape.size() <= kMostDimensions && shape[0] == tensors[0].shape(0) &&
                       std::all_of(shape.begin(), shape.end(), [](int size) { return size >= 1; }) &&
                       Finite(tensor.least()) && Finite(tensor.most()) && Finite(tensor.mean()) &&
                       AtLeastZero(tensor.sd()) && tensor.classes() >= 0;
    if (!sense) return "a tensor makes no sense";
  }
  const auto& normalization = result.import_dataset().normalization();
  if (!Finite(normalization.scale()) || !Finite(normalization.mean()) || !(normalization.sd() > 0) ||
      !Finite(normalization.sd())) {
    return "the normalization makes no sense";
  }
  return "";
}

std::string ProblemOfComposition(const modlab::v1::JobResult& result) {
  if (!result.has_compose()) return "it is not a composition";
  const auto& layers = result.compose().layers();
  const auto are_counts = [](const google::protobuf::RepeatedField<int>& units) {
    return units.size() <= kMostMetadata &&
           std::all_of(units.begin(), units.end(), [](int count) { return count >= 0; });
  };
  bool sense = layers.size() <= kLargestLists && AtLeastZero(result.compose().cross_connections());
  for (const auto& layer : layers) {
    sense = sense && layer.name().size() <= kLongestText && layer.operation().size() <= kLongestText &&
            are_counts(layer.inputs()) && are_counts(layer.outputs());
  }
  return sense ? "" : "the layers of a composition make no sense";
}

bool MakesSense(const modlab::v1::TrainSpec& spec, const modlab::v1::GoalInForce& goal) {
  const auto& goals = spec.goals();
  return std::find(goals.begin(), goals.end(), goal.expression()) != goals.end() &&
         goal.parameters_size() <= kMostMetadata &&
         std::all_of(goal.parameters().begin(), goal.parameters().end(),
                     [](const auto& parameter) { return Finite(parameter.second); });
}

bool AllFinite(const google::protobuf::RepeatedField<double>& values, int most) {
  return values.size() <= most && std::all_of(values.begin(), values.end(), Finite);
}

bool MakesSense(const modlab::v1::TrainSpec& spec, const modlab::v1::EpochRecord& record) {
  const auto& modularity = record.modularity();
  const int metrics = spec.metrics_size();
  return record.epoch() >= 0 && record.step() >= 0 && MakesSense(spec, record.goal()) &&
         Finite(record.learning_rate()) && Finite(record.loss()) && Finite(record.normalized_loss()) &&
         Finite(record.evaluation_loss()) && AllFinite(record.metrics(), metrics) &&
         AllFinite(record.evaluation_metrics(), metrics) && Finite(record.clusterability()) &&
         Finite(record.sparsity()) && Finite(modularity.modularity()) && AtLeastZero(modularity.ncut()) &&
         modularity.clusters() >= 0 && Finite(modularity.z()) && AtLeastZero(modularity.p()) &&
         Finite(modularity.agreement());
}

std::string ProblemOfTraining(const modlab::v1::TrainSpec& spec, const modlab::v1::JobResult& result) {
  if (!result.has_train()) return "it is not a training";
  const auto& train = result.train();
  bool sense = train.epochs() >= 0 && train.steps() >= 0 && train.stopped_by().size() <= kLongestText &&
               AtLeastZero(train.samples_per_second()) && train.series_size() <= kLargestLists &&
               train.switches_size() <= kLargestLists && train.evaluations_size() <= kLargestLists &&
               train.warnings_size() <= kMostNotes;
  for (const auto& record : train.series()) sense = sense && MakesSense(spec, record);
  for (const auto& change : train.switches()) {
    sense = sense && change.epoch() >= 1 && MakesSense(spec, change.goal()) && Finite(change.loss_before()) &&
            Finite(change.loss_after()) && change.recovery_epochs() >= 0 && Finite(change.agreement()) &&
            Finite(change.modularity_before()) && Finite(change.modularity_after());
  }
  for (const auto& evaluation : train.evaluations()) {
    sense = sense && MakesSense(spec, evaluation.goal()) && Finite(evaluation.loss()) &&
            Finite(evaluation.normalized_loss()) && AllFinite(evaluation.metrics(), spec.metrics_size());
  }
  for (const std::string& warning : train.warnings()) sense = sense && warning.size() <= kLongestMessage;
  return sense ? "" : "the series of a training make no sense";
}

bool PlainFileName(const std::string& name) {
  return !name.empty() && name.size() <= 128 && name[0] != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos;
}

}  // namespace

std::string ProblemOfResult(const JobSpec& spec, const WorkerResult& result) {
  if (result.artifacts_size() > kMostArtifacts) return "it has too many artifacts";
  std::set<std::string> names;
  for (const std::string& name : result.artifacts()) {
    if (!PlainFileName(name)) return "an artifact's name is not a plain file name";
    if (!names.insert(name).second) return "two of its artifacts have the same name";
  }
  if (result.has_error()) return ProblemOfError(result.error());
  if (!result.has_result()) return "it is empty";
  if (std::string problem = ProblemOfProvenance(result.result().provenance()); !problem.empty()) return problem;
  if (spec.has_import_dataset()) return ProblemOfImport(result.result());
  if (spec.has_train()) return ProblemOfTraining(spec.train(), result.result());
  if (spec.has_build()) return result.result().has_build() ? "" : "it is not a model";
  if (spec.has_compose()) return ProblemOfComposition(result.result());
  if (spec.has_inspect()) {
    if (!result.result().has_inspect()) return "it is not an inspection";
    const auto& inspection = result.result().inspect();
    if (inspection.composed_parts() < 0) return "the number of parts makes no sense";
    if (!AtLeastZero(inspection.parameters())) return "the number of parameters makes no sense";
    for (const auto& shape : inspection.input_shapes()) {
      if (shape.dtype().size() > kLongestType) return "an input shape makes no sense";
    }
    return inspection.has_graph() ? ProblemOfGraph(inspection.graph()) : "";
  }
  const auto has_artifact = [&result](const std::string& name) {
    return std::find(result.artifacts().begin(), result.artifacts().end(), name) != result.artifacts().end();
  };
  if (spec.has_graph()) {
    if (!result.result().has_graph()) return "it is not a graph";
    if (!has_artifact(result.result().graph().artifact())) return "the graph's file is missing";
    return ProblemOfGraph(result.result().graph().graph());
  }
  if (!result.result().has_score()) return "it is not a score";
  const auto& score = result.result().score();
  if (std::string problem = ProblemOfGraph(score.graph()); !problem.empty()) return problem;
  if (score.partitions_size() != spec.score().partitions_size()) return "the partitions are not those asked for";
  if (!score.edges_artifact().empty() && !has_artifact(score.edges_artifact())) return "the file of edges is missing";
  for (int i = 0; i < score.partitions_size(); ++i) {
    const Partition& partition = score.partitions(i);
    std::string problem = ProblemOfPartition(score.graph(), partition, has_artifact(partition.labels_artifact()));
    if (problem.empty()) problem = ProblemOfSweep(score.graph(), partition, spec.score().partitions(i));
    if (problem.empty() && partition.has_significance()) {
      problem = ProblemOfSignificance(partition.significance(), spec.score().nulls());
    }
    if (problem.empty() && partition.has_stability())
      problem = ProblemOfStability(score.graph(), partition.stability());
    if (problem.empty() && !partition.matrix_artifact().empty() && !has_artifact(partition.matrix_artifact())) {
      problem = "the file of a matrix is missing";
    }
    if (!problem.empty()) return problem;
  }
  return ProblemOfAgreements(score);
}

bool SanitizeEvent(WorkerEvent* event) {
  switch (event->kind_case()) {
    case WorkerEvent::kProgress: {
      auto* progress = event->mutable_progress();
      progress->set_phase(SanitizeText(progress->phase(), 64));
      progress->set_detail(SanitizeText(progress->detail(), kLongestDetail));
      if (progress->has_fraction() && !(progress->fraction() >= 0 && progress->fraction() <= 1)) return false;
      return true;
    }
    case WorkerEvent::kLog:
      event->mutable_log()->set_text(SanitizeText(event->log().text(), kLongestLogLine));
      return modlab::v1::LogLine::Severity_IsValid(event->log().severity());
    case WorkerEvent::kMetric:
      event->mutable_metric()->set_name(SanitizeText(event->metric().name(), 64));
      return Finite(event->metric().value());
    case WorkerEvent::KIND_NOT_SET:
      break;
  }
  return false;
}

std::string SanitizeText(const std::string& text, size_t max_bytes) {
  std::string clean = ToUtf8(text, max_bytes);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return clean;
}

}  // namespace modlab::server

// Stands in for modlab-worker where the daemon is what is tried: costs next to nothing itself. A score job's seed says
// what it does: how many events it writes (low 16 bits), how many milliseconds apart (next 15), and whether each is a
// line of text of nearly 4 KiB instead of a number (top bit).
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "modlab/internal/attempt.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/executor/event_log.h"
#include "server/executor/files.h"

namespace {

using namespace modlab::server;
using modlab::internal::AttemptSpec;
using modlab::internal::WorkerEvent;
using modlab::internal::WorkerResult;

constexpr int kUnits = 6;
constexpr size_t kLoudBytes = 4000;

void Describe(modlab::v1::UnitGraph* graph) {
  graph->set_units(kUnits);
  graph->set_edges(9);
  graph->add_groups()->set_units(3);
  graph->add_groups()->set_units(3);
  auto* block = graph->add_blocks();
  block->set_target(1);
  block->set_edges(9);
  block->set_weight(9);
}

void Inspect(WorkerResult* result) {
  auto* inspection = result->mutable_result()->mutable_inspect();
  inspection->set_parameters(9);
  inspection->add_input_shapes()->add_dimensions(3);
  Describe(inspection->mutable_graph());
}

void Score(const AttemptSpec& spec, EventLogWriter* log, WorkerResult* result) {
  const uint32_t seed = spec.spec().seed();
  const int events = static_cast<int>(seed & 0xffffU);
  const auto pause = std::chrono::milliseconds((seed >> 16U) & 0x7fffU);
  const bool loud = (seed >> 31U) != 0;
  for (int i = 0; i < events; ++i) {
    WorkerEvent event;
    if (loud) {
      event.mutable_log()->set_severity(modlab::v1::LogLine::INFO);
      event.mutable_log()->set_text(std::string(kLoudBytes, 'x'));
    } else {
      event.mutable_metric()->set_name("load");
      event.mutable_metric()->set_step(i);
      event.mutable_metric()->set_value(i);
    }
    log->Append(event.SerializeAsString());
    std::this_thread::sleep_for(pause);
  }
  auto* score = result->mutable_result()->mutable_score();
  Describe(score->mutable_graph());
  for (int i = 0; i < spec.spec().score().partitions_size(); ++i) {
    auto* partition = score->add_partitions();
    partition->set_clusters(2);
    for (const int label : {0, 0, 0, 1, 1, 1}) partition->add_labels(label);
    for (const int size : {3, 3}) partition->add_sizes(size);
    for (const int size : {3, 0, 0, 3}) partition->add_group_sizes(size);
    for (int cluster = 0; cluster < 2; ++cluster) partition->add_cluster_measures();
    for (int group = 0; group < 2; ++group) partition->add_group_measures();
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  app.allow_extras();
  int ready = -1;
  app.add_option("--ready-fd", ready);
  CLI11_PARSE(app, argc, argv);
  FileDescriptor reports(ready);
  WriteAll(ready, "\n");
  std::string path;
  if (!std::getline(std::cin, path)) return 0;
  const AttemptDirectory directory(path);
  AttemptSpec spec;
  if (!spec.ParseFromString(ReadUntrusted(directory.spec(), 1 << 20).value_or(""))) return 1;
  WriteAll(reports.get(), "nothing\n");
  reports = FileDescriptor();
  EventLogWriter log(directory.events());
  WorkerResult result;
  if (spec.spec().has_inspect()) {
    Inspect(&result);
  } else {
    Score(spec, &log, &result);
  }
  *result.mutable_result()->mutable_provenance()->mutable_spec() = spec.spec();
  WriteFileAtomically(directory.result(), result.SerializeAsString());
  return 0;
}

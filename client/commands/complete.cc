#include "client/commands/complete.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <exception>

#include "client/commands/global_options.h"
#include "client/completion.h"
#include "client/named_servers.h"
#include "client/output/job_text.h"
#include "client/output/text.h"
#include "client/session.h"

namespace modlab::client {
namespace {

constexpr int kMostIds = 200;

/// Of what a server says, only what no shell could take for anything but a word goes to the command line.
bool IsPlainWord(const std::string& id) {
  return !id.empty() && std::all_of(id.begin(), id.end(),
                                    [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

std::vector<Candidate> Jobs(Connection& connection) {
  v1::ListJobsRequest request;
  request.set_page_size(kMostIds);
  std::vector<Candidate> candidates;
  const v1::ListJobsResponse jobs = connection.Call(&v1::JobService::Stub::ListJobs, request);
  for (const v1::Job& job : jobs.jobs()) {
    candidates.push_back({IdOf(job.name()), fmt::format("{}, {}, {}", Lower(v1::Job::Kind_Name(job.kind())),
                                                        StateText(job.state()), TimeText(job.create_time()))});
  }
  return candidates;
}

std::vector<Candidate> Models(Connection& connection) {
  v1::ListModelsRequest request;
  request.set_page_size(kMostIds);
  std::vector<Candidate> candidates;
  const v1::ListModelsResponse models = connection.Call(&v1::ModelService::Stub::ListModels, request);
  for (const v1::Model& model : models.models()) {
    candidates.push_back({IdOf(model.name()), Printable(model.display_name())});
  }
  return candidates;
}

std::vector<Candidate> Datasets(Connection& connection) {
  v1::ListDatasetsRequest request;
  request.set_page_size(kMostIds);
  std::vector<Candidate> candidates;
  const v1::ListDatasetsResponse datasets = connection.Call(&v1::DatasetService::Stub::ListDatasets, request);
  for (const v1::Dataset& dataset : datasets.datasets()) {
    candidates.push_back({IdOf(dataset.name()), Printable(dataset.display_name())});
  }
  return candidates;
}

std::vector<Candidate> Experiments(Connection& connection) {
  v1::ListExperimentsRequest request;
  request.set_page_size(kMostIds);
  std::vector<Candidate> candidates;
  const v1::ListExperimentsResponse experiments =
      connection.Call(&v1::ExperimentService::Stub::ListExperiments, request);
  for (const v1::Experiment& experiment : experiments.experiments()) {
    candidates.push_back({IdOf(experiment.name()), Printable(experiment.display_name())});
  }
  return candidates;
}

std::vector<Candidate> Resources(Connection& connection, ValueKind kind) {
  if (kind == ValueKind::kExperiment) return Experiments(connection);
  if (kind == ValueKind::kJobOrExperiment) {
    std::vector<Candidate> candidates = Experiments(connection);
    const std::vector<Candidate> jobs = Jobs(connection);
    candidates.insert(candidates.end(), jobs.begin(), jobs.end());
    return candidates;
  }
  if (kind == ValueKind::kDataset) return Datasets(connection);
  return kind == ValueKind::kJob ? Jobs(connection) : Models(connection);
}

std::vector<Candidate> Servers(const Environment& environment) {
  std::vector<Candidate> candidates;
  for (const auto& [name, settings] : ReadNamedServers(environment)) {
    candidates.push_back({name, settings.server.value_or("")});
  }
  return candidates;
}

std::vector<Candidate> CompletionsOf(ValueKind kind, std::vector<std::string> about_server,
                                     const Environment& environment) {
  if (kind == ValueKind::kServer) return Servers(environment);
  GlobalOptions options;
  CLI::App app;
  AddGlobalOptions(app, options);
  std::reverse(about_server.begin(), about_server.end());  // as CLI11 wants a vector
  app.parse(about_server);
  options.timeout.emplace().set_nanos(700'000'000);
  Session session(options, environment);
  Connection& connection = session.ConnectToRunning();
  std::vector<Candidate> candidates = Resources(connection, kind);
  std::erase_if(candidates, [](const Candidate& candidate) { return !IsPlainWord(candidate.value); });
  return candidates;
}

}  // namespace

void PrintCompletion(CLI::App& app, const std::vector<std::string>& words, const Environment& environment) {
  const ValueSource source = [&](ValueKind kind, const std::vector<std::string>& about_server) {
    try {
      return CompletionsOf(kind, about_server, environment);
    } catch (const std::exception&) {
      return std::vector<Candidate>();
    }
  };
  const Completion completion = Complete(app, words, source);
  for (const Candidate& candidate : completion.candidates) {
    fmt::print("{}\t{}\n", candidate.value, candidate.description);
  }
  if (completion.files) fmt::print(":files\n");
}

}  // namespace modlab::client

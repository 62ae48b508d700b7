#include "server/jobs/experiments.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "server/executor/utf8.h"
#include "server/jobs/attempt_outcome.h"
#include "server/jobs/cancellation.h"
#include "server/jobs/experiment_plan.h"
#include "server/jobs/idempotency.h"
#include "server/jobs/job_draft.h"
#include "server/jobs/model_fields.h"
#include "server/jobs/paging.h"
#include "server/jobs/request_error.h"
#include "server/jobs/resource_checks.h"
#include "server/jobs/sharing.h"
#include "server/store/events_table.h"
#include "server/store/experiments_table.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using google::protobuf::util::MessageDifferencer;
using modlab::v1::CreateExperimentRequest;
using modlab::v1::Experiment;
using modlab::v1::ExperimentJob;
using modlab::v1::Job;

/// Leaves a transaction in which everything was tried, and nothing is to stay.
struct OnlyValidated {
  Experiment experiment;
};

bool IsUnfinished(Job::State state) { return state != Job::STATE_UNSPECIFIED && !HasEnded(state); }

/// Sets what follows from how many jobs are in which state.
void Summarize(Experiment* experiment) {
  std::set<Job::State> states;
  for (const auto& count : experiment->counts()) states.insert(count.state());
  if (std::any_of(states.begin(), states.end(), IsUnfinished)) {
    experiment->set_state(Experiment::RUNNING);
    experiment->clear_end_time();
    return;
  }
  const bool failed = states.contains(Job::FAILED) || states.contains(Job::STATE_UNSPECIFIED);
  experiment->set_state(failed                            ? Experiment::FAILED
                        : states.contains(Job::CANCELLED) ? Experiment::CANCELLED
                                                          : Experiment::SUCCEEDED);
}

/// `jobs/{id}` of those that are there, replaced ones too.
std::vector<std::string> AllJobsOf(SQLite::Database& connection, const Experiment& experiment) {
  std::vector<std::string> names = ReplacedJobs(connection, IdOf(experiment.name()));
  for (const ExperimentJob& job : experiment.jobs()) {
    if (job.state() != Job::STATE_UNSPECIFIED) names.push_back(job.job());
  }
  return names;
}

Experiment FindAuthorizedExperiment(SQLite::Database& connection, const Principal& principal, Verb verb,
                                    const std::string& name, const std::string& field = "name") {
  const auto id = ParseName(name, "experiments");
  auto experiment = id ? FindExperiment(connection, *id) : std::nullopt;
  if (!experiment) ThrowNotFound(name, field);
  Authorize(principal, verb, {name, experiment->owner(), experiment->sharing(), experiment->shared_with(), field});
  for (ExperimentJob& job : *experiment->mutable_jobs()) {
    if (job.state() != Job::RUNNING) continue;
    if (const auto progress = LatestProgress(connection, IdOf(job.job()))) *job.mutable_progress() = *progress;
  }
  Summarize(&*experiment);
  return *experiment;
}

/// `job.spec.train.epochs` to `experiment.spec.steps[2].job.train.epochs`.
[[noreturn]] void RethrowOfStep(const RequestError& error, const Experiment& experiment, int step) {
  const std::string prefix = "job.spec";
  std::string field = fmt::format("experiment.spec.steps[{}].job", step);
  if (error.field().starts_with(prefix)) field += error.field().substr(prefix.size());
  throw RequestError(error.reason(), fmt::format("step {}: {}", experiment.spec().steps(step).name(), error.what()),
                     field, error.metadata());
}

/// The job that a plan's entry asks for. `names`: of the plan's jobs.
Job RequestedJob(const Experiment& experiment, const PlannedJob& planned, const std::vector<std::string>& names) {
  Job job;
  *job.mutable_spec() = planned.spec;
  for (const ModelField& field : ModelFields(job.mutable_spec())) {
    const auto maker = planned.makers.find(*field.name);
    if (maker != planned.makers.end()) *field.name = names[static_cast<size_t>(maker->second)];
  }
  auto& labels = *job.mutable_labels();
  labels["experiment"] = IdOf(experiment.name());
  labels["step"] = experiment.spec().steps(planned.step).name();
  for (const auto& [axis, value] : planned.values) labels[axis] = LabelOfValue(value);
  job.set_sharing(experiment.sharing());
  *job.mutable_shared_with() = experiment.shared_with();
  return job;
}

/// Creates those jobs of a plan that `wanted` says, under the names that they have been given.
void CreateJobs(SQLite::Database& connection, const Principal& principal, const Limits& limits,
                const Experiment& experiment, const std::vector<PlannedJob>& plan, const std::vector<bool>& wanted,
                const std::vector<std::string>& names) {
  for (size_t i = 0; i < plan.size(); ++i) {
    if (!wanted[i]) continue;
    CheckJobIsTaken(connection, principal, limits);
    try {
      JobDraft draft = DraftJob(connection, principal, limits, RequestedJob(experiment, plan[i], names));
      draft.job.set_name(names[i]);
      InsertDraft(connection, &draft);
    } catch (const RequestError& error) {
      RethrowOfStep(error, experiment, plan[i].step);
    }
  }
}

Experiment Describe(SQLite::Database& connection, const Principal& principal, const CreateExperimentRequest& request) {
  const Experiment& asked = request.experiment();
  Experiment experiment;
  experiment.set_name("experiments/" + NewId());
  experiment.set_owner(principal.name);
  experiment.set_display_name(asked.display_name());
  *experiment.mutable_spec() = asked.spec();
  experiment.set_sharing(CheckSharing(connection, asked.sharing(), asked.shared_with(), "experiment."));
  *experiment.mutable_shared_with() = asked.shared_with();
  *experiment.mutable_create_time() = ToTimestamp(NowMicros());
  return experiment;
}

void CheckDisplayNameIsGiven(const Experiment& experiment) {
  const std::string field = "experiment.display_name";
  if (experiment.display_name().empty()) {
    throw RequestError(modlab::v1::FIELD_MISSING, "an experiment has a name for people: give one", field);
  }
  CheckDisplayName(experiment.display_name(), field);
}

/// The one that was made before of the same name and spec, if there is one.
std::optional<Experiment> FindSame(SQLite::Database& connection, const Principal& principal, const Experiment& asked) {
  auto earlier = FindExperimentByDisplayName(connection, principal.name, asked.display_name());
  if (!earlier) return std::nullopt;
  if (MessageDifferencer::Equals(earlier->spec(), asked.spec())) return earlier;
  throw RequestError(modlab::v1::FIELD_INVALID,
                     fmt::format("{} is called `{}`, too, and is another experiment: give another name, or delete that",
                                 earlier->name(), ToUtf8(asked.display_name(), 200)),
                     "experiment.display_name");
}

/// Whether the job has not done what it was to do. A training that was cancelled has SUCCEEDED with the model so far.
bool IsToBeDoneAgain(SQLite::Database& connection, const ExperimentJob& job) {
  if (job.state() == Job::SUCCEEDED && job.kind() == Job::TRAIN) {
    return FindJob(connection, IdOf(job.job()))->result().train().stopped_by() == kStoppedByCancel;
  }
  return job.state() == Job::STATE_UNSPECIFIED || job.state() == Job::FAILED || job.state() == Job::CANCELLED;
}

bool IsModelGone(SQLite::Database& connection, const ExperimentJob& job) {
  const auto made = FindJob(connection, IdOf(job.job()));
  return made && made->state() == Job::SUCCEEDED && !FindModel(connection, IdOf(ModelMadeBy(*made)));
}

void CheckNoneIsBeingCancelled(const Experiment& experiment) {
  for (const ExperimentJob& job : experiment.jobs()) {
    if (job.state() != Job::CANCELLING) continue;
    throw RequestError(modlab::v1::RESOURCE_IN_USE,
                       fmt::format("{} is being cancelled: wait until it has ended, and resume then", job.job()),
                       "name", {{"job", job.job()}});
  }
}

/// Which jobs of an experiment are to be created anew: those that have not done what they were to do, what works on
/// what these make, and makers whose models are gone that are needed again.
std::vector<bool> JobsToDoAgain(SQLite::Database& connection, const Experiment& experiment,
                                const std::vector<PlannedJob>& plan) {
  std::vector<bool> again;  // makers come before what works on what they make
  for (size_t i = 0; i < plan.size(); ++i) {
    const auto& makers = plan[i].makers;
    again.push_back(
        IsToBeDoneAgain(connection, experiment.jobs(static_cast<int>(i))) ||
        std::any_of(makers.begin(), makers.end(), [&](const auto& maker) { return again[size_t(maker.second)]; }));
  }
  for (size_t i = plan.size(); i > 0; --i) {
    if (!again[i - 1]) continue;
    for (const auto& [name, maker] : plan[i - 1].makers) {
      const auto at = static_cast<size_t>(maker);
      again[at] = again[at] || IsModelGone(connection, experiment.jobs(maker));
    }
  }
  return again;
}

}  // namespace

Experiment Experiments::Create(const Principal& principal, const CreateExperimentRequest& request) {
  Authorize(principal, Verb::kCreate, {"server", ""});
  CheckDisplayNameIsGiven(request.experiment());
  const IdempotentRequest idempotent(principal.name, "CreateExperiment", request.request_id(), request);
  const std::vector<PlannedJob> plan = PlanExperiment(request.experiment().spec());
  Experiment created;
  try {
    created = data_.database().Transact([&](SQLite::Database& connection) {
      if (const auto earlier = idempotent.EarlierResource(connection)) {
        return FindAuthorizedExperiment(connection, principal, Verb::kRead, *earlier);
      }
      if (const auto same = FindSame(connection, principal, request.experiment())) {
        return FindAuthorizedExperiment(connection, principal, Verb::kRead, same->name());
      }
      admission_.CheckJobsAreTaken();
      Experiment experiment = Describe(connection, principal, request);
      std::vector<std::string> names;
      for (const PlannedJob& planned : plan) {
        ExperimentJob& job = *experiment.add_jobs();
        job.set_job("jobs/" + NewId());
        job.set_step(experiment.spec().steps(planned.step).name());
        job.mutable_values()->insert(planned.values.begin(), planned.values.end());
        names.push_back(job.job());
      }
      CreateJobs(connection, principal, limits_, experiment, plan, std::vector<bool>(plan.size(), true), names);
      InsertExperiment(connection, experiment);
      idempotent.Remember(connection, experiment.name());
      experiment = FindAuthorizedExperiment(connection, principal, Verb::kRead, experiment.name());
      if (request.validate_only()) throw OnlyValidated{experiment};
      return experiment;
    });
  } catch (OnlyValidated& validated) {
    validated.experiment.clear_name();
    for (ExperimentJob& job : *validated.experiment.mutable_jobs()) job.clear_job();
    return validated.experiment;
  }
  wake_();
  return created;
}

Experiment Experiments::Get(const Principal& principal, const std::string& name, const std::string& field) {
  return data_.database().Read([&](SQLite::Database& connection) {
    return FindAuthorizedExperiment(connection, principal, Verb::kRead, name, field);
  });
}

modlab::v1::ListExperimentsResponse Experiments::List(const Principal& principal,
                                                      const modlab::v1::ListExperimentsRequest& request) {
  const std::string filter = FilterOf(request);
  const Page page = RequirePage(request.page_size(), request.page_token(), filter);
  const ExperimentList list = data_.database().Read([&](SQLite::Database& connection) {
    return ListExperiments(connection, {ReaderOf(principal), {}}, request.display_name(), page);
  });
  modlab::v1::ListExperimentsResponse response;
  for (const Experiment& experiment : list.experiments) {
    Experiment& added = *response.add_experiments() = experiment;
    Summarize(&added);
  }
  if (list.last_sequence) response.set_next_page_token(MakePageToken(*list.last_sequence, filter));
  return response;
}

Experiment Experiments::Resume(const Principal& principal, const std::string& name) {
  // Its spec never changes.
  const std::vector<PlannedJob> plan = PlanExperiment(Get(principal, name).spec());
  Experiment resumed = data_.database().Transact([&](SQLite::Database& connection) {
    const Experiment experiment = FindAuthorizedExperiment(connection, principal, Verb::kChange, name);
    CheckNoneIsBeingCancelled(experiment);
    const std::vector<bool> again = JobsToDoAgain(connection, experiment, plan);
    if (std::find(again.begin(), again.end(), true) != again.end()) admission_.CheckJobsAreTaken();
    std::vector<std::string> names;
    for (size_t i = 0; i < plan.size(); ++i) {
      names.push_back(again[i] ? "jobs/" + NewId() : experiment.jobs(static_cast<int>(i)).job());
      if (again[i]) ReplaceExperimentJob(connection, IdOf(name), static_cast<int>(i), names[i]);
    }
    // They belong to who owns the experiment, whoever it is that resumes it.
    CreateJobs(connection, {experiment.owner(), principal.role}, limits_, experiment, plan, again, names);
    return FindAuthorizedExperiment(connection, principal, Verb::kRead, name);
  });
  wake_();
  return resumed;
}

Experiment Experiments::Cancel(const Principal& principal, const modlab::v1::CancelExperimentRequest& request) {
  std::vector<std::string> changed;
  Experiment cancelled = data_.database().Transact([&](SQLite::Database& connection) {
    const Experiment experiment = FindAuthorizedExperiment(connection, principal, Verb::kChange, request.name());
    if (experiment.state() != Experiment::RUNNING) {
      throw RequestError(modlab::v1::JOB_ENDED, fmt::format("all jobs of {} have ended", request.name()), "name");
    }
    // The last first: what waits for a job that is cancelled would fail for that.
    for (int i = experiment.jobs_size() - 1; i >= 0; --i) {
      const ExperimentJob& job = experiment.jobs(i);
      if (!IsUnfinished(job.state())) continue;
      const auto of_job = CancelUnfinished(data_, connection, limits_, IdOf(job.job()), job.state(), request.force());
      changed.insert(changed.end(), of_job.begin(), of_job.end());
    }
    return FindAuthorizedExperiment(connection, principal, Verb::kRead, request.name());
  });
  for (const std::string& id : changed) events_.Notify(id);
  wake_();
  return cancelled;
}

Experiment Experiments::Share(const Principal& principal, const modlab::v1::ShareRequest& request) {
  return data_.database().Transact([&](SQLite::Database& connection) {
    const Experiment experiment = FindAuthorizedExperiment(connection, principal, Verb::kChange, request.name());
    const auto sharing = CheckSharing(connection, request.sharing(), request.shared_with(), "");
    SetExperimentSharing(connection, IdOf(request.name()), sharing);
    SetShares(connection, request.name(), request.shared_with());
    for (const std::string& job : AllJobsOf(connection, experiment)) {
      SetJobSharing(connection, IdOf(job), sharing);
      SetShares(connection, job, request.shared_with());
    }
    return FindAuthorizedExperiment(connection, principal, Verb::kRead, request.name());
  });
}

void Experiments::Delete(const Principal& principal, const std::string& name) {
  std::vector<std::string> deleted;
  data_.database().Transact([&](SQLite::Database& connection) {
    const Experiment experiment = FindAuthorizedExperiment(connection, principal, Verb::kDelete, name);
    if (experiment.state() == Experiment::RUNNING) {
      throw RequestError(
          modlab::v1::RESOURCE_IN_USE,
          fmt::format("{} has jobs that have not ended: cancel it first (`modlab experiment cancel`)", name), "name");
    }
    for (const std::string& job : AllJobsOf(connection, experiment)) {
      deleted.push_back(IdOf(job));
      const auto unused = DeleteJob(connection, deleted.back());
      data_.database().AfterCommit([this, unused] {
        for (const std::string& sha256 : unused) data_.blobs().Remove(sha256);
      });
    }
    DeleteExperiment(connection, IdOf(name));
  });
  for (const std::string& id : deleted) events_.Notify(id);
}

}  // namespace modlab::server

// Requests of several users, one after the other, on a server of their own: server/jobs and server/store below the
// services. A request may be refused with a sentence; nothing else may happen.

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "requests.pb.h"
#include "server/executor/utf8.h"
#include "server/jobs/adjust_p_values.h"
#include "server/jobs/admission.h"
#include "server/jobs/compare_partitions.h"
#include "server/jobs/compare_scores.h"
#include "server/jobs/experiments.h"
#include "server/jobs/job_end.h"
#include "server/jobs/jobs.h"
#include "server/jobs/models.h"
#include "server/jobs/queue.h"
#include "server/jobs/request_error.h"
#include "server/jobs/result_check.h"
#include "server/jobs/uploads.h"
#include "server/jobs/users.h"
#include "server/store/blobs_table.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/small_archive.h"
#include "tests/unit/server/temporary_directory.h"

using namespace modlab::server;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using modlab::fuzz::Requests;
using modlab::fuzz::Step;
using modlab::v1::Experiment;
using modlab::v1::Job;

namespace {

constexpr int kMostSteps = 24;
constexpr int kMostNamedJobs = 16;  // of an experiment, which can have a thousand

/// A client prints every answer.
void CheckPrints(const Message& answer) {
  std::string json;
  FUZZ_CHECK(google::protobuf::util::MessageToJsonString(answer, &json).ok());
}

bool IsUnfinished(const modlab::v1::ExperimentJob& job) {
  return job.state() != Job::STATE_UNSPECIFIED && !HasEnded(job.state());
}

/// What everybody who reads an experiment relies on.
void CheckExperiment(const Experiment& experiment) {
  CheckPrints(experiment);
  int counted = 0;
  for (const auto& count : experiment.counts()) counted += count.jobs();
  FUZZ_CHECK(experiment.jobs_size() > 0 && counted == experiment.jobs_size());
  const bool unfinished = std::any_of(experiment.jobs().begin(), experiment.jobs().end(), IsUnfinished);
  FUZZ_CHECK(unfinished == (experiment.state() == Experiment::RUNNING));
}

bool IsShare(double p) { return p > 0 && p <= 1; }

void CheckComparison(const modlab::v1::CompareScoresResponse& comparison) {
  CheckPrints(comparison);
  int rows = 0;
  for (const auto& group : comparison.groups()) {
    rows += group.rows_size();
    for (const int row : group.rows()) FUZZ_CHECK(row >= 0 && row < comparison.rows_size());
    for (const auto& measure : group.measures()) FUZZ_CHECK(measure.values_size() > 0);
  }
  FUZZ_CHECK(rows == comparison.rows_size());
  for (const auto& difference : comparison.differences()) {
    FUZZ_CHECK(difference.first() < difference.second() && difference.second() < comparison.groups_size());
    FUZZ_CHECK(IsShare(difference.p()) && IsShare(difference.least_p()) && IsShare(difference.p_adjusted()));
  }
}

class Server {
 public:
  /// As if it had been started on an empty directory, which would take most of the time.
  void Reset() {
    data_.database().Transact([](SQLite::Database& connection) {
      connection.exec("PRAGMA defer_foreign_keys = ON");
      std::vector<std::string> tables;
      Query query(connection, "SELECT name FROM sqlite_master WHERE type = 'table'");
      while (query.executeStep()) tables.push_back(query.getColumn(0).getString());
      for (const std::string& table : tables) connection.exec("DELETE FROM " + table);
    });
    for (const char* folder : {"blobs", "uploads"}) {
      for (const auto& file : std::filesystem::directory_iterator(data_.root() / folder)) RemoveTree(file.path());
    }
    made_.clear();
    admission_.Undrain();
    users_.Put("ada", modlab::v1::USER);
    users_.Put("bob", modlab::v1::USER);
    users_.Put("rita", modlab::v1::READER);
  }

  void Do(Step step) {
    Resolve(&step);
    const int before = CountJobs();
    try {
      Call(kPrincipals[step.who() % std::size(kPrincipals)], step);
    } catch (const RequestError& error) {
      const std::string sentence = error.what();
      FUZZ_CHECK(CountJobs() == before);
      FUZZ_CHECK(error.reason() != modlab::v1::REASON_UNSPECIFIED && !sentence.empty());
      FUZZ_CHECK(ToUtf8(sentence, sentence.size()) == sentence);
    }
  }

 private:
  inline static const Principal kPrincipals[] = {
      {"ada", modlab::v1::USER}, {"bob", modlab::v1::USER}, {"rita", modlab::v1::READER}, {"root", modlab::v1::ADMIN}};

  void Made(const std::string& name) {
    if (!name.empty()) made_.push_back(name);
  }

  int CountJobs() {
    return data_.database().Read([](SQLite::Database& connection) {
      Query query(connection, "SELECT COUNT(*) FROM jobs");
      query.executeStep();
      return query.getColumn(0).getInt();
    });
  }

  void CreateJob(const Principal& who, const modlab::v1::CreateJobRequest& request) {
    const Job job = jobs_.Create(who, request);
    CheckPrints(job);
    Made(job.name());
  }

  void CreateExperiment(const Principal& who, const modlab::v1::CreateExperimentRequest& request) {
    const int before = CountJobs();
    const Experiment experiment = experiments_.Create(who, request);
    CheckExperiment(experiment);
    const int created = CountJobs() - before;
    FUZZ_CHECK(created == 0 || (!request.validate_only() && created == experiment.jobs_size()));
    Made(experiment.name());
    for (int i = 0; i < std::min(experiment.jobs_size(), kMostNamedJobs); ++i) Made(experiment.jobs(i).job());
  }

  void ResumeExperiment(const Principal& who, const std::string& name) {
    const Experiment experiment = experiments_.Resume(who, name);
    CheckExperiment(experiment);
    for (const auto& job : experiment.jobs()) FUZZ_CHECK(job.state() == Job::SUCCEEDED || IsUnfinished(job));
    for (int i = 0; i < std::min(experiment.jobs_size(), kMostNamedJobs); ++i) Made(experiment.jobs(i).job());
  }

  void CancelExperiment(const Principal& who, const modlab::v1::CancelExperimentRequest& request) {
    const Experiment experiment = experiments_.Cancel(who, request);
    CheckExperiment(experiment);
    FUZZ_CHECK(experiment.state() != Experiment::RUNNING);  // none of them has been started
    FUZZ_CHECK(experiment.state() == Experiment::CANCELLED || experiment.state() == Experiment::FAILED);
  }

  void DeleteExperiment(const Principal& who, const std::string& name) {
    const int before = CountJobs();
    const Experiment experiment = experiments_.Get(who, name);
    experiments_.Delete(who, name);
    const auto was_there = [](const auto& job) { return job.state() != Job::STATE_UNSPECIFIED; };
    FUZZ_CHECK(before - CountJobs() == std::count_if(experiment.jobs().begin(), experiment.jobs().end(), was_there));
  }

  void Call(const Principal& who, const Step& step) {
    switch (step.call_case()) {
      case Step::kCreateUpload:
        return Made(uploads_.Create(who, step.create_upload()).name());
      case Step::kWriteUpload: {
        const auto writer = uploads_.OpenWriter(who, step.write_upload().name());
        writer->Write(step.write_upload().offset(), step.write_upload().data());
        writer->Close();
        return;
      }
      case Step::kGetUpload:
        uploads_.Get(who, step.get_upload().name());
        return;
      case Step::kDeleteUpload:
        return uploads_.Delete(who, step.delete_upload().name());
      case Step::kCreateModel: {
        const auto model = models_.Create(who, step.create_model());
        Made(model.name());
        return Made(model.inspect_job());
      }
      case Step::kGetModel:
        models_.Get(who, step.get_model().name());
        return;
      case Step::kListModels:
        models_.List(who, step.list_models());
        return;
      case Step::kShareModel:
        models_.Share(who, step.share_model());
        return;
      case Step::kDeleteModel:
        return models_.Delete(who, step.delete_model().name());
      case Step::kDownloadModel:
        models_.Open(who, step.download_model().name());
        return;
      case Step::kCreateJob:
        return CreateJob(who, step.create_job());
      case Step::kGetJob:
        return CheckPrints(jobs_.Get(who, step.get_job().name()));
      case Step::kListJobs:
        jobs_.List(who, step.list_jobs());
        return;
      case Step::kListQueue:
        queue_.List(who, step.list_queue());
        return;
      case Step::kDrainServer:
        Authorize(who, Verb::kOperate, {"server", ""});
        return admission_.Drain(step.drain_server().message());
      case Step::kUndrainServer:
        Authorize(who, Verb::kOperate, {"server", ""});
        return admission_.Undrain();
      case Step::kCancelJob:
        jobs_.Cancel(who, step.cancel_job());
        return;
      case Step::kShareJob:
        jobs_.Share(who, step.share_job());
        return;
      case Step::kDeleteJob:
        return jobs_.Delete(who, step.delete_job().name());
      case Step::kWatchJob:
        jobs_.Watch(who, step.watch_job().name(), step.watch_job().after_sequence());
        return;
      case Step::kListArtifacts:
        jobs_.ListArtifacts(who, step.list_artifacts());
        return;
      case Step::kDownloadArtifact:
        jobs_.OpenArtifact(who, step.download_artifact().job(), step.download_artifact().artifact());
        return;
      case Step::kComparePartitions:
        CompareAsAsked(jobs_, who, step.compare_partitions());
        return;
      case Step::kAdjustPValues:
        AdjustAsAsked(jobs_, who, step.adjust_p_values());
        return;
      case Step::kCreateExperiment:
        return CreateExperiment(who, step.create_experiment());
      case Step::kGetExperiment:
        return CheckExperiment(experiments_.Get(who, step.get_experiment().name()));
      case Step::kListExperiments:
        return CheckPrints(experiments_.List(who, step.list_experiments()));
      case Step::kResumeExperiment:
        return ResumeExperiment(who, step.resume_experiment().name());
      case Step::kCancelExperiment:
        return CancelExperiment(who, step.cancel_experiment());
      case Step::kShareExperiment:
        return CheckExperiment(experiments_.Share(who, step.share_experiment()));
      case Step::kDeleteExperiment:
        return DeleteExperiment(who, step.delete_experiment().name());
      case Step::kCompareScores:
        return CheckComparison(CompareScoresAsAsked(jobs_, models_, experiments_, who, step.compare_scores()));
      case Step::kFinish:
        return Finish(step.finish());
      case Step::CALL_NOT_SET:
        return;
    }
  }

  /// What the scheduler does when a worker has left this result, or this error.
  void Finish(const modlab::fuzz::Finish& finish) {
    const auto id = ParseName(finish.job(), "jobs");
    modlab::internal::WorkerResult left;
    if (finish.has_result()) {
      *left.mutable_result() = finish.result();
    } else {
      *left.mutable_error() = finish.error();
    }
    const std::string model = data_.database().Transact([&](SQLite::Database& connection) -> std::string {
      const auto job = id ? FindJob(connection, *id) : std::nullopt;
      if (!job || job->state() != Job::QUEUED || !ProblemOfResult(job->spec(), left).empty()) return "";
      if (finish.has_result()) return Succeed(connection, *job, finish.result());
      SetJobError(connection, *id, finish.error());
      SetJobState(connection, *id, Job::FAILED, finish.error().message());
      RecordEnd(data_, connection, limits_, *id);
      return "";
    });
    if (model.empty()) return;
    Made(model);
    Made(models_.Get(kPrincipals[std::size(kPrincipals) - 1], model).inspect_job());
  }

  /// Returns the name of the model that the job has made, if it is one that does.
  std::string Succeed(SQLite::Database& connection, const Job& job, modlab::v1::JobResult result) {
    const std::string id = IdOf(job.name());
    std::string model;
    std::optional<Product> product;
    if (MakesProduct(job.spec())) product = Store(connection, kArchive + std::to_string(made_.size()));
    if (product && !job.spec().has_import_dataset()) {
      model = MakeModelOf(connection, limits_, job, *product);
      if (result.has_build()) result.mutable_build()->set_model(model);
      if (result.has_train()) result.mutable_train()->set_model(model);
      if (result.has_compose()) result.mutable_compose()->set_model(model);
    }
    SetJobResult(connection, id, result);
    SetJobState(connection, id, Job::SUCCEEDED);
    RecordEnd(data_, connection, limits_, id, product);
    return model;
  }

  Product Store(SQLite::Database& connection, const std::string& content) {
    const Product product{Sha256(content), static_cast<int64_t>(content.size())};
    WriteFileAtomically(data_.UploadFile("product"), content);
    data_.blobs().Adopt(data_.UploadFile("product"), product.sha256);
    InsertBlob(connection, product.sha256, product.size_bytes);
    return product;
  }

  /// What the request's strings stand for; see requests.proto.
  void Resolve(Message* message) {
    const auto& reflection = *message->GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(*message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->is_map()) continue;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        if (!field->is_repeated()) Resolve(reflection.MutableMessage(message, field));
        for (int i = 0; field->is_repeated() && i < reflection.FieldSize(*message, field); ++i) {
          Resolve(reflection.MutableRepeatedMessage(message, field, i));
        }
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const auto resolved = [&](const std::string& text) { return Resolved(field->name(), text); };
        if (!field->is_repeated())
          reflection.SetString(message, field, resolved(reflection.GetString(*message, field)));
        for (int i = 0; field->is_repeated() && i < reflection.FieldSize(*message, field); ++i) {
          reflection.SetRepeatedString(message, field, i, resolved(reflection.GetRepeatedString(*message, field, i)));
        }
      }
    }
  }

  std::string Resolved(const std::string& field, const std::string& text) const {
    if (text == "=" && field == "sha256") return Sha256(kArchive);
    if (text == "=" && field == "data") return kArchive;
    if (text.size() != 2 || text[0] != '@') return text;
    const auto number = static_cast<size_t>(static_cast<unsigned char>(text[1]) - '0');
    return number < made_.size() ? made_[number] : text;
  }

  inline static const std::string kArchive = modlab::fuzz::SmallArchive();

  TemporaryDirectory directory_;
  DataDirectory data_{directory_.path() / "data"};
  Limits limits_;
  JobEvents events_;
  Admission admission_{data_, limits_, ""};
  Queue queue_{data_, limits_, admission_};
  Uploads uploads_{data_, limits_, admission_};
  Models models_{data_, limits_, admission_, [] {}};
  Jobs jobs_{data_, limits_, admission_, queue_, events_, [] {}};
  Experiments experiments_{data_, limits_, admission_, events_, [] {}};
  Users users_{data_.database()};
  std::vector<std::string> made_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Requests requests;
  if (!requests.ParseFromArray(data, static_cast<int>(size))) return 0;
  static Server server;
  server.Reset();
  for (int i = 0; i < std::min(requests.steps_size(), kMostSteps); ++i) server.Do(requests.steps(i));
  return 0;
}

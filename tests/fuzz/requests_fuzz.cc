// Requests of several users, one after the other, on a server of their own: server/jobs and server/store below the
// services. A request may be refused with a sentence; nothing else may happen.

#include <iterator>

#include "requests.pb.h"
#include "server/executor/utf8.h"
#include "server/jobs/adjust_p_values.h"
#include "server/jobs/admission.h"
#include "server/jobs/compare_partitions.h"
#include "server/jobs/inspection.h"
#include "server/jobs/jobs.h"
#include "server/jobs/models.h"
#include "server/jobs/queue.h"
#include "server/jobs/request_error.h"
#include "server/jobs/result_check.h"
#include "server/jobs/uploads.h"
#include "server/jobs/users.h"
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

namespace {

constexpr int kMostSteps = 24;

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
    try {
      Call(kPrincipals[step.who() % std::size(kPrincipals)], step);
    } catch (const RequestError& error) {
      const std::string sentence = error.what();
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
        return Made(jobs_.Create(who, step.create_job()).name());
      case Step::kGetJob:
        jobs_.Get(who, step.get_job().name());
        return;
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
      case Step::kFinish:
        return Finish(step.finish());
      case Step::CALL_NOT_SET:
        return;
    }
  }

  /// What the scheduler does when a worker has left this result.
  void Finish(const modlab::fuzz::Finish& finish) {
    const auto id = ParseName(finish.job(), "jobs");
    modlab::internal::WorkerResult result;
    *result.mutable_result() = finish.result();
    data_.database().Transact([&](SQLite::Database& connection) {
      const auto job = id ? FindJob(connection, *id) : std::nullopt;
      if (!job || HasEnded(job->state()) || !ProblemOfResult(job->spec(), result).empty()) return;
      SetJobResult(connection, *id, finish.result());
      SetJobState(connection, *id, modlab::v1::Job::SUCCEEDED);
      RecordInspection(connection, *FindJob(connection, *id));
    });
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
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field->is_repeated()) {
        reflection.SetString(message, field, Resolved(field->name(), reflection.GetString(*message, field)));
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

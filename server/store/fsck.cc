#include "server/store/fsck.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "modlab/v1/experiment.pb.h"
#include "modlab/v1/job.pb.h"
#include "modlab/v1/model.pb.h"
#include "modlab/v1/upload.pb.h"
#include "server/store/attempts_table.h"
#include "server/store/blob_store.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"

namespace modlab::server {
namespace {

namespace fs = std::filesystem;
using modlab::v1::Dataset;
using modlab::v1::Job;
using modlab::v1::Model;
using modlab::v1::Upload;

/// What a daemon has under way (a file whose row is about to be committed) is done after so long.
constexpr auto kSecondLook = std::chrono::seconds(2);

/// How files of artifacts begin that are being copied from an attempt.
constexpr std::string_view kArtifacts = "uploads/artifact-";

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

class Check {
 public:
  Check(const fs::path& root, Database& database, const std::function<void(int64_t, int64_t)>& progress)
      : root_(root), database_(database), progress_(progress), blobs_(root / "blobs") {}

  FsckReport Run() {
    database_.Read([&](SQLite::Database& connection) { CheckStructure(connection); });
    if (!report_.problems.empty()) return report_;  // What follows could only repeat it.
    database_.Read([&](SQLite::Database& connection) {
      CheckJobs(connection);
      CheckEvents(connection);
      CheckModels(connection);
      CheckDatasets(connection);
      CheckExperiments(connection);
      CheckReferences(connection);
      ListBlobs(connection);
    });
    CheckBlobs();
    CheckFiles();
    return report_;
  }

 private:
  template <typename... Arguments>
  void Problem(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    report_.problems.push_back(fmt::format(text, std::forward<Arguments>(arguments)...));
  }

  void CheckStructure(SQLite::Database& connection) {
    Query integrity(connection, "PRAGMA integrity_check");
    while (integrity.executeStep()) {
      const std::string text = integrity.getColumn(0).getString();
      if (text != "ok") Problem("modlab.db: {}", text);
    }
    Query keys(connection, "PRAGMA foreign_key_check");
    while (keys.executeStep()) {
      Problem("modlab.db: a row of {} refers to one of {} that is not there", keys.getColumn(0).getString(),
              keys.getColumn(2).getString());
    }
  }

  template <typename Message>
  bool Readable(const SQLite::Column& column) {
    Message message;
    return ParseColumn(column, &message);
  }

  void CheckJobs(SQLite::Database& connection) {
    Query query(connection,
                "SELECT id, state, spec, error, result, end_time IS NOT NULL, "
                "(SELECT count(*) FROM attempts WHERE attempts.job = jobs.id AND attempts.end_time IS NULL) FROM jobs");
    while (query.executeStep()) {
      ++report_.jobs;
      const std::string id = query.getColumn(0).getString();
      const auto state = static_cast<Job::State>(query.getColumn(1).getInt());
      if (!Job::State_IsValid(state)) Problem("jobs/{}: its state is {}", id, static_cast<int>(state));
      if (!Readable<modlab::v1::JobSpec>(query.getColumn(2))) Problem("jobs/{}: its spec cannot be read", id);
      if (state == Job::FAILED && !Readable<modlab::v1::JobError>(query.getColumn(3))) {
        Problem("jobs/{} has failed, and has no error", id);
      }
      if (state == Job::SUCCEEDED && !Readable<modlab::v1::JobResult>(query.getColumn(4))) {
        Problem("jobs/{} has succeeded, and has no result", id);
      }
      if (HasEnded(state) != (query.getColumn(5).getInt() != 0)) {
        Problem("jobs/{} is {}, and its end time says otherwise", id, Job::State_Name(state));
      }
      const int running = query.getColumn(6).getInt();
      const int expected = state == Job::RUNNING || state == Job::CANCELLING ? 1 : 0;
      if (running != expected) {
        Problem("jobs/{} is {}, and {} attempts at it have not ended", id, Job::State_Name(state), running);
      }
    }
  }

  /// Numbered without gaps, readable, and the last change of state is the state.
  void CheckEvents(SQLite::Database& connection) {
    std::map<std::string, std::pair<int, Job::State>> jobs;
    Query states(connection, "SELECT id, last_sequence, state FROM jobs");
    while (states.executeStep()) {
      jobs[states.getColumn(0).getString()] = {states.getColumn(1).getInt(),
                                               static_cast<Job::State>(states.getColumn(2).getInt())};
    }
    std::map<std::string, std::pair<int, Job::State>> seen;
    Query query(connection, "SELECT job, sequence, event FROM events ORDER BY job, sequence");
    while (query.executeStep()) {
      ++report_.events;
      const std::string id = query.getColumn(0).getString();
      const int sequence = query.getColumn(1).getInt();
      auto& [last, state] = seen[id];
      if (sequence != last + 1) Problem("jobs/{}: its events go from {} to {}", id, last, sequence);
      last = sequence;
      modlab::v1::Event event;
      if (!ParseColumn(query.getColumn(2), &event) || event.sequence() != sequence) {
        Problem("jobs/{}: its event {} cannot be read", id, sequence);
      } else if (event.has_state()) {
        state = event.state().state();
      }
    }
    for (const auto& [id, expected] : jobs) {
      const auto found = seen[id];
      if (found.first != expected.first) {
        Problem("jobs/{}: it has {} events, and should have {}", id, found.first, expected.first);
      } else if (found.second != expected.second) {
        Problem("jobs/{} is {}, and its last event says {}", id, Job::State_Name(expected.second),
                Job::State_Name(found.second));
      }
    }
  }

  void CheckModels(SQLite::Database& connection) {
    Query query(connection, "SELECT id, state, inspection, error FROM models");
    while (query.executeStep()) {
      ++report_.models;
      const std::string id = query.getColumn(0).getString();
      const int state = query.getColumn(1).getInt();
      if (!Model::State_IsValid(state)) Problem("models/{}: its state is {}", id, state);
      if (state == Model::READY && !Readable<modlab::v1::Inspection>(query.getColumn(2))) {
        Problem("models/{} is ready, and has no inspection", id);
      }
      if (state == Model::UNUSABLE && !Readable<modlab::v1::JobError>(query.getColumn(3))) {
        Problem("models/{} is unusable, and has no error", id);
      }
    }
  }

  void CheckDatasets(SQLite::Database& connection) {
    Query query(connection, "SELECT id, state, sha256, description FROM datasets");
    while (query.executeStep()) {
      ++report_.datasets;
      const std::string id = query.getColumn(0).getString();
      const int state = query.getColumn(1).getInt();
      Dataset description;
      if (!Dataset::State_IsValid(state)) Problem("datasets/{}: its state is {}", id, state);
      if (!ParseColumn(query.getColumn(3), &description)) {
        Problem("datasets/{}: its description cannot be read", id);
      } else if (state == Dataset::READY && (query.getColumn(2).isNull() || description.tensors().empty())) {
        Problem("datasets/{} is ready, and has no content", id);
      } else if (state == Dataset::UNUSABLE && !description.has_error()) {
        Problem("datasets/{} is unusable, and has no error", id);
      }
    }
  }

  void CheckExperiments(SQLite::Database& connection) {
    Query specs(connection, "SELECT id, spec FROM experiments");
    while (specs.executeStep()) {
      ++report_.experiments;
      if (Readable<modlab::v1::ExperimentSpec>(specs.getColumn(1))) continue;
      Problem("experiments/{}: its spec cannot be read", specs.getColumn(0).getString());
    }
    Query jobs(connection, "SELECT experiment, position, description FROM experiment_jobs");
    while (jobs.executeStep()) {
      modlab::v1::ExperimentJob job;
      if (ParseColumn(jobs.getColumn(2), &job) && !job.step().empty()) continue;
      Problem("experiments/{}: its job {} cannot be read", jobs.getColumn(0).getString(), jobs.getColumn(1).getInt());
    }
  }

  void CheckReferences(SQLite::Database& connection) {
    const auto each = [&](const std::string& sql, const auto& tell) {
      Query query(connection, sql);
      while (query.executeStep()) tell(query.getColumn(0).getString());
    };
    each(fmt::format("SELECT id FROM uploads WHERE state = {} AND sha256 NOT IN (SELECT sha256 FROM blobs)",
                     static_cast<int>(Upload::COMPLETE)),
         [&](const std::string& id) { Problem("uploads/{} is complete, and its content is not stored", id); });
    each(fmt::format("SELECT job FROM job_inputs JOIN jobs ON jobs.id = job WHERE state IN ({}) "
                     "AND sha256 NOT IN (SELECT sha256 FROM blobs)",
                     UnfinishedStates()),
         [&](const std::string& id) { Problem("jobs/{}: the content of its inputs is not stored", id); });
    each(fmt::format("SELECT sha256 FROM blobs WHERE sha256 NOT IN (SELECT sha256 FROM models) "
                     "AND sha256 NOT IN (SELECT sha256 FROM artifacts) "
                     "AND sha256 NOT IN (SELECT sha256 FROM datasets WHERE sha256 IS NOT NULL) "
                     "AND sha256 NOT IN (SELECT sha256 FROM job_inputs JOIN jobs ON jobs.id = job "
                     "WHERE state IN ({})) "
                     "AND sha256 NOT IN (SELECT sha256 FROM uploads WHERE state = {})",
                     UnfinishedStates(), static_cast<int>(Upload::COMPLETE)),
         [&](const std::string& sha256) { Problem("blob {}: nothing refers to it", sha256); });
    each(fmt::format("SELECT id FROM jobs WHERE state = {} AND id NOT IN (SELECT job FROM dependencies)",
                     static_cast<int>(Job::WAITING)),
         [&](const std::string& id) { Problem("jobs/{} waits, and there is nothing that it waits for", id); });
    each(fmt::format("SELECT dependencies.job FROM dependencies JOIN jobs ON jobs.id = dependencies.job "
                     "WHERE state = {} AND needs NOT IN (SELECT id FROM jobs WHERE state IN ({}))",
                     static_cast<int>(Job::WAITING), UnfinishedStates()),
         [&](const std::string& id) { Problem("jobs/{} waits for a job that is not there, or has ended", id); });
    each(
        "WITH named AS (SELECT 'jobs/' || id AS name FROM jobs UNION SELECT 'models/' || id FROM models "
        "UNION SELECT 'datasets/' || id FROM datasets UNION SELECT 'experiments/' || id FROM experiments) "
        "SELECT resource FROM labels WHERE resource NOT IN (SELECT name FROM named) UNION "
        "SELECT resource FROM shares WHERE resource NOT IN (SELECT name FROM named)",
        [&](const std::string& name) { Problem("{}: it has labels or shares, and is not there", name); });
  }

  void ListBlobs(SQLite::Database& connection) {
    Query query(connection, "SELECT sha256, size_bytes FROM blobs");
    while (query.executeStep()) {
      sizes_[query.getColumn(0).getString()] = query.getColumn(1).getInt64();
      report_.blob_bytes += query.getColumn(1).getInt64();
    }
    report_.blobs = static_cast<int64_t>(sizes_.size());
    Query uploads(connection, "SELECT count(*) FROM uploads");
    uploads.executeStep();
    report_.uploads = uploads.getColumn(0).getInt64();
  }

  bool BlobIsKnown(const std::string& sha256) {
    return database_.Read([&](SQLite::Database& connection) {
      return Query(connection, "SELECT 1 FROM blobs WHERE sha256 = ?", sha256).executeStep();
    });
  }

  void CheckBlobs() {
    int64_t done = 0;
    for (const auto& [sha256, size] : sizes_) {
      progress_(done, report_.blob_bytes);
      done += size;
      const std::string problem = ProblemOfBlob(sha256, size);
      if (!problem.empty() && BlobIsKnown(sha256)) Problem("blob {}: {}", sha256, problem);
    }
    progress_(done, report_.blob_bytes);
  }

  std::string ProblemOfBlob(const std::string& sha256, int64_t size) const {
    std::error_code error;
    const auto found = static_cast<int64_t>(fs::file_size(blobs_.PathOf(sha256), error));
    if (error) return error.message();
    if (found != size) return fmt::format("its file has {} bytes, and should have {}", found, size);
    try {
      const std::string digest = Sha256OfFile(blobs_.PathOf(sha256));
      return digest == sha256 ? "" : "its content has another digest: " + digest;
    } catch (const std::exception& problem) {
      return problem.what();
    }
  }

  /// Files that no row knows, and attempts without their directory. A daemon makes an attempt's directory before it
  /// notes the attempt and removes it when that has ended, and each may take long: what is there of a job that is known
  /// is no damage, and the next daemon's start removes it. The same is true of artifacts that are being copied.
  std::set<std::string> StrangeFiles() {
    std::set<std::string> uploads;
    std::set<std::string> attempts;
    std::set<std::string> jobs;
    std::set<std::string> blobs;
    database_.Read([&](SQLite::Database& connection) {
      for (const OpenAttempt& attempt : OpenAttempts(connection)) {
        attempts.insert(fmt::format("attempts/{}/{}", attempt.job, attempt.number));
      }
      Query ids(connection, "SELECT id FROM jobs");
      while (ids.executeStep()) jobs.insert(ids.getColumn(0).getString());
      Query query(connection, "SELECT 'uploads/' || id FROM uploads");
      while (query.executeStep()) uploads.insert(query.getColumn(0).getString());
      Query known(connection, "SELECT 'blobs/' || substr(sha256, 1, 2) || '/' || sha256 FROM blobs");
      while (known.executeStep()) blobs.insert(known.getColumn(0).getString());
    });
    std::set<std::string> strange;
    std::error_code gone;
    const auto look = [&](const fs::path& directory, const auto& is_expected) {
      for (const auto& entry : fs::directory_iterator(directory, gone)) {
        const std::string name = fs::relative(entry.path(), root_).string();
        if (!is_expected(name)) strange.insert(name + " is there, and nothing refers to it");
      }
    };
    for (const auto& part : fs::directory_iterator(root_ / "blobs", gone)) {
      look(part.path(), [&](const std::string& name) { return blobs.contains(name); });
    }
    for (const auto& job : fs::directory_iterator(root_ / "attempts", gone)) {
      const bool known = jobs.contains(job.path().filename().string());
      look(job.path(), [&](const std::string& name) { return known && IsNumber(fs::path(name).filename()); });
    }
    look(root_ / "uploads",
         [&](const std::string& name) { return uploads.contains(name) || name.starts_with(kArtifacts); });
    for (const std::string& attempt : attempts) {
      if (!fs::exists(root_ / attempt, gone)) strange.insert(attempt + " is missing, and the attempt has not ended");
    }
    return strange;
  }

  void CheckFiles() {
    std::set<std::string> strange = StrangeFiles();
    if (strange.empty()) return;
    std::this_thread::sleep_for(kSecondLook);
    const std::set<std::string> still = StrangeFiles();
    for (const std::string& text : strange) {
      if (still.contains(text)) Problem("{}", text);
    }
  }

  const fs::path& root_;
  Database& database_;
  const std::function<void(int64_t, int64_t)>& progress_;
  BlobStore blobs_;
  std::map<std::string, int64_t> sizes_;
  FsckReport report_;
};

}  // namespace

FsckReport CheckDataDirectory(const fs::path& root, Database& database,
                              const std::function<void(int64_t, int64_t)>& progress) {
  return Check(root, database, progress).Run();
}

}  // namespace modlab::server

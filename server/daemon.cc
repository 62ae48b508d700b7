#include "server/daemon.h"

#include <fmt/format.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "server/executor/delegated_cgroup.h"
#include "server/executor/local_executor.h"
#include "server/executor/sandbox_probe.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/quotas.h"
#include "server/jobs/retention.h"
#include "server/jobs/scheduler.h"
#include "server/rpc/services.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/telemetry/audit_log.h"
#include "server/telemetry/metrics.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;

constexpr int kPoolThreads = 8;
constexpr auto kFarewell = std::chrono::milliseconds(200);

std::string UserName() {
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : fmt::format("uid{}", ::geteuid());
}

void CheckProgram(const std::filesystem::path& program, const char* option) {
  if (::access(program.c_str(), X_OK) != 0) {
    throw std::runtime_error(fmt::format("the program {} is missing or cannot be run: reinstall modlab, or give {}",
                                         program.string(), option));
  }
}

/// A connection takes a descriptor, and a daemon without any can neither start nor follow a job.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Why jobs are refused; empty: they are taken.
std::string RefusalOf(const SandboxReport& sandbox) {
  if (sandbox.sufficient) return "";
  return sandbox.text + ": the server's operator can mend that, or start modlabd with --sandbox best-effort";
}

/// Finds out what models can be held in by; where that is not sufficient, the text is a sentence that says so.
SandboxReport ProbeSandbox(const Options& options, const DataDirectory& data,
                           const std::optional<DelegatedCgroup>& cgroup, Limits* limits) {
  if (options.sandbox == SandboxMode::kOff) {
    spdlog::warn("the sandbox is off: models run with the rights of {}", UserName());
    return {true, "models run with your rights"};
  }
  const auto probe = [&](uid_t uid) { return ProbeSandbox(options.supervisor, options.sandbox, uid, data.root()); };
  SandboxReport report = probe(limits->uids > 0 ? limits->first_uid : 0);
  if (!report.sufficient && limits->uids > 0) {
    // A container's root may not have these uids.
    const SandboxReport without = probe(0);
    if (without.sufficient) {
      spdlog::warn("jobs keep the server's uid: {}", report.text);
      limits->uids = 0;
      report = without;
    }
  }
  if (report.sufficient) {
    if (cgroup) report.text += ", " + cgroup->level;
    spdlog::info("models are held in by: {}", report.text);
    return report;
  }
  report.text = fmt::format("jobs are refused, since models cannot be confined here ({})", report.text);
  spdlog::error("{}", RefusalOf(report));
  return report;
}

/// System calls of any thread go on after the signal.
void RestartCallsAfter(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  action.sa_flags |= SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

/// The daemon's parts, in the order in which they depend on each other, and the few decisions between them.
class Daemon {
 public:
  explicit Daemon(const Options& options)
      : options_(options),
        limits_(options.limits),
        cgroup_(TakeDelegatedCgroup()),
        data_(options.data_directory),
        sandbox_(ProbeSandbox(options, data_, cgroup_, &limits_)),
        executor_({options.supervisor, options.worker, sandbox_.sufficient ? limits_.warm_workers : 0, options.sandbox,
                   cgroup_ ? cgroup_->path : ""}),
        admission_(data_, limits_, RefusalOf(sandbox_)),
        audit_(data_.root() / "audit.log"),
        metrics_([this] { return Present(); }),
        scheduler_(context_, data_, events_, executor_, admission_, metrics_, limits_),
        queue_(data_, limits_, admission_),
        uploads_(data_, limits_, admission_),
        models_(data_, limits_, admission_, [this] { scheduler_.Wake(); }),
        datasets_(data_, limits_, admission_, [this] { scheduler_.Wake(); }),
        jobs_(data_, limits_, admission_, queue_, events_, [this] { scheduler_.Wake(); }),
        experiments_(data_, limits_, admission_, events_, [this] { scheduler_.Wake(); }),
        retention_(data_, limits_, uploads_, events_),
        users_(data_.database()),
        authenticator_({UserName(), modlab::v1::ADMIN}, users_),
        call_{pool_, calls_, authenticator_, {audit_, metrics_}},
        model_service_(call_, models_),
        dataset_service_(call_, datasets_),
        upload_service_(call_, uploads_),
        job_service_(call_, jobs_, models_, experiments_, queue_, events_),
        experiment_service_(call_, experiments_),
        server_service_(
            call_, admission_, [this](const Principal& principal) { return Describe(principal); },
            [this](bool requeue) { boost::asio::post(context_, [this, requeue] { Stop(requeue); }); }),
        signals_(context_, SIGTERM, SIGINT),
        children_(context_, SIGCHLD),
        housekeeping_(context_),
        start_micros_(NowMicros()) {}

  int Run() {
    const auto is_user = [this](uid_t uid) { return authenticator_.IsUser(uid); };
    RpcServer server(
        context_, options_.listen, options_.tls, is_user,
        {&model_service_, &dataset_service_, &upload_service_, &job_service_, &experiment_service_, &server_service_});
    for (const ListenAddress& address : options_.listen) spdlog::info("listening on {}", address.text);
    if (!options_.metrics.empty()) {
      metrics_.Serve(options_.metrics);
      spdlog::info("metrics are at http://{}/metrics", options_.metrics);
    }
    ::sd_notify(0, "READY=1");  // nothing where systemd did not start us
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      spdlog::info("stopping on signal {}", signal);
      Stop(false);
    });
    RestartCallsAfter(SIGCHLD);
    AwaitChild();
    scheduler_.Start();
    KeepHouse();
    context_.run();
    // gRPC drops what arrives during its shutdown without a word; until the clients have heard of it, we answer.
    std::this_thread::sleep_for(kFarewell);
    server.Shutdown();
    pool_.join();
    spdlog::info("stopped");
    return 0;
  }

 private:
  /// When a supervisor ends, its attempt is over: at once, not when the scheduler looks the next time.
  void AwaitChild() {
    children_.async_wait([this](const boost::system::error_code& error, int /*signal*/) {
      if (error) return;
      LocalExecutor::Reap();
      scheduler_.Wake();
      AwaitChild();
    });
  }

  modlab::v1::Server Describe(const Principal& principal) {
    modlab::v1::Server server;
    server.set_version(MODLAB_VERSION);
    server.add_api_versions("modlab.v1");
    server.add_job_kinds(Job::INSPECT);
    server.add_job_kinds(Job::SCORE);
    server.add_job_kinds(Job::GRAPH);
    server.add_job_kinds(Job::IMPORT);
    server.add_job_kinds(Job::BUILD);
    server.add_job_kinds(Job::TRAIN);
    server.add_job_kinds(Job::COMPOSE);
    server.add_model_formats(modlab::v1::Model::TORCHSCRIPT);
    auto* limits = server.mutable_limits();
    limits->set_upload_bytes(limits_.largest_upload_bytes);
    limits->set_message_bytes(4 << 20);
    *limits->mutable_job() = LargestResources(limits_);
    limits->set_queued_jobs(limits_.queued_jobs);
    limits->set_attempts(limits_.attempts);
    *server.mutable_default_resources() = DefaultResources(limits_);
    server.set_sandbox(sandbox_.text);
    server.set_sandbox_insufficient(!sandbox_.sufficient);
    *server.mutable_start_time() = ToTimestamp(start_micros_);
    server.set_pid(::getpid());
    server.set_on_demand(options_.on_demand);
    server.set_stopping(stopping_);
    server.set_workers(limits_.workers);
    server.set_warm_workers(warm_);
    server.set_user(principal.name);
    server.set_role(principal.role);
    server.set_draining(admission_.draining());
    server.set_paused(admission_.Paused());
    server.set_free_bytes(static_cast<double>(admission_.free_bytes()));
    server.set_min_free_bytes(static_cast<double>(limits_.min_free_bytes));
    data_.database().Read([&](SQLite::Database& connection) {
      *server.mutable_quota() = QuotaOf(connection, limits_, principal.name);
      server.set_queued_jobs(CountJobs(connection, Job::QUEUED));
      server.set_running_jobs(CountJobs(connection, Job::RUNNING) + CountJobs(connection, Job::CANCELLING));
    });
    return server;
  }

  Metrics::Present Present() {
    Metrics::Present present;
    for (const JobCount& count : data_.database().Read([](SQLite::Database& c) { return CountAllJobs(c); })) {
      present.jobs[{Job::Kind_Name(count.kind), Job::State_Name(count.state)}] = count.count;
    }
    present.free_bytes = static_cast<double>(admission_.free_bytes());
    present.warm_workers = warm_;
    present.paused = !admission_.Paused().empty();
    return present;
  }

  void Stop(bool requeue) {
    if (stopping_.exchange(true)) return;
    ::sd_notify(0, "STOPPING=1");
    calls_.InterruptAll();
    scheduler_.Stop(requeue, [this] { context_.stop(); });
  }

  bool Idle() {
    const bool quiet = calls_.Idle() > std::chrono::duration<double>(options_.idle_seconds);
    return quiet && data_.database().Read([](SQLite::Database& connection) {
      return CountJobs(connection, Job::QUEUED) + CountJobs(connection, Job::RUNNING) +
                 CountJobs(connection, Job::CANCELLING) + CountJobs(connection, Job::WAITING) ==
             0;
    });
  }

  /// Once a second: what no event brings about.
  void KeepHouse() {
    warm_ = executor_.warm();
    try {
      admission_.LookAtDisk();
      retention_.Run();
      if (options_.on_demand && Idle()) {
        spdlog::info("leaving: nobody has needed this daemon for a while");
        return Stop(false);
      }
    } catch (const std::exception& error) {
      spdlog::error("housekeeping: {}", error.what());
    }
    housekeeping_.expires_after(std::chrono::seconds(1));
    housekeeping_.async_wait([this](const boost::system::error_code& error) {
      if (!error) KeepHouse();
    });
  }

  const Options& options_;
  Limits limits_;
  boost::asio::io_context context_;
  boost::asio::thread_pool pool_{kPoolThreads};
  std::optional<DelegatedCgroup> cgroup_;
  DataDirectory data_;
  SandboxReport sandbox_;
  JobEvents events_;
  LiveCalls calls_;
  LocalExecutor executor_;
  Admission admission_;
  AuditLog audit_;
  Metrics metrics_;
  Scheduler scheduler_;
  Queue queue_;
  Uploads uploads_;
  Models models_;
  Datasets datasets_;
  Jobs jobs_;
  Experiments experiments_;
  Retention retention_;
  Users users_;
  Authenticator authenticator_;
  CallContext call_;
  ModelService model_service_;
  DatasetService dataset_service_;
  UploadService upload_service_;
  JobService job_service_;
  ExperimentService experiment_service_;
  ServerService server_service_;
  boost::asio::signal_set signals_;
  boost::asio::signal_set children_;
  boost::asio::steady_timer housekeeping_;
  int64_t start_micros_;
  std::atomic<int> warm_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace

int RunDaemon(const Options& options) {
  RaiseDescriptorLimit();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  ::umask(077);
  CheckProgram(options.supervisor, "--supervisor");
  CheckProgram(options.worker, "--worker");
  return Daemon(options).Run();
}

}  // namespace modlab::server

#include "server/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <map>
#include <thread>

namespace modlab::server {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(
Examples:
  modlabd --listen unix:/run/modlab/modlabd.sock --data-dir /var/lib/modlab
  modlabd --config /etc/modlab/modlabd.conf
  modlabd --listen 0.0.0.0:7443 --tls-cert server.pem --tls-key server.key --data-dir /var/lib/modlab
  modlabd --listen 127.0.0.1:7443 --insecure --data-dir ./data --workers 4

Users and tokens, for HOST:PORT with TLS (also while the server runs):
  modlabd user add alice --data-dir /var/lib/modlab
  modlabd token create alice --expires 90d --data-dir /var/lib/modlab

A configuration file has a line `option=value` for each option, named as on the command line:
  listen=unix:/run/modlab/modlabd.sock
  data-dir=/var/lib/modlab
  workers=4

Signals: SIGTERM and SIGINT stop the daemon; running jobs go on and the next start takes them up.
Exit codes: 0 stopped, 1 could not start or failed, 2 usage.)";

/// Where the programs beside this one are.
fs::path Sibling(const char* name) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return self.parent_path() / name;
}

std::map<std::string, double> SecondsOfUnits() { return {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}; }

/// `FIRST-LAST`, or empty for the default. What is wrong with it; empty if nothing is.
std::string SetUids(const std::string& text, Limits* limits) {
  // Of the ranges that no distribution and no part of systemd uses, one that containers have, too.
  uint32_t first = 60578;
  uint32_t last = 61183;
  if (!text.empty()) {
    const char* end = text.data() + text.size();
    const auto dash = std::from_chars(text.data(), end, first);
    if (dash.ec != std::errc() || dash.ptr == end || *dash.ptr != '-') return "--sandbox-uids takes FIRST-LAST";
    const auto rest = std::from_chars(dash.ptr + 1, end, last);
    if (rest.ec != std::errc() || rest.ptr != end) return "--sandbox-uids takes FIRST-LAST";
  }
  if (first == 0 || last < first || last - first >= 1'000'000) return "--sandbox-uids: 1 to 1000000 of them, without 0";
  limits->first_uid = first;
  limits->uids = static_cast<int>(last - first) + 1;
  if (limits->uids < limits->workers) return "--sandbox-uids: there must be one for each of the --workers";
  return "";
}

}  // namespace

std::optional<Options> ParseOptions(int argc, char** argv, int* exit_code) {
  Options options;
  options.supervisor = Sibling("modlab-supervisor");
  options.worker = Sibling("modlab-worker");
  options.limits.workers = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  Limits& limits = options.limits;
  std::vector<std::string> listen;
  bool insecure = false;
  std::string sandbox = ToString(options.sandbox);
  std::string uids;
  auto job_disk = static_cast<uint64_t>(limits.job_disk_bytes);
  uint64_t user_storage = 0;
  auto min_free = static_cast<uint64_t>(limits.min_free_bytes);
  double retention_seconds = 0;
  auto memory = static_cast<uint64_t>(limits.default_memory_bytes);
  double wall_seconds = static_cast<double>(limits.default_wall_milliseconds) / 1000;

  CLI::App app{"modlabd: the modlab compute server. It accepts, queues and serves jobs about neural networks."};
  app.footer(kExamples);
  app.set_version_flag("--version", "modlabd " MODLAB_VERSION);
  app.set_config("--config", "", "Read options from this file; the command line goes before it")
      ->check(CLI::ExistingFile);
  app.allow_config_extras(CLI::config_extras_mode::error);  // a misspelt option must not be ignored
  app.add_option("--listen", listen,
                 "Address to listen on: unix:/PATH (yours alone), shared:/PATH (for all users of this machine whom "
                 "`modlabd user "
                 "add` has named; they are known by their uid) or HOST:PORT; may be given several times")
      ->required();
  app.add_option("--data-dir", options.data_directory, "Directory for jobs, models and results; created if absent")
      ->required();
  app.add_option("--workers", limits.workers, "Jobs that run at once [number of cores]")->check(CLI::Range(1, 1024));
  app.add_option("--threads-per-worker", limits.threads_per_worker, "Threads of a job that does not say [1]")
      ->check(CLI::Range(1, 1024));
  app.add_option("--warm-workers", limits.warm_workers, "Workers that wait for a job with LibTorch loaded [2]")
      ->check(CLI::Range(0, 64));
  app.add_option("--default-memory", memory, "Memory of a job that does not say, e.g. 4GiB [4GiB]")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--default-time", wall_seconds, "Wall time of a job that does not say, e.g. 30m [1h]")
      ->transform(CLI::AsNumberWithUnit(SecondsOfUnits(), CLI::AsNumberWithUnit::CASE_SENSITIVE));
  app.add_option("--sandbox", sandbox,
                 "How models are confined: required (jobs are refused where that cannot be done), best-effort, off "
                 "[required]")
      ->check(CLI::IsMember({"required", "best-effort", "off"}));
  app.add_option("--sandbox-uids", uids, "Where modlabd is root: uids that jobs run under, one each [60578-61183]");
  app.add_option("--user-running", limits.user_running_jobs, "Jobs of one user that run at once; 0: no limit [0]")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--user-queued", limits.user_queued_jobs, "Jobs of one user that wait at once; 0: no limit [0]")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--user-storage", user_storage,
                 "What a user's models, uploads and artifacts may take, e.g. 100GiB; 0: no limit [0]")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--min-free", min_free,
                 "With less room on the data directory's disk nothing new is taken or started, e.g. 10GiB [256MiB]")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--retention", retention_seconds,
                 "How long ended jobs are kept with their results, e.g. 90d; 0: for ever [0]")
      ->transform(CLI::AsNumberWithUnit(SecondsOfUnits(), CLI::AsNumberWithUnit::CASE_SENSITIVE))
      ->check(CLI::NonNegativeNumber);
  app.add_option("--job-disk", job_disk, "What a job may write while it runs, e.g. 8GiB [8GiB]")
      ->transform(CLI::AsSizeValue(false));
  auto* certificate = app.add_option("--tls-cert", options.tls.certificate,
                                     "The server's certificate (PEM), for HOST:PORT; read again when it is renewed")
                          ->check(CLI::ExistingFile);
  app.add_option("--tls-key", options.tls.key, "Its key (PEM)")->check(CLI::ExistingFile);
  app.add_option("--tls-client-ca", options.tls.client_ca,
                 "Certificates (PEM) that sign the users', whose common names are users' names [tokens only]")
      ->check(CLI::ExistingFile)
      ->needs(certificate);
  app.add_flag("--insecure", insecure,
               "Allow HOST:PORT without TLS, where everybody who can connect may do everything");
  app.add_flag("--on-demand", options.on_demand, "Leave after a while without calls and jobs");
  app.add_option("--idle-time", options.idle_seconds, "How long that while is, e.g. 10m [10m]")
      ->transform(CLI::AsNumberWithUnit(SecondsOfUnits(), CLI::AsNumberWithUnit::CASE_SENSITIVE));
  app.add_option("--supervisor", options.supervisor, "Program modlab-supervisor [beside modlabd]");
  app.add_option("--worker", options.worker, "Program modlab-worker [beside modlabd]");
  app.add_option("--metrics", options.metrics,
                 "HOST:PORT for Prometheus (GET /metrics), without encryption or authentication [none]");
  app.add_option("--log-format", options.log_format, "text, or json: one object a line [text]")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, LogFormat>{{"text", LogFormat::kText}, {"json", LogFormat::kJson}}));
  app.add_option("--log-level", options.log_level, "debug, info, warn or error [info]")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  const auto usage = [&](const std::string& message) {
    fmt::print(stderr, "modlabd: {}\nRun `modlabd --help` for the options.\n", message);
    *exit_code = 2;
    return std::nullopt;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    *exit_code = app.exit(done);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return usage(error.what());
  }
  limits.default_memory_bytes = static_cast<int64_t>(memory);
  limits.default_wall_milliseconds = static_cast<int64_t>(wall_seconds * 1000);
  if (memory < (1U << 20) || limits.default_memory_bytes > limits.largest_memory_bytes) {
    return usage("--default-memory is out of range: give 1MiB or more");
  }
  if (limits.default_wall_milliseconds < 1 || limits.default_wall_milliseconds > limits.largest_wall_milliseconds) {
    return usage("--default-time is out of range: give over 0s to 30d");
  }
  if (job_disk < (1U << 20) || job_disk > INT64_MAX) return usage("--job-disk is out of range: give 1MiB or more");
  limits.job_disk_bytes = static_cast<int64_t>(job_disk);
  if (user_storage > INT64_MAX) return usage("--user-storage is out of range");
  limits.user_stored_bytes = static_cast<int64_t>(user_storage);
  if (min_free > (uint64_t{1} << 50)) return usage("--min-free is out of range: give at most 1PiB");
  limits.min_free_bytes = static_cast<int64_t>(min_free);
  if (retention_seconds > 1e9) return usage("--retention is out of range: give at most 30 years, or 0 for ever");
  limits.retention_micros = static_cast<int64_t>(retention_seconds * 1e6);
  options.sandbox = *ParseSandboxMode(sandbox);
  if (const std::string problem = SetUids(uids, &limits); !problem.empty()) return usage(problem);
  if (::geteuid() != 0 || options.sandbox == SandboxMode::kOff) limits.uids = 0;
  const bool tls = !options.tls.certificate.empty();
  if (tls == options.tls.key.empty()) return usage("--tls-cert and --tls-key go together");
  if (tls && insecure) return usage("--insecure and --tls-cert exclude each other");
  for (const std::string& address : listen) {
    options.listen.push_back({address});
    const ListenAddress& last = options.listen.back();
    if (!last.unix_socket() && !last.shared_socket() && !insecure && !tls) {
      return usage(
          fmt::format("{} would let everybody who can connect run programs as you: give --tls-cert and --tls-key, or "
                      "--insecure if that is meant, or listen on unix:/PATH",
                      address));
    }
  }
  return options;
}

}  // namespace modlab::server

// Stands in for modlab-worker in the hands of an attacker: goes into the sandbox as the real one does, and then, in
// place of a job, tries the attack whose number is the job's seed. Ends with status 10 and a line `denied: ...` where
// the system refused it, with 11 and `ESCAPED` where it worked.
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "modlab/internal/attempt.pb.h"
#include "server/executor/event_log.h"
#include "server/executor/files.h"
#include "server/sandbox/sandbox.h"
#include "server/worker/resource_limits.h"

namespace {

using namespace modlab::server;
using namespace std::string_literals;
using modlab::internal::AttemptSpec;
using modlab::internal::WorkerEvent;
using modlab::internal::WorkerResult;

[[noreturn]] void Denied(const std::string& how) {
  std::cout << "denied: " << how << std::endl;
  ::_exit(10);
}

[[noreturn]] void Escaped(const std::string& how) {
  std::cout << "ESCAPED: " << how << std::endl;
  ::_exit(11);
}

// What a call that must fail returned.
void Expect(long result, const std::string& what) {
  if (result >= 0) Escaped(what);
  Denied(what + ": " + std::strerror(errno));
}

int OpenForReading(const std::string& path) { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }
int OpenForWriting(const std::string& path) { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }

void Overwrite(const std::string& path, const std::string& bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.valid()) WriteAll(file.get(), bytes);
}

WorkerResult ScoreResult(const AttemptSpec& spec, double modularity, int label, int labels) {
  WorkerResult result;
  auto& score = *result.mutable_result()->mutable_score();
  auto& graph = *score.mutable_graph();
  graph.set_units(106);
  auto& group = *graph.add_groups();
  group.set_name("forged");
  group.set_units(106);
  auto& partition = *score.add_partitions();
  partition.set_clusters(3);
  for (int i = 0; i < labels; ++i) partition.add_labels(label);
  for (const int size : {35, 35, 36}) partition.add_sizes(size);
  for (const int size : {35, 35, 36}) partition.add_group_sizes(size);
  for (int cluster = 0; cluster < 3; ++cluster) partition.add_cluster_measures();
  partition.add_group_measures();
  partition.mutable_modularity()->set_newman(modularity);
  *result.mutable_result()->mutable_provenance()->mutable_spec() = spec.spec();
  return result;
}

// A training's result that is in order.
WorkerResult TrainResult(const AttemptSpec& spec) {
  WorkerResult result;
  auto& train = *result.mutable_result()->mutable_train();
  train.set_epochs(1);
  train.set_steps(1);
  auto& record = *train.add_series();
  record.mutable_goal()->set_expression(spec.spec().train().goals(0));
  record.set_loss(0.1);
  *result.mutable_result()->mutable_provenance()->mutable_spec() = spec.spec();
  return result;
}

// A composition's result that is in order.
WorkerResult ComposeResult(const AttemptSpec& spec) {
  WorkerResult result;
  auto& compose = *result.mutable_result()->mutable_compose();
  auto& layer = *compose.add_layers();
  layer.set_name("stack.fc1");
  layer.set_operation("linear");
  for (int part = 0; part < 2; ++part) layer.add_inputs(64);
  for (int part = 0; part < 2; ++part) layer.add_outputs(32);
  compose.set_cross_connections(2 * 64 * 32);
  *result.mutable_result()->mutable_provenance()->mutable_spec() = spec.spec();
  return result;
}

// In an empty root of its own, the parent is that root.
[[noreturn]] void ListParent() {
  DIR* parent = ::opendir("..");
  if (parent == nullptr) Denied(std::strerror(errno));
  while (const dirent* entry = ::readdir(parent)) {
    const std::string name = entry->d_name;
    if (name != "." && name != ".." && name != "in" && name != "out") Escaped(name);
  }
  Denied("there is nobody");
}

// A thread that libraries could have started before the sandbox; it tries a file when it is told to.
struct EarlyThread {
  std::atomic<bool> go = false;
  std::atomic<int> outcome = 0;
  std::thread thread{[this] {
    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const int file = OpenForReading("/etc/passwd");
    outcome = file >= 0 ? 1 : -errno;
  }};
};

[[noreturn]] void Forge(const WorkerResult& result) {
  Overwrite("out/result.binpb", result.SerializeAsString());
  ::_exit(0);
}

void FloodEvents(const std::string& payload) {
  EventLogWriter log("out/events.log");
  while (true) log.Append(payload);
}

struct Attack {
  const char* name;
  std::function<void(const AttemptSpec&, EarlyThread&)> run;
};

#define ATTACK(name, ...)                                   \
  {                                                         \
    name, [](const AttemptSpec& spec, EarlyThread& early) { \
      (void)spec, (void)early;                              \
      __VA_ARGS__;                                          \
    }                                                       \
  }

// Their numbers are the order; --list prints the names.
const std::vector<Attack> kAttacks = {
    // Calls that nothing honest makes.
    ATTACK("socket_inet", Expect(::socket(AF_INET, SOCK_STREAM, 0), "socket")),
    ATTACK("socket_unix", Expect(::socket(AF_UNIX, SOCK_STREAM, 0), "socket")),
    ATTACK("socket_pair", int pair[2]; Expect(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair")),
    ATTACK("exec", ::execl("/bin/true", "true", nullptr); Denied("exec")),
    ATTACK("fork", const long pid = ::syscall(SYS_fork); if (pid == 0)::_exit(0); Expect(pid, "fork")),
    ATTACK("clone_process", const long pid = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
           if (pid == 0)::_exit(0); Expect(pid, "clone")),
    ATTACK("ptrace_supervisor", Expect(::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr), "ptrace")),
    ATTACK("read_supervisors_memory", char byte; iovec local = {&byte, 1}; iovec remote = {&byte, 1};
           Expect(::process_vm_readv(::getppid(), &local, 1, &remote, 1, 0), "process_vm_readv")),
    ATTACK("kill_supervisor", Expect(::kill(::getppid(), SIGKILL), "kill")),
    ATTACK("kill_everybody", Expect(::kill(-1, SIGKILL), "kill")),
    ATTACK("mount", Expect(::mount("none", "out", "tmpfs", 0, nullptr), "mount")),
    ATTACK("unshare", Expect(::unshare(CLONE_NEWUSER), "unshare")),
    ATTACK("chroot", Expect(::chroot("out"), "chroot")),
    ATTACK("io_uring", io_uring_params parameters{}; Expect(::syscall(SYS_io_uring_setup, 4, &parameters), "io_uring")),
    ATTACK("bpf", bpf_attr attributes{};
           Expect(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)), "bpf")),
    ATTACK("keyctl", Expect(::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1), "keyctl")),
    ATTACK("become_root", Expect(::setuid(0), "setuid")),
    ATTACK("memfd", Expect(::memfd_create("program", 0), "memfd_create")),
    ATTACK("link_out", Expect(::symlink("/etc/passwd", "out/result.binpb"), "symlink")),
    ATTACK("fifo", Expect(::mkfifo("out/result.binpb", 0600), "mkfifo")),
    ATTACK("truncate_outside", Expect(::truncate("/etc/passwd", 0), "truncate")),
    ATTACK("ignore_the_filter", ::signal(SIGSYS, SIG_IGN); Expect(::socket(AF_INET, SOCK_STREAM, 0), "socket")),
    // Files of others.
    ATTACK("read_passwd", Expect(OpenForReading("/etc/passwd"), "open")),
    ATTACK("read_environment", Expect(OpenForReading("/proc/" + std::to_string(::getppid()) + "/environ"), "open")),
    ATTACK("read_limits", Expect(OpenForReading("limits"), "open")),
    ATTACK("list_neighbours", ListParent()),
    ATTACK("read_device", Expect(OpenForReading("/dev/mem"), "open")),
    ATTACK("write_outside", Expect(OpenForWriting("/tmp/modlab-escaped"), "open")),
    ATTACK("write_home", Expect(OpenForWriting("ended"), "open")),
    ATTACK("overwrite_input", Expect(OpenForWriting("in/model.pt"), "open")),
    ATTACK("remove_input", Expect(::unlink("in/spec.binpb"), "unlink")),
    ATTACK("move_input", Expect(::rename("in/spec.binpb", "out/spec"), "rename")),
    ATTACK("open_to_all", Expect(::chmod("out", 0777), "chmod")),
    ATTACK("thread_of_before", early.go = true; while (early.outcome == 0)::sched_yield(); errno = -early.outcome;
           Expect(early.outcome == 1 ? 0 : -1, "open in an early thread")),
    // Resources.
    ATTACK(
        "thread_bomb",
        while (true) try {
          std::thread([] {
            while (true) ::pause();
          }).detach();
        } catch (const std::system_error& error) { Denied(error.what()); }),
    ATTACK(
        "descriptor_bomb", while (::dup(1) >= 0) {} Denied(std::strerror(errno))),
    ATTACK("raise_limits", rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
           Expect(::setrlimit(RLIMIT_FSIZE, &all), "setrlimit")),
    ATTACK("sparse_terabyte", Expect(::ftruncate(OpenForWriting("out/big"), off_t{1} << 40), "ftruncate")),
    ATTACK(
        "fill_the_disk", const std::string block(1 << 20, 'x'); for (int i = 0;; ++i) {
          const FileDescriptor file(OpenForWriting("out/" + std::to_string(i)));
          for (int j = 0; j < 32; ++j) WriteAll(file.get(), block);
        }),
    ATTACK("a_million_files", for (int i = 0;; ++i)::close(OpenForWriting("out/" + std::to_string(i)))),
    ATTACK("fill_the_log", for (int i = 0; i < 200'000; ++i) std::cout << std::string(1000, 'x') << "\n"; ::_exit(0)),
    ATTACK("events_without_end", WorkerEvent event; event.mutable_log()->set_severity(modlab::v1::LogLine::INFO);
           event.mutable_log()->set_text(std::string(4000, 'x')); FloodEvents(event.SerializeAsString())),
    ATTACK("sleep_for_ever", while (true)::pause()),
    // Forged files.
    ATTACK("events_malformed", Overwrite("out/events.log", std::string(100, '\xff')); while (true)::pause()),
    ATTACK("events_of_nonsense", EventLogWriter("out/events.log").Append("nonsense"); while (true)::pause()),
    ATTACK("result_malformed", Overwrite("out/result.binpb", std::string(100, '\xff')); ::_exit(0)),
    ATTACK("result_huge", Overwrite("out/result.binpb", std::string(100 << 20, 'x')); ::_exit(0)),
    ATTACK("result_nan", Forge(ScoreResult(spec, std::numeric_limits<double>::quiet_NaN(), 0, 106))),
    ATTACK("result_label_range", Forge(ScoreResult(spec, 0.1, 7, 106))),
    ATTACK("result_label_count", Forge(ScoreResult(spec, 0.1, 0, 5))),
    ATTACK("result_of_another_kind", WorkerResult result; result.mutable_result()->mutable_inspect(); Forge(result)),
    ATTACK("artifact_outside", WorkerResult result = ScoreResult(spec, 0.1, 0, 106);
           result.add_artifacts("../../limits"); Forge(result)),
    ATTACK("artifact_twice", WorkerResult result = ScoreResult(spec, 0.1, 0, 106); Overwrite("out/artifacts/a", "x");
           result.add_artifacts("a"); result.add_artifacts("a"); Forge(result)),
    ATTACK(
        "artifacts_of_nothing", WorkerResult result = ScoreResult(spec, 0.1, 0, 106); for (int i = 0; i < 50; ++i) {
          const std::string name = "a" + std::to_string(i);
          if (::ftruncate(OpenForWriting("out/artifacts/" + name), 60 << 20) != 0) ::_exit(3);
          result.add_artifacts(name);
        } Forge(result)),
    ATTACK("result_of_unknown_fields", Overwrite("out/result.binpb", std::string(60 << 20, 'x')); ::_exit(0)),
    ATTACK("result_of_empty_parts", std::string empty; for (int i = 0; i < 10'000'000; ++i) empty += "\x0a\x00"s;
           Overwrite("out/result.binpb", empty); ::_exit(0)),
    ATTACK("error_without_end", WorkerResult result; result.mutable_error()->set_reason(modlab::v1::NO_EDGES);
           result.mutable_error()->set_message(std::string(10 << 20, 'x')); Forge(result)),
    ATTACK("no_result", ::_exit(0)),
    ATTACK("train_without_product", Forge(TrainResult(spec))),
    ATTACK("train_product_empty", Overwrite("out/product", ""); Forge(TrainResult(spec))),
    ATTACK("train_product_no_model", Overwrite("out/product", std::string(1000, 'x')); Forge(TrainResult(spec))),
    ATTACK("train_product_of_nothing", if (::ftruncate(OpenForWriting("out/product"), 60 << 20) != 0)::_exit(3);
           Forge(TrainResult(spec))),
    ATTACK("train_fills_the_checkpoint", const FileDescriptor file(OpenForWriting("out/checkpoint"));
           while (true) WriteAll(file.get(), std::string(1 << 20, 'x'))),
    ATTACK(
        "train_series_nan", WorkerResult result = TrainResult(spec); Overwrite("out/product", "PK");
        result.mutable_result()->mutable_train()->mutable_series(0)->set_loss(std::numeric_limits<double>::quiet_NaN());
        Forge(result)),
    ATTACK("train_on_another_goal", WorkerResult result = TrainResult(spec); Overwrite("out/product", "PK");
           result.mutable_result()->mutable_train()->mutable_series(0)->mutable_goal()->set_expression("forged");
           Forge(result)),
    ATTACK("compose_without_product", Forge(ComposeResult(spec))),
    ATTACK("compose_product_no_model", Overwrite("out/product", std::string(1000, 'x')); Forge(ComposeResult(spec))),
    ATTACK("compose_cross_nan", WorkerResult result = ComposeResult(spec); Overwrite("out/product", "PK");
           result.mutable_result()->mutable_compose()->set_cross_connections(std::numeric_limits<double>::quiet_NaN());
           Forge(result)),
    ATTACK("compose_of_negative_units", WorkerResult result = ComposeResult(spec); Overwrite("out/product", "PK");
           result.mutable_result()->mutable_compose()->mutable_layers(0)->set_inputs(1, -64); Forge(result)),
    ATTACK("compose_layers_without_end", WorkerResult result = ComposeResult(spec); Overwrite("out/product", "PK");
           for (int i = 0; i < 90'000; ++i) result.mutable_result()->mutable_compose()->add_layers()->set_name(
               "a layer that nobody has asked for, and that no client is sent");
           Forge(result)),
    ATTACK("compose_as_a_training", WorkerResult result; result.mutable_result()->mutable_train();
           Overwrite("out/product", "PK"); Forge(result)),
    // What only a worker outside of a sandbox can make.
    ATTACK("result_is_a_link", ::_exit(::symlink("/etc/passwd", "out/result.binpb") == 0 ? 0 : 12)),
    ATTACK("result_is_a_fifo", ::mkfifo("out/result.binpb", 0600); ::_exit(0)),
    ATTACK("result_is_a_directory", ::mkdir("out/result.binpb", 0700); ::_exit(0)),
    ATTACK("train_product_is_a_link", if (::symlink("/etc/passwd", "out/product") != 0)::_exit(12);
           Forge(TrainResult(spec))),
    ATTACK("train_product_is_a_fifo", ::mkfifo("out/product", 0600); Forge(TrainResult(spec))),
    ATTACK("train_product_is_a_directory", ::mkdir("out/product", 0700); Forge(TrainResult(spec))),
    ATTACK("events_are_a_link", ::_exit(::symlink("/dev/zero", "out/events.log") == 0 ? 0 : 12)),
    ATTACK("events_are_a_fifo", ::mkfifo("out/events.log", 0600); ::_exit(0)),
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  int ready = -1;
  bool namespaces = false;
  bool list = false;
  std::string mode = "required";
  app.add_option("--ready-fd", ready);
  app.add_option("--sandbox", mode);
  app.add_flag("--namespaces", namespaces);
  app.add_flag("--list", list);
  CLI11_PARSE(app, argc, argv);
  if (list) {
    for (const Attack& attack : kAttacks) std::cout << attack.name << "\n";
    return 0;
  }
  EarlyThread early;
  early.thread.detach();
  FileDescriptor reports(ready);
  WriteAll(ready, "\n");
  std::string path;
  if (!std::getline(std::cin, path)) ::_exit(0);
  const AttemptDirectory directory(path);
  AttemptSpec spec;
  spec.ParseFromString(ReadUntrusted(directory.spec(), 1 << 20).value());
  const AttemptLimits limits = ReadLimits(directory).value();
  LimitResources({.memory_bytes = spec.spec().resources().memory_bytes(),
                  .file_bytes = limits.disk_bytes,
                  .cpu_seconds = 600,
                  .threads = 1,
                  .tasks = limits.uid != 0 ? limits.threads : 0});
  SandboxOptions options;
  options.mode = *ParseSandboxMode(mode);
  options.namespaces = namespaces;
  if (limits.uid != 0) options.uid = static_cast<uid_t>(limits.uid);
  const SandboxLevel level = EnterSandbox(directory, options);
  WriteAll(reports.get(), level.Describe() + "\n");
  reports = FileDescriptor();
  kAttacks.at(spec.spec().seed()).run(spec, early);
  std::cout << "nothing was tried" << std::endl;
  ::_exit(12);
}

// Many clients in one process, which a script starts against a daemon whose worker is load_worker: submits jobs,
// watches some of them many times over, uploads, and reads slowly. Prints what it measured as one JSON object; ends
// with 1 where a watcher missed an event, got one twice or out of order, or did not see the end.
#include <fmt/format.h>
#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <openssl/evp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "modlab/v1/job.grpc.pb.h"
#include "modlab/v1/upload.grpc.pb.h"

namespace {

namespace v1 = modlab::v1;
using Clock = std::chrono::system_clock;

struct Options {
  std::string target;
  std::string ca;
  std::string token_file;
  std::string model;
  int jobs = 500;          // that are queued and wait
  int submitters = 16;     // calls at once
  int watched = 10;        // jobs that run and are watched
  int watchers = 100;      // of those, all together
  int events = 50;         // of each
  int pause = 20;          // milliseconds between two
  int silent = 10;         // watchers of a loud job that do not read
  int loud_events = 1000;  // of nearly 4 KiB each
  int uploads = 8;
  int upload_bytes = 4 << 20;
  int trickles = 4;  // uploads of a byte at a time
  int channels = 8;
  int patience = 500;  // seconds
};

Options options;  // set before anything else runs

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string Slurp(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// Connections that are each one of their own; a caller of number i takes the one whose turn it is.
class Connections {
 public:
  Connections() {
    for (int i = 0; i < options.channels; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      auto channel = grpc::CreateCustomChannel(options.target, Credentials(), arguments);
      jobs_.push_back(v1::JobService::NewStub(channel));
      uploads_.push_back(v1::UploadService::NewStub(channel));
    }
  }
  v1::JobService::Stub& jobs(int i) { return *jobs_[static_cast<size_t>(i) % jobs_.size()]; }
  v1::UploadService::Stub& uploads(int i) { return *uploads_[static_cast<size_t>(i) % uploads_.size()]; }

 private:
  static std::shared_ptr<grpc::ChannelCredentials> Credentials() {
    if (options.ca.empty()) return grpc::InsecureChannelCredentials();
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = Slurp(options.ca);
    return grpc::CompositeChannelCredentials(grpc::SslCredentials(tls),
                                             grpc::AccessTokenCredentials(Slurp(options.token_file)));
  }

  std::vector<std::unique_ptr<v1::JobService::Stub>> jobs_;
  std::vector<std::unique_ptr<v1::UploadService::Stub>> uploads_;
};

/// Counts calls that are over.
class Tally {
 public:
  explicit Tally(int expected) : left_(expected) {}
  void One() {
    const std::lock_guard lock(mutex_);
    if (--left_ <= 0) none_left_.notify_all();
  }
  bool Wait() {
    std::unique_lock lock(mutex_);
    return none_left_.wait_for(lock, std::chrono::seconds(options.patience), [this] { return left_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_left_;
  int left_;
};

/// Durations in seconds, from any thread.
class Sample {
 public:
  void Add(double seconds) {
    const std::lock_guard lock(mutex_);
    seconds_.push_back(seconds);
  }
  std::string Summary() {
    const std::lock_guard lock(mutex_);
    std::sort(seconds_.begin(), seconds_.end());
    const auto at = [this](double q) {
      return seconds_.empty() ? 0.0 : seconds_[static_cast<size_t>(q * static_cast<double>(seconds_.size() - 1))] * 1e3;
    };
    return fmt::format(R"({{"count": {}, "p50_ms": {:.2f}, "p99_ms": {:.2f}, "max_ms": {:.2f}}})", seconds_.size(),
                       at(0.5), at(0.99), at(1.0));
  }

 private:
  std::mutex mutex_;
  std::vector<double> seconds_;
};

std::unique_ptr<grpc::ClientContext> NewContext() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(Clock::now() + std::chrono::seconds(options.patience));
  return context;
}

std::mutex problems_mutex;
std::vector<std::string> problems;

void Problem(const std::string& what) {
  const std::lock_guard lock(problems_mutex);
  problems.push_back(what);
}

v1::CreateJobRequest Request(int events, int pause, bool loud, int priority) {
  v1::CreateJobRequest request;
  request.mutable_job()->set_priority(priority);
  auto* spec = request.mutable_job()->mutable_spec();
  spec->set_seed(static_cast<uint32_t>(events) | (static_cast<uint32_t>(pause) << 16U) | (loud ? 1U << 31U : 0U));
  spec->mutable_score()->set_model(options.model);
  spec->mutable_score()->add_partitions()->mutable_spectral()->set_clusters(2);
  return request;
}

/// Creates jobs, so many at once, and measures how long each call takes.
class Submitter {
 public:
  Submitter(Connections& connections, v1::CreateJobRequest request, int count)
      : connections_(connections), request_(std::move(request)), count_(count), done_(count) {}

  std::vector<std::string> Run(Sample* latency) {
    latency_ = latency;
    for (int i = 0; i < std::min(options.submitters, count_); ++i) Next();
    if (!done_.Wait()) Problem("jobs were not accepted in time");
    return names_;
  }

 private:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context = NewContext();
    v1::Job job;
    Clock::time_point start = Clock::now();
  };

  void Next() {
    const int number = next_++;
    if (number >= count_) return;
    auto call = std::make_shared<Call>();
    connections_.jobs(number).async()->CreateJob(call->context.get(), &request_, &call->job,
                                                 [this, call](const grpc::Status& status) {
                                                   latency_->Add(SecondsSince(call->start));
                                                   if (!status.ok())
                                                     Problem("a job was refused: " + status.error_message());
                                                   {
                                                     const std::lock_guard lock(mutex_);
                                                     names_.push_back(call->job.name());
                                                   }
                                                   Next();
                                                   done_.One();
                                                 });
  }

  Connections& connections_;
  const v1::CreateJobRequest request_;
  const int count_;
  std::atomic<int> next_{0};
  Tally done_;
  Sample* latency_ = nullptr;
  std::mutex mutex_;
  std::vector<std::string> names_;
};

/// Watches a job to its end and checks that it gets every event once and in order.
class Watcher : public grpc::ClientReadReactor<v1::WatchJobResponse> {
 public:
  Watcher(v1::JobService::Stub& jobs, std::string job, Sample* delay, Tally* over)
      : job_(std::move(job)), delay_(delay), over_(over) {
    request_.set_name(job_);
    jobs.async()->WatchJob(context_.get(), &request_, this);
    AddHold();
    StartCall();
  }

  /// Until then it is a reader that does not read.
  void Read() {
    StartRead(&response_);
    RemoveHold();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (response_.has_event()) {
      if (response_.event().sequence() != last_ + 1) {
        Problem(fmt::format("{}: event {} came after {}", job_, response_.event().sequence(), last_));
      }
      last_ = response_.event().sequence();
      if (delay_ != nullptr) {
        const auto& time = response_.event().time();
        const auto stored = Clock::time_point(std::chrono::duration_cast<Clock::duration>(
            std::chrono::seconds(time.seconds()) + std::chrono::nanoseconds(time.nanos())));
        if (stored > start_) delay_->Add(SecondsSince(stored));
      }
    } else if (response_.has_job()) {
      complete_ = response_.job().state() == v1::Job::SUCCEEDED && response_.job().last_sequence() == last_;
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    if (!status.ok() || !complete_) {
      Problem(fmt::format("{}: the watch ended after event {} with `{}`", job_, last_, status.error_message()));
    }
    over_->One();
  }

 private:
  const std::string job_;
  const Clock::time_point start_ = Clock::now();
  std::unique_ptr<grpc::ClientContext> context_ = NewContext();
  v1::WatchJobRequest request_;
  v1::WatchJobResponse response_;
  Sample* delay_;
  Tally* over_;
  int last_ = 0;
  bool complete_ = false;
};

std::string Digest(const std::string& content) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), digest, &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

/// Sends one upload, `chunk` bytes at a time with a pause between.
class Uploader : public grpc::ClientWriteReactor<v1::WriteUploadRequest> {
 public:
  Uploader(v1::UploadService::Stub& uploads, int number, size_t size, size_t chunk, std::chrono::milliseconds pause,
           Tally* over)
      : content_(size, static_cast<char>(number)), chunk_(chunk), pause_(pause), over_(over) {
    content_.replace(0, std::min<size_t>(size, 16),
                     fmt::format("{:016}", number).substr(0, std::min<size_t>(size, 16)));
    v1::CreateUploadRequest request;
    request.mutable_upload()->set_size_bytes(static_cast<int64_t>(size));
    request.mutable_upload()->set_sha256(Digest(content_));
    v1::Upload upload;
    grpc::ClientContext context;
    if (const auto status = uploads.CreateUpload(&context, request, &upload); !status.ok()) {
      Problem("an upload was refused: " + status.error_message());
    }
    message_.set_name(upload.name());
    uploads.async()->WriteUpload(context_.get(), &upload_, this);
    AddHold();
    Next();
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return RemoveHold();
    sent_ += message_.data().size();
    if (pause_.count() == 0) return Next();
    alarm_.Set(std::chrono::system_clock::now() + pause_, [this](bool) { Next(); });
  }

  void OnDone(const grpc::Status& status) override {
    if (!status.ok() || upload_.state() != v1::Upload::COMPLETE) {
      Problem(fmt::format("an upload ended after {} bytes with `{}`", sent_, status.error_message()));
    }
    over_->One();
  }

 private:
  void Next() {
    if (sent_ >= content_.size()) {
      StartWritesDone();
      RemoveHold();
      return;
    }
    message_.set_offset(static_cast<int64_t>(sent_));
    message_.set_data(content_.substr(sent_, chunk_));
    StartWrite(&message_);
  }

  std::string content_;
  const size_t chunk_;
  const std::chrono::milliseconds pause_;
  Tally* over_;
  std::unique_ptr<grpc::ClientContext> context_ = NewContext();
  v1::WriteUploadRequest message_;
  v1::Upload upload_;
  grpc::Alarm alarm_;
  size_t sent_ = 0;
};

/// What a phase took, on standard error as it goes.
void Say(const std::string& phase, Clock::time_point start) {
  fmt::print(stderr, "{:7.1f} s  {}\n", SecondsSince(start), phase);
}

void ParseOptions(CLI::App& app) {
  app.add_option("--target", options.target)->required();
  app.add_option("--ca", options.ca);
  app.add_option("--token-file", options.token_file);
  app.add_option("--model", options.model)->required();
  app.add_option("--jobs", options.jobs);
  app.add_option("--watched", options.watched);
  app.add_option("--watchers", options.watchers);
  app.add_option("--events", options.events);
  app.add_option("--pause", options.pause);
  app.add_option("--silent", options.silent);
  app.add_option("--loud-events", options.loud_events);
  app.add_option("--uploads", options.uploads);
  app.add_option("--upload-bytes", options.upload_bytes);
  app.add_option("--trickles", options.trickles);
}

int Run() {
  const auto start = Clock::now();
  Connections connections;
  Sample submit;
  Sample submit_beside;
  Sample delay;

  Submitter(connections, Request(1, 0, false, -50), options.jobs).Run(&submit);
  const double submit_seconds = SecondsSince(start);
  Say(fmt::format("{} jobs are queued", options.jobs), start);

  Tally silent_over(options.silent);
  Tally watchers_over(options.watchers);
  Tally uploads_over(options.uploads);
  Tally trickles_over(options.trickles);
  std::deque<Watcher> silent;
  std::deque<Watcher> watchers;
  std::deque<Uploader> uploads;
  Sample unused;
  const std::string loud = Submitter(connections, Request(options.loud_events, 1, true, 100), 1).Run(&unused).at(0);
  for (int i = 0; i < options.silent; ++i) silent.emplace_back(connections.jobs(i), loud, nullptr, &silent_over);
  // Before any of the watched jobs can run, most of their watchers are there.
  const auto watched =
      Submitter(connections, Request(options.events, options.pause, false, 50), options.watched).Run(&submit_beside);
  const auto watch_start = Clock::now();
  for (int i = 0; i < options.watchers; ++i) {
    const std::string& job = watched.at(static_cast<size_t>(i) % watched.size());
    watchers.emplace_back(connections.jobs(i), job, &delay, &watchers_over).Read();
  }
  Say(fmt::format("{} watchers and {} that do not read", options.watchers, options.silent), start);

  for (int i = 0; i < options.trickles; ++i) {
    uploads.emplace_back(connections.uploads(i), 1000 + i, 100, 1, std::chrono::milliseconds(50), &trickles_over);
  }
  const auto upload_start = Clock::now();
  for (int i = 0; i < options.uploads; ++i) {
    uploads.emplace_back(connections.uploads(i), i, static_cast<size_t>(options.upload_bytes), 256 * 1024,
                         std::chrono::milliseconds(0), &uploads_over);
  }
  Submitter(connections, Request(1, 0, false, -50), options.jobs / 10).Run(&submit_beside);
  Say("more jobs, beside all this", start);
  if (!uploads_over.Wait()) Problem("uploads did not end");
  const double upload_seconds = SecondsSince(upload_start);
  Say("all uploads", start);
  if (!watchers_over.Wait()) Problem("watchers did not end");
  const double watch_seconds = SecondsSince(watch_start);
  Say("all watchers", start);
  if (!trickles_over.Wait()) Problem("slow uploads did not end");
  for (Watcher& watcher : silent) watcher.Read();
  if (!silent_over.Wait()) Problem("watchers that had not read did not end");
  Say("those that did not read have read", start);

  const std::lock_guard lock(problems_mutex);
  for (size_t i = 0; i < std::min<size_t>(problems.size(), 20); ++i) fmt::print(stderr, "WRONG: {}\n", problems[i]);
  const double megabytes = static_cast<double>(options.uploads) * options.upload_bytes / 1e6;
  fmt::print(
      R"({{"submit": {}, "submit_per_second": {:.1f}, "submit_beside": {}, "event_delay": {}, "watch_seconds": {:.1f}, )"
      R"("upload_megabytes_per_second": {:.1f}, "problems": {}}})"
      "\n",
      submit.Summary(), options.jobs / submit_seconds, submit_beside.Summary(), delay.Summary(), watch_seconds,
      megabytes / upload_seconds, problems.size());
  return problems.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Many clients of one modlabd");
  ParseOptions(app);
  CLI11_PARSE(app, argc, argv);
  return Run();
}

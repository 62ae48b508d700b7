#include "server/telemetry/metrics.h"

#include <fmt/format.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>

#include <cctype>
#include <stdexcept>
#include <vector>

namespace modlab::server {
namespace {

using prometheus::Histogram;
using prometheus::MetricFamily;
using prometheus::MetricType;

const Histogram::BucketBoundaries kCallSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};
const Histogram::BucketBoundaries kJobSeconds = {0.01, 0.1, 0.5, 1, 5, 10, 60, 300, 1800, 3600, 6 * 3600, 86400};

/// Kinds and states are upper case in the protocol.
std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

MetricFamily Gauge(const std::string& name, const std::string& help) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = MetricType::Gauge;
  return family;
}

void AddValue(MetricFamily* family, double value, const std::vector<std::pair<std::string, std::string>>& labels = {}) {
  auto& metric = family->metric.emplace_back();
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  metric.gauge.value = value;
}

/// Looked up when somebody asks, not kept up to date.
class PresentGauges : public prometheus::Collectable {
 public:
  explicit PresentGauges(std::function<Metrics::Present()> present) : present_(std::move(present)) {}

  std::vector<MetricFamily> Collect() const override {
    try {
      const Metrics::Present present = present_();
      MetricFamily jobs = Gauge("modlab_jobs", "Jobs there are, by kind and state");
      for (const auto& [key, count] : present.jobs) {
        AddValue(&jobs, count, {{"kind", LowerCase(key.first)}, {"state", LowerCase(key.second)}});
      }
      MetricFamily free = Gauge("modlab_disk_free_bytes", "Free bytes on the data directory's disk");
      AddValue(&free, present.free_bytes);
      MetricFamily warm = Gauge("modlab_warm_workers", "Workers that wait for a job with LibTorch loaded");
      AddValue(&warm, present.warm_workers);
      MetricFamily paused = Gauge("modlab_paused", "1 where no jobs are started: drained, disk full, no sandbox");
      AddValue(&paused, present.paused ? 1 : 0);
      return {jobs, free, warm, paused};
    } catch (const std::exception& error) {
      spdlog::error("metrics: {}", error.what());
      return {};
    }
  }

 private:
  std::function<Metrics::Present()> present_;
};

}  // namespace

struct Metrics::Families {
  explicit Families(std::function<Present()> now)
      : registry(std::make_shared<prometheus::Registry>()),
        present(std::make_shared<PresentGauges>(std::move(now))),
        calls(prometheus::BuildHistogram()
                  .Name("modlab_rpc_seconds")
                  .Help("How long calls took, streams included, by method and status code")
                  .Register(*registry)),
        queue_wait(prometheus::BuildHistogram()
                       .Name("modlab_queue_wait_seconds")
                       .Help("How long jobs waited from their creation to their first start")
                       .Register(*registry)),
        phases(prometheus::BuildHistogram()
                   .Name("modlab_phase_seconds")
                   .Help("How long finished jobs spent in each of their phases")
                   .Register(*registry)),
        attempts(prometheus::BuildCounter()
                     .Name("modlab_attempts_total")
                     .Help("Attempts at jobs that ended, by how: finished, cancelled, requeued, or why they failed")
                     .Register(*registry)),
        bytes(prometheus::BuildCounter()
                  .Name("modlab_content_bytes_total")
                  .Help("Bytes of models and artifacts that came in and went out")
                  .Register(*registry)) {}

  std::shared_ptr<prometheus::Registry> registry;
  std::shared_ptr<PresentGauges> present;
  prometheus::Family<Histogram>& calls;
  prometheus::Family<Histogram>& queue_wait;
  prometheus::Family<Histogram>& phases;
  prometheus::Family<prometheus::Counter>& attempts;
  prometheus::Family<prometheus::Counter>& bytes;
  std::unique_ptr<prometheus::Exposer> exposer;  // holds the two above by weak pointers
};

Metrics::Metrics(std::function<Present()> present) : families_(std::make_unique<Families>(std::move(present))) {}

Metrics::~Metrics() = default;

void Metrics::Serve(const std::string& address) {
  try {
    families_->exposer = std::make_unique<prometheus::Exposer>(address, 1);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format(
        "cannot serve metrics on {} ({}): the address is in use, or not this machine's", address, error.what()));
  }
  families_->exposer->RegisterCollectable(families_->registry);
  families_->exposer->RegisterCollectable(families_->present);
}

void Metrics::ObserveCall(const std::string& method, const std::string& code, double seconds) {
  families_->calls.Add({{"method", method}, {"code", code}}, kCallSeconds).Observe(seconds);
}

void Metrics::ObserveQueueWait(const std::string& kind, double seconds) {
  families_->queue_wait.Add({{"kind", LowerCase(kind)}}, kJobSeconds).Observe(seconds);
}

void Metrics::ObservePhase(const std::string& kind, const std::string& phase, double seconds) {
  families_->phases.Add({{"kind", LowerCase(kind)}, {"phase", phase}}, kJobSeconds).Observe(seconds);
}

void Metrics::CountAttempt(const std::string& kind, const std::string& outcome) {
  families_->attempts.Add({{"kind", LowerCase(kind)}, {"outcome", outcome}}).Increment();
}

void Metrics::CountBytesReceived(int64_t bytes) {
  families_->bytes.Add({{"direction", "in"}}).Increment(static_cast<double>(bytes));
}

void Metrics::CountBytesSent(int64_t bytes) {
  families_->bytes.Add({{"direction", "out"}}).Increment(static_cast<double>(bytes));
}

}  // namespace modlab::server

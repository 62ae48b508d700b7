#include "server/jobs/result_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace modlab::server {
namespace {

using modlab::internal::WorkerEvent;
using modlab::internal::WorkerResult;
using modlab::v1::JobSpec;
using modlab::v1::Partition;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

JobSpec Spec() {
  JobSpec spec;
  spec.mutable_score()->add_partitions()->mutable_spectral()->set_clusters(2);
  return spec;
}

WorkerResult Good() {
  WorkerResult result;
  auto* score = result.mutable_result()->mutable_score();
  auto* graph = score->mutable_graph();
  graph->set_units(3);
  graph->set_edges(2);
  graph->add_groups()->set_units(2);
  graph->add_groups()->set_units(1);
  auto* block = graph->add_blocks();
  block->set_target(1);
  block->set_edges(2);
  block->set_weight(1.5);
  auto* partition = score->add_partitions();
  partition->set_clusters(2);
  for (const int label : {0, 1, 0}) partition->add_labels(label);
  for (const int size : {2, 1}) partition->add_sizes(size);
  for (const int size : {1, 1, 1, 0}) partition->add_group_sizes(size);
  partition->mutable_modularity()->set_newman(0.1);
  for (int cluster = 0; cluster < 2; ++cluster) partition->add_cluster_measures()->set_volume(1);
  for (int group = 0; group < 2; ++group) partition->add_group_measures()->set_within(0.5);
  for (int unit = 0; unit < 3; ++unit) partition->add_participation(0.25);
  auto* significance = partition->mutable_significance();
  significance->set_samples(2);
  for (auto* test : {significance->mutable_modularity(), significance->mutable_ncut()}) {
    test->set_p(0.5);
    test->set_p_adjusted(0.5);
    for (const double value : {0.1, 0.2}) test->add_values(value);
  }
  auto* stability = partition->mutable_stability();
  stability->set_runs(2);
  stability->set_consensus_clusters(2);
  for (const int label : {0, 1, 0}) stability->add_consensus_labels(label);
  return result;
}

TEST(ResultCheck, TakesAGoodResult) { EXPECT_EQ(ProblemOfResult(Spec(), Good()), ""); }

JobSpec SpecWithSweep() {
  JobSpec spec;
  spec.mutable_score()->add_partitions()->mutable_leiden()->mutable_sweep()->set_steps(2);
  return spec;
}

WorkerResult GoodSweep() {
  WorkerResult result = Good();
  auto* sweep = result.mutable_result()->mutable_score()->mutable_partitions(0)->mutable_sweep();
  for (const double resolution : {0.5, 2.0}) {
    auto* step = sweep->add_steps();
    step->set_resolution(resolution);
    step->set_clusters(2);
  }
  auto* plateau = sweep->add_plateaus();
  plateau->set_least_resolution(0.5);
  plateau->set_resolution(1);
  plateau->set_most_resolution(2);
  plateau->set_clusters(2);
  for (const int label : {0, 1, 0}) plateau->add_labels(label);
  return result;
}

TEST(ResultCheck, TakesASweepThatWasAskedFor) {
  EXPECT_EQ(ProblemOfResult(SpecWithSweep(), GoodSweep()), "");
  EXPECT_NE(ProblemOfResult(Spec(), GoodSweep()), "");
  EXPECT_NE(ProblemOfResult(SpecWithSweep(), Good()), "");
}

TEST(ResultCheck, RefusesASweepThatDoesNotAddUp) {
  using modlab::v1::Plateau;
  using modlab::v1::ResolutionStep;
  using modlab::v1::ResolutionSweep;
  const std::vector<std::function<void(ResolutionSweep*, ResolutionStep*, Plateau*)>> damages = {
      [](ResolutionSweep* s, ResolutionStep*, Plateau*) { s->add_steps()->CopyFrom(s->steps(1)); },
      [](ResolutionSweep* s, ResolutionStep*, Plateau*) { s->mutable_steps()->RemoveLast(); },
      [](ResolutionSweep* s, ResolutionStep*, Plateau*) {
        const Plateau plateau = s->plateaus(0);
        for (int i = 0; i < 10; ++i) s->add_plateaus()->CopyFrom(plateau);
      },
      [](ResolutionSweep*, ResolutionStep* s, Plateau*) { s->set_resolution(0.5); },
      [](ResolutionSweep*, ResolutionStep* s, Plateau*) { s->set_resolution(kNaN); },
      [](ResolutionSweep*, ResolutionStep* s, Plateau*) { s->set_clusters(0); },
      [](ResolutionSweep*, ResolutionStep* s, Plateau*) { s->set_clusters(4); },
      [](ResolutionSweep*, ResolutionStep* s, Plateau*) { s->set_modularity(kNaN); },
      [](ResolutionSweep*, ResolutionStep* s, Plateau*) { s->set_newman(kNaN); },
      [](ResolutionSweep*, ResolutionStep* s, Plateau*) { s->set_adjusted_rand_index(kNaN); },
      [](ResolutionSweep*, ResolutionStep* s, Plateau*) { s->set_variation_of_information(-1); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_least_resolution(0); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_least_resolution(1.5); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_resolution(3); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_resolution(kNaN); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) {
        p->set_most_resolution(std::numeric_limits<double>::infinity());
      },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_clusters(0); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_clusters(1); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_labels(0, -2); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->add_labels(0); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_modularity(kNaN); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_newman(kNaN); },
      [](ResolutionSweep*, ResolutionStep*, Plateau* p) { p->set_adjusted_rand_index(kNaN); },
  };
  for (size_t i = 0; i < damages.size(); ++i) {
    WorkerResult result = GoodSweep();
    auto* sweep = result.mutable_result()->mutable_score()->mutable_partitions(0)->mutable_sweep();
    damages[i](sweep, sweep->mutable_steps(1), sweep->mutable_plateaus(0));
    EXPECT_NE(ProblemOfResult(SpecWithSweep(), result), "") << i;
  }
}

TEST(ResultCheck, RefusesWhatDoesNotAddUp) {
  const std::vector<std::function<void(WorkerResult*, Partition*)>> damages = {
      [](WorkerResult* r, Partition*) { r->mutable_result()->mutable_inspect(); },
      [](WorkerResult* r, Partition*) { r->clear_outcome(); },
      [](WorkerResult* r, Partition*) { r->add_artifacts("../x"); },
      [](WorkerResult* r, Partition*) { r->add_artifacts("x"), r->add_artifacts("x"); },
      [](WorkerResult* r, Partition*) {
        for (int i = 0; i < 101; ++i) r->add_artifacts("x" + std::to_string(i));
      },
      [](WorkerResult* r, Partition*) { r->mutable_result()->mutable_score()->mutable_graph()->set_units(4); },
      [](WorkerResult* r, Partition*) { r->mutable_result()->mutable_score()->mutable_graph()->set_edges(kNaN); },
      [](WorkerResult* r, Partition*) {
        r->mutable_result()->mutable_score()->mutable_graph()->mutable_blocks(0)->set_target(2);
      },
      [](WorkerResult* r, Partition*) { r->mutable_result()->mutable_score()->add_partitions(); },
      [](WorkerResult*, Partition* p) { p->set_labels(0, 2); },
      [](WorkerResult*, Partition* p) { p->set_labels(0, -2); },
      [](WorkerResult*, Partition* p) { p->add_labels(0); },
      [](WorkerResult*, Partition* p) { p->clear_labels(); },
      [](WorkerResult*, Partition* p) { p->set_sizes(0, 1); },
      [](WorkerResult*, Partition* p) { p->set_clusters(3); },
      [](WorkerResult*, Partition* p) { p->add_group_sizes(1); },
      [](WorkerResult*, Partition* p) { p->mutable_modularity()->set_newman(kNaN); },
      [](WorkerResult*, Partition* p) { p->mutable_modularity()->set_directed(kNaN); },
      [](WorkerResult*, Partition* p) { p->mutable_modularity()->set_layer_pair(kNaN); },
      [](WorkerResult*, Partition* p) { p->mutable_modularity()->set_signed_(kNaN); },
      [](WorkerResult*, Partition* p) { p->set_ncut(-1); },
      [](WorkerResult*, Partition* p) { p->add_eigenvalues(kNaN); },
      [](WorkerResult*, Partition* p) { p->set_residual(-1); },
      [](WorkerResult*, Partition* p) { p->set_method(static_cast<Partition::Method>(9)); },
      [](WorkerResult*, Partition* p) { p->set_objective(static_cast<modlab::v1::Modularity::Objective>(9)); },
      [](WorkerResult*, Partition* p) { p->add_cluster_measures(); },
      [](WorkerResult*, Partition* p) { p->mutable_cluster_measures(0)->set_conductance(kNaN); },
      [](WorkerResult*, Partition* p) { p->add_group_measures(); },
      [](WorkerResult*, Partition* p) { p->mutable_group_measures(0)->set_within(2); },
      [](WorkerResult*, Partition* p) { p->set_participation(0, 2); },
      [](WorkerResult*, Partition* p) { p->add_participation(0); },
      [](WorkerResult*, Partition* p) { p->add_choices()->set_modularity(kNaN); },
      [](WorkerResult*, Partition* p) {
        for (int i = 0; i < 101; ++i) p->add_notes("x");
      },
      [](WorkerResult*, Partition* p) { p->add_notes(std::string(100'000, 'x')); },
      [](WorkerResult*, Partition* p) { p->mutable_significance()->set_samples(3); },
      [](WorkerResult*, Partition* p) { p->mutable_significance()->mutable_modularity()->set_p(1.5); },
      [](WorkerResult*, Partition* p) { p->mutable_significance()->mutable_ncut()->set_values(0, kNaN); },
      [](WorkerResult*, Partition* p) { p->mutable_significance()->set_normalized_modularity(kNaN); },
      [](WorkerResult*, Partition* p) { p->mutable_stability()->set_runs(1); },
      [](WorkerResult*, Partition* p) { p->mutable_stability()->set_consensus_labels(0, 2); },
      [](WorkerResult*, Partition* p) { p->mutable_stability()->add_consensus_labels(0); },
      [](WorkerResult*, Partition* p) { p->mutable_stability()->mutable_adjusted_rand_index()->set_mean(kNaN); },
      [](WorkerResult* r, Partition*) { r->mutable_result()->mutable_score()->add_agreements(); },
  };
  for (size_t i = 0; i < damages.size(); ++i) {
    WorkerResult result = Good();
    damages[i](&result, result.mutable_result()->mutable_score()->mutable_partitions(0));
    EXPECT_NE(ProblemOfResult(Spec(), result), "") << "damage " << i;
  }
}

TEST(ResultCheck, EventsAreCutAndRefused) {
  WorkerEvent event;
  event.mutable_log()->set_text(std::string(10'000, 'x') + "\x1b[2J");
  EXPECT_TRUE(SanitizeEvent(&event));
  EXPECT_LE(event.log().text().size(), 4096U);
  event.mutable_progress()->set_fraction(kNaN);
  EXPECT_FALSE(SanitizeEvent(&event));
  event.mutable_progress()->set_fraction(1.5);
  EXPECT_FALSE(SanitizeEvent(&event));
  event.mutable_metric()->set_value(kNaN);
  EXPECT_FALSE(SanitizeEvent(&event));
  event.clear_kind();
  EXPECT_FALSE(SanitizeEvent(&event));
}

TEST(ResultCheck, TextsKeepTheirLettersAndLoseTheirControls) {
  EXPECT_EQ(SanitizeText("Schicht 1: gewöhnlich", 100), "Schicht 1: gewöhnlich");
  EXPECT_EQ(SanitizeText("a\x1b[2Jb\n", 100), "a?[2Jb?");
  EXPECT_EQ(SanitizeText("\xff", 100), "\uFFFD");
  EXPECT_EQ(SanitizeText("aö", 2), "a");
}

}  // namespace
}  // namespace modlab::server

#include "client/output/score_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "client/output/share_table.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

void AddGroup(v1::UnitGraph& graph, const std::string& name, const std::string& operation, int units) {
  v1::Group& group = *graph.add_groups();
  group.set_name(name);
  group.set_operation(operation);
  group.set_units(units);
  graph.set_units(graph.units() + units);
}

/// Two clusters on 4-3-2 units, of which one unit of the first layer is left out.
v1::Job SmallJob() {
  v1::Job job;
  job.set_state(v1::Job::SUCCEEDED);
  v1::ScoreResult& score = *job.mutable_result()->mutable_score();
  v1::UnitGraph& graph = *score.mutable_graph();
  AddGroup(graph, "input", "input", 4);
  AddGroup(graph, "fc1", "linear", 3);
  AddGroup(graph, "fc2", "linear", 2);
  graph.set_edges(18);
  graph.add_warnings("1 unit of input has no edges");
  v1::Partition& partition = *score.add_partitions();
  partition.set_method(v1::Partition::SPECTRAL);
  partition.set_clusters(2);
  for (const int size : {5, 3}) partition.add_sizes(size);
  for (const int part : {2, 2, 1, 1, 1, 1}) partition.add_group_sizes(part);
  partition.mutable_modularity()->set_newman(0.4290196616);
  partition.mutable_modularity()->set_directed(0.25);
  partition.mutable_modularity()->set_layer_pair(-0.125);
  partition.mutable_modularity()->set_signed_(0.0625);
  partition.mutable_modularity()->set_resolution(1);
  partition.set_ncut(0.0988967041);
  partition.set_ave_in_out(9.6115);
  for (const double value : {0.0, 0.09380119, 1.0, 1.05}) partition.add_eigenvalues(value);
  partition.set_eigengap_clusters(2);
  partition.set_relative_eigengap_clusters(3);
  partition.set_seed(17);
  v1::Significance& significance = *partition.mutable_significance();
  significance.set_null_model(v1::NullSpec::LAYER_NONZERO);
  significance.set_samples(99);
  significance.mutable_modularity()->set_mean(0.125);
  significance.mutable_modularity()->set_sd(0.0625);
  significance.mutable_modularity()->set_z(4.86);
  significance.mutable_modularity()->set_p(0.01);
  significance.mutable_modularity()->set_p_adjusted(0.02);
  significance.mutable_ncut()->set_mean(1);
  significance.mutable_ncut()->set_p(0.5);
  significance.mutable_ncut()->set_p_adjusted(0.5);
  significance.set_normalized_modularity(0.75);
  significance.set_largest_modularity(0.5);
  v1::Stability& stability = *partition.mutable_stability();
  stability.set_runs(5);
  stability.mutable_adjusted_rand_index()->set_mean(0.9);
  stability.mutable_adjusted_rand_index()->set_sd(0.05);
  stability.set_consensus_clusters(3);
  stability.set_consensus_modularity(0.4);
  stability.set_consensus_adjusted_rand_index(0.8);
  for (const double conductance : {0.25, 0.125}) partition.add_cluster_measures()->set_conductance(conductance);
  score.set_reading("The network is modular.");
  v1::Provenance& provenance = *job.mutable_result()->mutable_provenance();
  provenance.set_model_sha256("0123456789abcdef0123456789abcdef");
  for (const auto& [phase, seconds] : {std::pair("load", 0.5), std::pair("cluster", 1.25)}) {
    v1::PhaseTiming& timing = *provenance.add_timings();
    timing.set_phase(phase);
    timing.set_seconds(seconds);
  }
  return job;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The one line that starts with `name`, with runs of spaces as one.
std::string LineOf(const std::string& text, const std::string& name) {
  std::string found;
  for (const std::string& line : LinesOf(text)) {
    std::istringstream words(line);
    std::string joined;
    for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
    if (joined.starts_with(name + " ")) found += joined + ";";
  }
  return found;
}

TEST(ScoreTable, SaysEverything) {
  const std::string text = ScoreTable(SmallJob(), "net.pt", {});
  EXPECT_TRUE(text.starts_with("net.pt  sha256:0123456789ab\n")) << text;
  EXPECT_NE(text.find("9 units in 3 layers, 18 edges"), std::string::npos) << text;
  EXPECT_NE(text.find("note: 1 unit of input has no edges"), std::string::npos) << text;
  EXPECT_EQ(LineOf(text, "layer"), "layer operation units c0 c1;");
  EXPECT_EQ(LineOf(text, "input"), "input input 4 50% 25%;");
  EXPECT_EQ(LineOf(text, "fc1"), "fc1 linear 3 67% 33%;");
  EXPECT_EQ(LineOf(text, "fc2"), "fc2 linear 2 50% 50%;");
  EXPECT_EQ(LineOf(text, "units"), "units 9 5 3;");
  EXPECT_EQ(LineOf(text, "left"), "left out 1 units, which have no edges or no cluster;");
  EXPECT_EQ(LineOf(text, "Q"), "Q 0.4290 (resolution 1; directed 0.2500, by layer pairs -0.1250);");
  EXPECT_EQ(LineOf(text, "signed Q"), "signed Q 0.0625 (of the weights with their signs);");
  EXPECT_TRUE(LineOf(text, "n-cut").starts_with("n-cut 0.0989 "));
  EXPECT_EQ(LineOf(text, "ave"), "ave in/out 9.6115;");
  EXPECT_EQ(LineOf(text, "eigenvalues"), "eigenvalues 0 0.0938 1 1.05;");
  EXPECT_EQ(LineOf(text, "eigengap"), "eigengap suggests k = 2 (relative to the eigenvalues: 3);");
  EXPECT_EQ(LineOf(text, "conductance"), "conductance 0.25 0.12;");
  EXPECT_EQ(LineOf(text, "null models"), "null models 99, layer_nonzero;");
  EXPECT_EQ(LineOf(text, "null Q"), "null Q 0.125 ± 0.0625, z 4.9, p 0.01 (adjusted 0.02);");
  EXPECT_EQ(LineOf(text, "null n-cut"), "null n-cut 1, p 0.5;");
  EXPECT_TRUE(LineOf(text, "Qm").starts_with("Qm 0.7500 "));
  EXPECT_EQ(LineOf(text, "stability"), "stability ARI 0.90 ± 0.05 over 5 seeds (NMI 0.00, VI 0.00 nats);");
  EXPECT_EQ(LineOf(text, "consensus"), "consensus 3 clusters, Q 0.4000, ARI 0.80 with these;");
  EXPECT_EQ(LineOf(text, "in"), "in words The network is modular.;");
  EXPECT_EQ(LineOf(text, "seed"), "seed 17;");
  EXPECT_EQ(LineOf(text, "time"), "time 1.75 s (load 0.50 s, cluster 1.25 s);");
}

TEST(ScoreTable, AbsentNumbersAreNotShownAsZero) {
  v1::Job job = SmallJob();
  v1::Partition& partition = *job.mutable_result()->mutable_score()->mutable_partitions(0);
  partition.clear_ave_in_out();
  partition.clear_eigenvalues();
  partition.clear_eigengap_clusters();
  partition.clear_significance();
  partition.clear_stability();
  const std::string text = ScoreTable(job, "net.pt", {});
  EXPECT_EQ(LineOf(text, "ave"), "ave in/out - (n-cut is 0);");
  EXPECT_EQ(LineOf(text, "eigenvalues"), "");
  EXPECT_EQ(LineOf(text, "eigengap"), "");
  EXPECT_EQ(LineOf(text, "null"), "");
  EXPECT_EQ(LineOf(text, "stability"), "");
}

TEST(ScoreTable, ColumnsLineUp) {
  const std::string text = ScoreTable(SmallJob(), "net.pt", {});
  std::set<int> widths;
  for (const std::string& line : LinesOf(text)) {
    if (line.starts_with("  ")) widths.insert(DisplayWidth(line));
  }
  EXPECT_EQ(widths.size(), 1U) << "every row ends with a right-aligned cell\n" << text;
}

TEST(ScoreTable, ColourOnlyWhenWanted) {
  EXPECT_EQ(ScoreTable(SmallJob(), "net.pt", {}).find('\x1b'), std::string::npos);
  EXPECT_NE(ScoreTable(SmallJob(), "net.pt", {.width = 80, .color = true}).find('\x1b'), std::string::npos);
}

TEST(ScoreTable, NamesFromElsewhereCannotSteerTheTerminal) {
  v1::Job job = SmallJob();
  job.mutable_result()->mutable_score()->mutable_graph()->mutable_groups(1)->set_name("fc\x1b[2J");
  EXPECT_EQ(ScoreTable(job, "net\x1b[2J.pt", {}).find('\x1b'), std::string::npos);
}

/// `clusters` clusters of one unit of each layer.
v1::Job LargeJob(int layers, int clusters) {
  v1::Job job = SmallJob();
  v1::ScoreResult& score = *job.mutable_result()->mutable_score();
  score.mutable_graph()->Clear();
  for (int layer = 0; layer < layers; ++layer) {
    AddGroup(*score.mutable_graph(), "features." + std::to_string(layer) + ".convolution.pointwise", "conv2d",
             clusters);
  }
  v1::Partition& partition = *score.mutable_partitions(0);
  partition.set_clusters(clusters);
  partition.clear_sizes();
  partition.clear_group_sizes();
  for (int cluster = 0; cluster < clusters; ++cluster) {
    partition.add_sizes(layers);
    for (int layer = 0; layer < layers; ++layer) partition.add_group_sizes(1);
  }
  return job;
}

TEST(ScoreTable, NoLineIsWiderThanTheTerminal) {
  for (const int width : {60, 80, 132}) {
    for (const std::string& line : LinesOf(ScoreTable(LargeJob(120, 30), "net.pt", {.width = width, .color = false}))) {
      EXPECT_LE(DisplayWidth(line), width) << line;
    }
  }
}

TEST(ScoreTable, EveryClusterHasItsColumnOnce) {
  const std::string text = ScoreTable(LargeJob(3, 16), "net.pt", {});
  std::istringstream words(text);
  std::multiset<std::string> columns;
  for (std::string word; words >> word;) columns.insert(word);
  for (int cluster = 0; cluster < 16; ++cluster) EXPECT_EQ(columns.count("c" + std::to_string(cluster)), 1U) << cluster;
}

TEST(ScoreTable, VeryManyLayersAndClustersAreCutWithAWord) {
  const std::string text = ScoreTable(LargeJob(1000, 500), "net.pt", {});
  EXPECT_LT(LinesOf(text).size(), 250U);
  EXPECT_NE(text.find("960 layers in the middle left out"), std::string::npos) << text;
  EXPECT_NE(text.find("more clusters"), std::string::npos) << text;
  EXPECT_NE(text.find(".999.convolution.pointwise "), std::string::npos) << "the last layer is shown";
}

TEST(ShareText, NeverHidesSomethingOrInventsAll) {
  EXPECT_EQ(ShareText(0, 784), "·");
  EXPECT_EQ(ShareText(1, 784), "<1%");
  EXPECT_EQ(ShareText(783, 784), "99%");
  EXPECT_EQ(ShareText(784, 784), "100%");
  EXPECT_EQ(ShareText(392, 784), "50%");
  EXPECT_EQ(ShareText(0, 0), "·");
}

}  // namespace
}  // namespace modlab::client

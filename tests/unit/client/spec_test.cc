#include "client/spec.h"

#include <gtest/gtest.h>

#include "client/errors.h"
#include "client/output/json.h"
#include "client/units.h"

namespace modlab::client {
namespace {

TEST(ScoreJobSpec, WhatWasNotSaidStaysUnset) {
  const v1::JobSpec spec = ScoreJobSpec({}, "models/abc");
  EXPECT_FALSE(spec.has_resources());
  EXPECT_FALSE(spec.has_seed());
  EXPECT_EQ(spec.score().model(), "models/abc");
  EXPECT_FALSE(spec.score().has_graph());
  EXPECT_FALSE(spec.score().has_resolution());
  EXPECT_FALSE(spec.score().has_nulls());
  EXPECT_FALSE(spec.score().has_stability_runs());
  ASSERT_EQ(spec.score().partitions_size(), 2);
  EXPECT_EQ(spec.score().partitions(0).spectral().ByteSizeLong(), 0U);
  EXPECT_EQ(spec.score().partitions(1).leiden().ByteSizeLong(), 0U);
}

TEST(ParseClusterCount, TakesANumberARangeOrAuto) {
  EXPECT_EQ(ParseClusterCount("4").number, 4);
  EXPECT_EQ(ParseClusterCount("-1").number, -1);  // the server's to refuse
  EXPECT_EQ(ParseClusterCount("2..16").least, 2);
  EXPECT_EQ(ParseClusterCount("2..16").most, 16);
  EXPECT_FALSE(ParseClusterCount("2..16").number);
  const ClusterCount automatic = ParseClusterCount("auto");
  EXPECT_FALSE(automatic.number || automatic.least || automatic.most);
  for (const char* text : {"", "four", "4x", "2..", "..4", "2...4", "2..4..6", "1e3"}) {
    EXPECT_THROW(ParseClusterCount(text), UsageError) << text;
  }
}

TEST(ScoreJobSpec, MethodsComeInTheirOrder) {
  ScoreOptions options;
  options.methods = {v1::Partition::LEIDEN, v1::Partition::PLANTED, v1::Partition::SPECTRAL};
  options.planted = {0, 1, -1};
  options.clusters = ClusterCount{.number = {}, .least = 3, .most = 5};
  options.objective = v1::Modularity::LAYER_PAIR;
  options.leiden_restarts = 3;
  options.normalize_rows = true;
  options.nulls.set_samples(0);
  options.nulls.set_model(v1::NullSpec::DEGREE);
  options.stability_runs = 0;
  const v1::JobSpec expected = ParseJobSpec(R"({
    "score": {
      "model": "models/abc",
      "partitions": [
        {"leiden": {"objective": "LAYER_PAIR", "restarts": 3}},
        {"planted": {"labels": [0, 1, -1]}},
        {"spectral": {"leastClusters": 3, "mostClusters": 5, "normalizeRows": true}}
      ],
      "nulls": {"model": "DEGREE", "samples": 0},
      "stabilityRuns": 0
    }})",
                                            "the test");
  EXPECT_EQ(SparseJson(ScoreJobSpec(options, "models/abc")), SparseJson(expected));
}

TEST(ScoreJobSpec, RefusesOptionsOfMethodsThatAreNotAskedFor) {
  ScoreOptions options;
  options.methods = {v1::Partition::LEIDEN};
  options.restarts = 3;
  EXPECT_THROW(ScoreJobSpec(options, "models/abc"), UsageError);
  options = {};
  options.methods = {v1::Partition::SPECTRAL};
  options.objective = v1::Modularity::DIRECTED;
  EXPECT_THROW(ScoreJobSpec(options, "models/abc"), UsageError);
  options = {};
  options.methods = {v1::Partition::PLANTED};
  EXPECT_THROW(ScoreJobSpec(options, "models/abc"), UsageError);
}

TEST(ScoreJobSpec, EveryOptionHasItsField) {
  ScoreOptions options;
  options.clusters = ClusterCount{.number = 0, .least = {}, .most = {}};  // the server's to refuse
  options.restarts = 7;
  options.seed = 0;
  options.resolution = ParseResolution("0.5");
  options.graph.options.set_kernel_norm(v1::GraphOptions::MAX_COLUMN_SUM);
  options.graph.options.set_fold_batch_norm(false);
  options.graph.preset = v1::PRESET_FILAN;
  options.input_shapes = {ParseInputShape("1,3,32,32"), ParseInputShape("1,5:int64")};
  options.resources.threads = 2;
  options.resources.time_limit = ParseDuration("5m");
  options.resources.memory_limit = ParseSize("4GiB");
  const v1::JobSpec expected = ParseJobSpec(R"({
    "resources": {"threads": 2, "memoryBytes": "4294967296", "wallTime": "300s"},
    "seed": 0,
    "score": {
      "model": "models/abc",
      "inputShapes": [{"dimensions": [1, 3, 32, 32]}, {"dimensions": [1, 5], "dtype": "int64"}],
      "graph": {"kernelNorm": "MAX_COLUMN_SUM", "foldBatchNorm": false},
      "partitions": [{"spectral": {"clusters": 0, "restarts": 7}}],
      "resolution": 0.5,
      "preset": "PRESET_FILAN"
    }})",
                                            "the test");
  EXPECT_EQ(SparseJson(ScoreJobSpec(options, "models/abc")), SparseJson(expected));
}

TEST(ScoreJobSpec, ARangeOfResolutionsIsLeidensSweep) {
  ScoreOptions options;
  options.resolution = ParseResolution("0.2..3");
  const std::string expected = R"({"score": {"model": "models/abc", "partitions": [
      {"spectral": {}}, {"leiden": {"sweep": {"least": 0.2, "most": 3}}}]}})";
  EXPECT_EQ(SparseJson(ScoreJobSpec(options, "models/abc")), SparseJson(ParseJobSpec(expected, "the test")));
  options.resolution_steps = 7;
  EXPECT_EQ(ScoreJobSpec(options, "models/abc").score().partitions(1).leiden().sweep().steps(), 7);
  options.resolution = ParseResolution("2");
  EXPECT_THROW(ScoreJobSpec(options, "models/abc"), UsageError);  // steps of one resolution
  options = {};
  options.methods = {v1::Partition::SPECTRAL};
  options.resolution = ParseResolution("0.2..3");
  EXPECT_THROW(ScoreJobSpec(options, "models/abc"), UsageError);
}

TEST(ParseResolution, TakesANumberOrARange) {
  EXPECT_EQ(ParseResolution("1e-2").value, 0.01);
  EXPECT_FALSE(ParseResolution("1").range);
  const Resolution range = ParseResolution(".5..1e1");
  EXPECT_FALSE(range.value);
  EXPECT_EQ(range.range->least(), 0.5);
  EXPECT_EQ(range.range->most(), 10);
  for (const char* bad : {"", "x", "1x", "1..", "..1", "1..2..3", "1,2"})
    EXPECT_THROW(ParseResolution(bad), UsageError);
}

TEST(ResourceOptions, OverrideOnlyWhatWasGiven) {
  v1::Resources resources;
  resources.set_threads(4);
  resources.set_memory_bytes(100);
  ResourceOptions options;
  EXPECT_TRUE(options.empty());
  options.memory_limit = 200;
  options.ApplyTo(resources);
  EXPECT_EQ(resources.threads(), 4);
  EXPECT_EQ(resources.memory_bytes(), 200);
  EXPECT_FALSE(resources.has_wall_time());
}

TEST(ParseJobSpec, WhatWePrintCanBeRead) {
  const v1::JobSpec spec = ScoreJobSpec({}, "models/abc");
  EXPECT_EQ(ParseJobSpec(SparseJson(spec), "x").SerializeAsString(), spec.SerializeAsString());
}

std::string Refusal(const std::string& json) {
  try {
    ParseJobSpec(json, "spec.json");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ParseJobSpec, FaultsAreNamed) {
  const auto expect_named = [](const std::string& json, const std::string& fault) {
    const std::string refusal = Refusal(json);
    EXPECT_NE(refusal.find(fault), std::string::npos) << refusal;
    EXPECT_TRUE(refusal.starts_with("spec.json is not a job's spec")) << refusal;
    EXPECT_EQ(refusal.find('?'), std::string::npos) << "no line breaks: " << refusal;
  };
  expect_named(R"({"sede": 1})", "sede");
  expect_named(R"({"score": {"partitions": [{"spectral": {"klusters": 4}}]}})", "klusters");
  expect_named(R"({"seed": "one"})", "one");
  expect_named(R"({"seed": -1})", "-1");
  expect_named(R"({"score": {"graph": {"kernelNorm": "L3"}}})", "L3");
  expect_named(R"({"evolve": {}})", "evolve");
  expect_named(R"({"seed": 1 "kind"})", R"(Near: {"seed": 1 "kind"})");
  expect_named("{", "");
  expect_named("[]", "");
  expect_named("", "");
}

}  // namespace
}  // namespace modlab::client

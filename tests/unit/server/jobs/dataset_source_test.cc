#include "server/jobs/dataset_source.h"

#include <gtest/gtest.h>

#include <limits>

#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

using modlab::v1::DatasetSource;
using modlab::v1::InputNormalization;

DatasetSource Files(const std::string& sha256) {
  DatasetSource source;
  auto& file = *source.mutable_files()->add_tensors();
  file.set_name("x");
  file.set_upload("uploads/first");
  file.set_file_name("a.npy");
  file.set_sha256(sha256);
  return source;
}

std::string RefusedField(DatasetSource source) {
  try {
    ResolveDatasetSource(&source);
    return "accepted";
  } catch (const RequestError& error) {
    return error.field();
  }
}

TEST(SourceDigest, IsOfTheContentAndHowItIsRead) {
  const std::string digest = SourceDigest(Files("1"), {});
  DatasetSource other_way = Files("1");
  other_way.mutable_files()->mutable_tensors(0)->set_upload("uploads/second");
  other_way.mutable_files()->mutable_tensors(0)->set_file_name("b.npy");
  EXPECT_EQ(SourceDigest(other_way, {}), digest);
  EXPECT_NE(SourceDigest(Files("2"), {}), digest);
  DatasetSource member = Files("1");
  member.mutable_files()->mutable_tensors(0)->set_member("images");
  EXPECT_NE(SourceDigest(member, {}), digest);
  InputNormalization scaled;
  scaled.set_scale(2);
  EXPECT_NE(SourceDigest(Files("1"), scaled), digest);
}

TEST(ResolveDatasetSource, NamesAreOnceAndIdentifiersAndOneIsX) {
  EXPECT_EQ(RefusedField(Files("1")), "accepted");
  for (const char* name : {"", "X", "1x", "a-b", "x y"}) {
    DatasetSource source = Files("1");
    source.mutable_files()->mutable_tensors(0)->set_name(name);
    EXPECT_EQ(RefusedField(source), "dataset.source.files.tensors[0].name") << name;
  }
  DatasetSource twice = Files("1");
  *twice.mutable_files()->add_tensors() = twice.files().tensors(0);
  EXPECT_EQ(RefusedField(twice), "dataset.source.files.tensors[1].name");
  DatasetSource without = Files("1");
  without.mutable_files()->mutable_tensors(0)->set_name("y");
  EXPECT_EQ(RefusedField(without), "dataset.source.files.tensors");
}

TEST(CheckInputNormalization, RefusesWhatNoNetworkCouldSee) {
  const auto field = [](auto change) -> std::string {
    InputNormalization normalization;
    change(normalization);
    try {
      CheckInputNormalization(normalization);
      return "accepted";
    } catch (const RequestError& error) {
      return error.field();
    }
  };
  EXPECT_EQ(field([](auto& it) { it.set_scale(0); }), "dataset.normalization.scale");
  EXPECT_EQ(field([](auto& it) { it.set_sd(0); }), "dataset.normalization.sd");
  EXPECT_EQ(field([](auto& it) { it.set_mean(std::numeric_limits<double>::quiet_NaN()); }),
            "dataset.normalization.mean");
  EXPECT_EQ(field([](auto& it) {
              it.set_standardize(true);
              it.set_mean(0);
            }),
            "dataset.normalization.standardize");
  EXPECT_EQ(field([](auto& it) { it.set_scale(-2); }), "accepted");
}

}  // namespace
}  // namespace modlab::server

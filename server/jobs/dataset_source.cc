#include "server/jobs/dataset_source.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "server/executor/deterministic_bytes.h"
#include "server/executor/utf8.h"
#include "server/jobs/request_error.h"
#include "server/store/blob_store.h"

namespace modlab::server {
namespace {

using modlab::v1::BitVectors;
using modlab::v1::DatasetSource;
using modlab::v1::DigitPairs;
using modlab::v1::InputNormalization;
using modlab::v1::TensorFile;
using modlab::v1::TensorFiles;

constexpr int kMostTensors = 16;
constexpr size_t kLongestTensorName = 63;
constexpr size_t kLongestMember = 4096;
constexpr size_t kLongestFileName = 255;
constexpr int kMostClasses = 1000;
constexpr int kMostBits = 20;
constexpr int kMostSamplePairs = 10'000'000;

bool IsTensorName(const std::string& name) {
  constexpr const char* letters = "abcdefghijklmnopqrstuvwxyz_";
  return !name.empty() && name.size() <= kLongestTensorName &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos &&
         std::string(letters).find(name[0]) != std::string::npos;
}

void ResolveFiles(TensorFiles* files) {
  const std::string field = "dataset.source.files.tensors";
  if (files->tensors_size() > kMostTensors) {
    RefuseField(field, fmt::format("{} tensors were given: give at most {}", files->tensors_size(), kMostTensors));
  }
  std::set<std::string> names;
  for (int i = 0; i < files->tensors_size(); ++i) {
    TensorFile& file = *files->mutable_tensors(i);
    const std::string path = fmt::format("{}[{}]", field, i);
    if (!IsTensorName(file.name())) {
      RefuseField(
          path + ".name",
          fmt::format("'{}' is no name of a tensor: give lower-case letters, digits and _, at most {}, a letter or _ "
                      "first; `x` is the inputs, `y` the usual name of labels",
                      ToUtf8(file.name(), kLongestTensorName), kLongestTensorName));
    }
    if (!names.insert(file.name()).second) {
      RefuseField(path + ".name", fmt::format("there are two tensors `{}`: give each a name of its own", file.name()));
    }
    if (file.member().size() > kLongestMember) {
      RefuseField(path + ".member", fmt::format("a member has at most {} characters", kLongestMember));
    }
    if (file.file_name().size() > kLongestFileName) {
      RefuseField(path + ".file_name", fmt::format("a file name has at most {} characters", kLongestFileName));
    }
    if (file.file_name().empty()) file.set_file_name(file.name());
  }
  if (files->first_row() < 0) {
    RefuseField("dataset.source.files.first_row", fmt::format("{} is no row: they count from 0", files->first_row()));
  }
  if (files->has_rows() && files->rows() < 1) {
    RefuseField("dataset.source.files.rows", fmt::format("{} rows were asked for: give 1 or more", files->rows()));
  }
  if (names.count("x") == 0) {
    throw RequestError(modlab::v1::FIELD_MISSING,
                       "a data set needs inputs: give a tensor `x` (`modlab dataset push --inputs FILE`)", field);
  }
}

void ResolvePairs(DigitPairs* pairs) {
  const std::string field = "dataset.source.digit_pairs";
  if (pairs->dataset().empty()) {
    throw RequestError(modlab::v1::FIELD_MISSING, "pairs are drawn from a data set: give `datasets/{id}`",
                       field + ".dataset");
  }
  if (pairs->samples() < 1 || pairs->samples() > kMostSamplePairs) {
    RefuseField(field + ".samples",
                fmt::format("{} pairs were asked for: give 1 to {}", pairs->samples(), kMostSamplePairs));
  }
  if (!DigitPairs::Layout_IsValid(pairs->layout())) {
    RefuseField(field + ".layout", fmt::format("unknown layout {}", static_cast<int>(pairs->layout())));
  }
  if (pairs->layout() == DigitPairs::LAYOUT_UNSPECIFIED) pairs->set_layout(DigitPairs::CONCATENATED);
}

}  // namespace

void ResolveDatasetSource(DatasetSource* source) {
  switch (source->kind_case()) {
    case DatasetSource::kFiles:
      return ResolveFiles(source->mutable_files());
    case DatasetSource::kBitVectors:
      if (const int bits = source->bit_vectors().bits(); bits < 1 || bits > kMostBits) {
        RefuseField("dataset.source.bit_vectors.bits",
                    fmt::format("all vectors of {} bits were asked for: give 1 to {}", bits, kMostBits));
      }
      return;
    case DatasetSource::kDigitPairs:
      return ResolvePairs(source->mutable_digit_pairs());
    case DatasetSource::kOneHotPairs:
      if (const int classes = source->one_hot_pairs().classes(); classes < 1 || classes > kMostClasses) {
        RefuseField("dataset.source.one_hot_pairs.classes",
                    fmt::format("one-hot vectors of {} elements were asked for: give 1 to {}", classes, kMostClasses));
      }
      return;
    case DatasetSource::kRetina:
      return;
    case DatasetSource::KIND_NOT_SET:
      break;
  }
  throw RequestError(
      modlab::v1::FIELD_MISSING,
      "a data set needs a source: give `files`, `bit_vectors`, `retina`, `digit_pairs` or `one_hot_pairs`",
      "dataset.source");
}

void CheckInputNormalization(const InputNormalization& normalization) {
  const std::string field = "dataset.normalization";
  const auto check = [&](bool is_set, double value, bool sense, const char* name, const char* what) {
    if (is_set && (!std::isfinite(value) || !sense)) {
      RefuseField(field + name, fmt::format("{} is no {}", value, what));
    }
  };
  const double sd = normalization.sd();
  check(normalization.has_scale(), normalization.scale(), normalization.scale() != 0, ".scale",
        "scale: give a number other than 0 (1/255 is usual for bytes)");
  check(normalization.has_mean(), normalization.mean(), true, ".mean", "mean: give a number");
  check(normalization.has_sd(), sd, sd > 0, ".sd", "standard deviation: give a number over 0");
  if (normalization.standardize() && (normalization.has_mean() || normalization.has_sd())) {
    RefuseField(field + ".standardize",
                "standardising takes the data's own mean and standard deviation: leave yours out");
  }
}

std::string SourceDigest(const DatasetSource& source, const InputNormalization& normalization) {
  DatasetSource content = source;
  if (content.has_files()) {
    for (auto& file : *content.mutable_files()->mutable_tensors()) {
      file.clear_upload();
      file.clear_file_name();
    }
  }
  return Sha256(DeterministicBytes(content) + '\n' + DeterministicBytes(normalization));
}

}  // namespace modlab::server

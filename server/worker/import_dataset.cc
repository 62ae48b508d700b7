#include "server/worker/import_dataset.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/dataset/array_file.h"
#include "core/dataset/dataset.h"
#include "core/dataset/generators.h"
#include "core/dataset/tensor_file.h"
#include "core/error.h"

namespace modlab::server {
namespace {

constexpr double kLargestByte = 255;

Array AskedRows(const v1::TensorFiles& files, const std::string& file, const Array& array) {
  if (files.first_row() == 0 && !files.has_rows()) return array;
  const int64_t left = array.shape.empty() ? 0 : array.rows() - files.first_row();
  const int64_t rows = files.has_rows() ? files.rows() : left;
  if (left < 1 || rows > left) {
    throw Error(ErrorKind::kDataInvalid,
                fmt::format("{}: it has {} rows, so there are no {} from row {} on", file,
                            array.shape.empty() ? 0 : array.rows(),
                            files.has_rows() ? fmt::format("{} rows", rows) : "rows", files.first_row()));
  }
  return RowsOf(array, files.first_row(), rows);
}

Dataset ReadFiles(const v1::TensorFiles& files, const AttemptDirectory& directory, RunContext& context) {
  Dataset dataset;
  for (int i = 0; i < files.tensors_size(); ++i) {
    context.Report("read", static_cast<double>(i) / files.tensors_size());
    const v1::TensorFile& file = files.tensors(i);
    const NamedArray tensor = {file.name(), AskedRows(files, file.file_name(),
                                                      ReadArray(directory.source(i), file.file_name(), file.member()))};
    // `x` first, whatever the order of the source.
    dataset.tensors.insert(file.name() == "x" ? dataset.tensors.begin() : dataset.tensors.end(), tensor);
  }
  return dataset;
}

Dataset Make(const v1::ImportSpec& spec, const AttemptDirectory& directory, RunContext& context) {
  switch (spec.source().kind_case()) {
    case v1::DatasetSource::kBitVectors:
      return AllBitVectors(spec.source().bit_vectors().bits());
    case v1::DatasetSource::kOneHotPairs:
      return OneHotPairs(spec.source().one_hot_pairs().classes());
    case v1::DatasetSource::kRetina:
      return Retina();
    case v1::DatasetSource::kDigitPairs: {
      const v1::DigitPairs& pairs = spec.source().digit_pairs();
      const TensorFile file = TensorFile::Open(directory.data(), pairs.dataset());
      const Dataset digits = {file.tensors()};
      const PairLayout layout =
          pairs.layout() == v1::DigitPairs::STACKED ? PairLayout::kStack : PairLayout::kConcatenate;
      return DigitPairs(digits, pairs.samples(), layout, pairs.seed());
    }
    default:
      return ReadFiles(spec.source().files(), directory, context);
  }
}

v1::DataTensor Describe(const NamedArray& tensor, const TensorSummary& summary) {
  v1::DataTensor described;
  described.set_name(tensor.name);
  for (const int64_t size : tensor.array.shape) described.add_shape(static_cast<int32_t>(size));
  described.set_dtype(NameOf(tensor.array.type));
  described.set_least(summary.least);
  described.set_most(summary.most);
  described.set_mean(summary.mean);
  described.set_sd(summary.sd);
  described.set_classes(static_cast<int32_t>(summary.classes));
  return described;
}

v1::InputNormalization Resolve(v1::InputNormalization normalization, const v1::DataTensor& inputs) {
  const bool bytes = inputs.dtype() == NameOf(ElementType::kUint8) && inputs.most() > 1;
  if (!normalization.has_scale()) normalization.set_scale(bytes ? 1 / kLargestByte : 1);
  if (normalization.standardize()) {
    normalization.set_mean(inputs.mean() * normalization.scale());
    const double sd = inputs.sd() * std::abs(normalization.scale());
    normalization.set_sd(sd > 0 ? sd : 1);
  }
  if (!normalization.has_mean()) normalization.set_mean(0);
  if (!normalization.has_sd()) normalization.set_sd(1);
  return normalization;
}

/// What 32-bit shapes can say.
void CheckSizes(const Dataset& dataset) {
  for (const NamedArray& tensor : dataset.tensors) {
    for (const int64_t size : tensor.array.shape) {
      if (size <= std::numeric_limits<int32_t>::max()) continue;
      throw Error(ErrorKind::kDataInvalid, "the tensor `" + tensor.name + "` has " + std::to_string(size) +
                                               " entries along one axis, and modlab takes at most 2147483647");
    }
  }
}

}  // namespace

v1::ImportResult ImportDataset(const v1::ImportSpec& spec, const AttemptDirectory& directory, RunContext& context) {
  context.Report("read");
  const Dataset dataset = Make(spec, directory, context);
  context.Report("check");
  CheckDataset(dataset);
  CheckSizes(dataset);
  v1::ImportResult result;
  for (size_t i = 0; i < dataset.tensors.size(); ++i) {
    context.Report("check", static_cast<double>(i) / static_cast<double>(dataset.tensors.size()));
    *result.add_tensors() = Describe(dataset.tensors[i], Summarize(dataset.tensors[i].array));
  }
  *result.mutable_normalization() = Resolve(spec.normalization(), result.tensors(0));
  context.Report("write");
  WriteTensorFile(directory.product(), dataset.tensors);
  return result;
}

}  // namespace modlab::server

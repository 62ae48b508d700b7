#include "client/output/dataset_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "client/errors.h"
#include "client/names.h"
#include "client/output/columns.h"
#include "client/output/facts.h"
#include "client/output/labels_text.h"
#include "client/output/sharing_text.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::string SourceText(const v1::DatasetSource& source) {
  switch (source.kind_case()) {
    case v1::DatasetSource::kFiles: {
      std::string text;
      for (const v1::TensorFile& file : source.files().tensors()) {
        text += text.empty() ? "" : ", ";
        text += fmt::format("{} of {}", file.name(), file.file_name());
        if (!file.member().empty()) text += ":" + file.member();
      }
      return Printable(text);
    }
    case v1::DatasetSource::kBitVectors:
      return fmt::format("all vectors of {} bits", source.bit_vectors().bits());
    case v1::DatasetSource::kOneHotPairs:
      return fmt::format("all pairs of one-hot vectors of {}", source.one_hot_pairs().classes());
    case v1::DatasetSource::kRetina:
      return "the retina of Kashtan and Alon (2005)";
    case v1::DatasetSource::kDigitPairs:
      return Printable(fmt::format("pairs of {}, {}, seed {}", source.digit_pairs().dataset(),
                                   Lower(v1::DigitPairs::Layout_Name(source.digit_pairs().layout())),
                                   source.digit_pairs().seed()));
    case v1::DatasetSource::KIND_NOT_SET:
      break;
  }
  return "";
}

std::string NormalizationText(const v1::InputNormalization& normalization) {
  if (!normalization.has_sd()) return "";
  std::string text = "x";
  if (normalization.scale() != 1) text = fmt::format("{} x", NumberText(normalization.scale()));
  if (normalization.mean() != 0) text = fmt::format("{} - {}", text, NumberText(normalization.mean()));
  if (normalization.sd() != 1) text = fmt::format("({}) / {}", text, NumberText(normalization.sd()));
  return text == "x" ? "as stored" : text;
}

std::string RangeText(const v1::DataTensor& tensor) {
  return fmt::format("{} to {}", NumberText(tensor.least()), NumberText(tensor.most()));
}

}  // namespace

std::string DatasetListText(const google::protobuf::RepeatedPtrField<v1::Dataset>& datasets, const TextStyle& style) {
  using DatasetColumn = Column<v1::Dataset>;
  using enum DatasetColumn::Shown;
  using enum Grid::Align;
  const std::vector<DatasetColumn> columns = {
      {"dataset", [](const v1::Dataset& dataset) { return IdOf(dataset.name()); }},
      {"owner", [](const v1::Dataset& dataset) { return Printable(dataset.owner()); }, kWide},
      {"name", [](const v1::Dataset& dataset) { return Printable(dataset.display_name()); }},
      {"state", [](const v1::Dataset& dataset) { return Lower(v1::Dataset::State_Name(dataset.state())); }},
      {"samples",
       [](const v1::Dataset& dataset) { return dataset.samples() > 0 ? fmt::format("{}", dataset.samples()) : ""; },
       kAlways, kRight},
      {"size",
       [](const v1::Dataset& dataset) {
         return dataset.size_bytes() > 0 ? SizeText(static_cast<double>(dataset.size_bytes())) : "";
       },
       kAlways, kRight},
      {"source", [](const v1::Dataset& dataset) { return SourceText(dataset.source()); }},
      {"created", [](const v1::Dataset& dataset) { return TimeText(dataset.create_time()); }},
      {"import", [](const v1::Dataset& dataset) { return IdOf(dataset.import_job()); }, kWide},
      {"shared", [](const v1::Dataset& dataset) { return SharingText(dataset.sharing(), dataset.shared_with()); },
       kWide},
      {"labels", [](const v1::Dataset& dataset) { return LabelsText(dataset.labels()); }},
      {"error",
       [](const v1::Dataset& dataset) { return dataset.has_error() ? v1::Reason_Name(dataset.error().reason()) : ""; },
       kWide}};
  return ColumnsText(columns, datasets, style);
}

std::string TensorsText(const google::protobuf::RepeatedPtrField<v1::DataTensor>& tensors, const TextStyle& style) {
  using TensorColumn = Column<v1::DataTensor>;
  using enum TensorColumn::Shown;
  using enum Grid::Align;
  const std::vector<TensorColumn> columns = {
      {"tensor", [](const v1::DataTensor& tensor) { return Printable(tensor.name()); }},
      {"shape", [](const v1::DataTensor& tensor) { return fmt::format("{}", fmt::join(tensor.shape(), " x ")); }},
      {"type", [](const v1::DataTensor& tensor) { return Printable(tensor.dtype()); }},
      {"range", RangeText},
      {"mean", [](const v1::DataTensor& tensor) { return NumberText(tensor.mean()); }, kAlways, kRight},
      {"sd", [](const v1::DataTensor& tensor) { return NumberText(tensor.sd()); }, kAlways, kRight},
      {"classes",
       [](const v1::DataTensor& tensor) { return tensor.classes() > 0 ? fmt::format("{}", tensor.classes()) : ""; },
       kAlways, kRight}};
  return ColumnsText(columns, tensors, style);
}

std::string DatasetText(const v1::Dataset& dataset, const TextStyle& style) {
  Facts facts(style);
  facts.Add("name", Printable(dataset.display_name()));
  facts.Add("state", Lower(v1::Dataset::State_Name(dataset.state())));
  facts.Add("source", SourceText(dataset.source()));
  if (dataset.samples() > 0) facts.Add("samples", fmt::format("{}", dataset.samples()));
  facts.Add("inputs seen", NormalizationText(dataset.normalization()));
  facts.Add("sha256", Printable(dataset.sha256()));
  if (dataset.size_bytes() > 0) facts.Add("size", SizeText(static_cast<double>(dataset.size_bytes())));
  facts.Add("labels", LabelsText(dataset.labels()));
  facts.Add("owner", Printable(dataset.owner()));
  facts.Add("shared", SharingText(dataset.sharing(), dataset.shared_with()));
  facts.Add("created", TimeText(dataset.create_time()));
  facts.Add("import", Printable(dataset.import_job()));
  if (dataset.has_error()) facts.Add("error", Describe("import failed", dataset.error()));
  const std::string tensors = dataset.tensors().empty() ? "" : '\n' + TensorsText(dataset.tensors(), style);
  return Bold(Printable(dataset.name()), style) + '\n' + facts.text() + tensors;
}

}  // namespace modlab::client

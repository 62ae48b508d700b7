#include "server/jobs/model_fields.h"

#include <fmt/format.h>

namespace modlab::server {

using modlab::v1::JobSpec;

std::vector<ModelField> ModelFields(JobSpec* spec) {
  switch (spec->kind_case()) {
    case JobSpec::kInspect:
      return {{"inspect.model", spec->mutable_inspect()->mutable_model()}};
    case JobSpec::kScore:
      return {{"score.model", spec->mutable_score()->mutable_model()}};
    case JobSpec::kGraph:
      return {{"graph.model", spec->mutable_graph()->mutable_model()}};
    case JobSpec::kTrain:
      return {{"train.model", spec->mutable_train()->mutable_model()}};
    case JobSpec::kCompose: {
      std::vector<ModelField> fields;
      for (int i = 0; i < spec->compose().parts_size(); ++i) {
        fields.push_back({fmt::format("compose.parts[{}]", i), spec->mutable_compose()->mutable_parts(i)});
      }
      if (!spec->compose().head().empty()) {
        fields.push_back({"compose.head", spec->mutable_compose()->mutable_head()});
      }
      return fields;
    }
    case JobSpec::kImportDataset:
    case JobSpec::kBuild:
    case JobSpec::KIND_NOT_SET:
      break;
  }
  return {};
}

}  // namespace modlab::server

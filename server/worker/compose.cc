#include "server/worker/compose.h"

#include <optional>
#include <string>
#include <vector>

#include "core/compose/composition.h"
#include "core/graph/model_reader.h"
#include "server/network/network.h"

namespace modlab::server {

v1::ComposeResult ComposeModels(const v1::ComposeSpec& spec, uint32_t seed, const AttemptDirectory& directory,
                                RunContext& context) {
  context.Report("load");
  std::vector<Model> loaded;
  loaded.reserve(static_cast<size_t>(spec.parts_size()) + 1);
  const auto load = [&](const std::string& file) -> Component {
    const int number = static_cast<int>(loaded.size());
    loaded.push_back(Model::Load(directory.input(file)));
    if (number >= spec.input_shapes_size()) return {&loaded.back(), {}};
    const v1::InputShape& shape = spec.input_shapes(number);
    return {&loaded.back(), {{shape.dimensions().begin(), shape.dimensions().end()}, shape.dtype()}};
  };
  std::vector<Component> parts;
  for (int i = 0; i < spec.parts_size(); ++i) parts.push_back(load(PartFileName(i)));
  std::optional<Component> head;
  if (!spec.head().empty()) head = load(kHeadFile);

  CompositionOptions options;
  options.cross_deviation = spec.cross_deviation();
  options.bridge = spec.has_bridge();
  if (spec.bridge().has_outputs()) options.bridge_outputs = spec.bridge().outputs();
  options.bridge_activation = ToActivation(spec.bridge().activation());
  options.seed = seed;
  const Composition composition = Compose(parts, head, options, directory.product(), context);

  v1::ComposeResult result;
  for (const ComposedLayer& layer : composition.layers) {
    v1::ComposedLayer& added = *result.add_layers();
    added.set_name(layer.name);
    added.set_operation(layer.operation);
    for (const int64_t units : layer.inputs) added.add_inputs(static_cast<int32_t>(units));
    for (const int64_t units : layer.outputs) added.add_outputs(static_cast<int32_t>(units));
  }
  result.set_cross_connections(static_cast<double>(composition.cross_connections));
  return result;
}

}  // namespace modlab::server

#include "client/commands/graph_options.h"

#include "client/commands/options.h"

namespace modlab::client {

using v1::GraphOptions;

void AddGraphOptions(CLI::App& command, GraphChoice& graph) {
  AddChoice<v1::Preset>(
      command, "--preset",
      {{"toumei", v1::PRESET_TOUMEI},
       {"filan", v1::PRESET_FILAN},
       {"hod", v1::PRESET_HOD},
       {"nn-clustering-pytorch", v1::PRESET_NN_CLUSTERING_PYTORCH}},
      [&graph](v1::Preset preset) { graph.preset = preset; },
      "Every option that is not given as a published pipeline has it: toumei, filan, hod or nn-clustering-pytorch")
      ->option_text("NAME");
  AddChoice<GraphOptions::KernelNorm>(
      command, "--kernel-norm",
      {{"l1", GraphOptions::L1},
       {"l2", GraphOptions::L2},
       {"max-column-sum", GraphOptions::MAX_COLUMN_SUM},
       {"spectral", GraphOptions::SPECTRAL},
       {"mean-abs", GraphOptions::MEAN_ABS}},
      [&graph](GraphOptions::KernelNorm norm) { graph.options.set_kernel_norm(norm); },
      "How a convolution's kernel becomes one weight: l1 (default), l2, max-column-sum, spectral or mean-abs")
      ->option_text("NORM");
  command.add_flag_callback(
      "--no-fold-batch-norm", [&graph] { graph.options.set_fold_batch_norm(false); },
      "Read the weights as they are, without the scales of batch norms");
  AddChoice<GraphOptions::Normalization>(
      command, "--normalization",
      {{"none", GraphOptions::NONE},
       {"unit-incoming", GraphOptions::UNIT_INCOMING},
       {"layer-mean", GraphOptions::LAYER_MEAN}},
      [&graph](GraphOptions::Normalization normalization) { graph.options.set_normalization(normalization); },
      "What takes out scales that do not change the function: none (default), unit-incoming (each hidden unit's "
      "incoming weights get the L2 norm 1, its outgoing ones the old norm) or layer-mean")
      ->option_text("NAME");
  command
      .add_option_function<std::vector<std::string>>(
          "--layers",
          [&graph](const std::vector<std::string>& patterns) {
            graph.options.mutable_layers()->Assign(patterns.begin(), patterns.end());
          },
          "Only layers whose names match: 'features.*', say. May be given several times (default: all)")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  AddChoice<GraphOptions::CnnLayers>(
      command, "--cnn-layers",
      {{"all", GraphOptions::ALL},
       {"convolutions", GraphOptions::CONVOLUTIONS},
       {"convolution-outputs", GraphOptions::CONVOLUTION_OUTPUTS}},
      [&graph](GraphOptions::CnnLayers layers) { graph.options.set_cnn_layers(layers); },
      "Of a network with convolutions: all layers (default), its convolutions, or convolution-outputs: these without "
      "the input's channels")
      ->option_text("NAME");
  command.add_flag_callback(
      "--no-input-units", [&graph] { graph.options.set_input_units(false); }, "Leave the inputs out of the graph");
  command.add_flag_callback(
      "--no-output-units", [&graph] { graph.options.set_output_units(false); }, "Leave the outputs out of the graph");
  command
      .add_option_function<double>(
          "--threshold", [&graph](double threshold) { graph.options.set_threshold(threshold); },
          "Weights up to this count as none (default 0)")
      ->type_name("X");
  command.add_flag_callback(
      "--remove-unconnected", [&graph] { graph.options.set_remove_unconnected(true); },
      "Take the weights away from components that do not touch both the first and the last group");
}

}  // namespace modlab::client

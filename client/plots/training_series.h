#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/plots/figure_text.h"
#include "client/plots/series_line.h"

namespace modlab::client::plots {

/// One quantity over the epochs: `loss`, `accuracy`, `Q`.
struct TrainingPanel {
  std::string title;
  Series series;
  /// Drawn beside it: of the evaluation data, say.
  std::optional<Series> second;
  /// For losses: where all values are over 0 and span more than 1.5 decades, the axis is logarithmic, and says so.
  bool may_be_logarithmic = false;
};

struct GoalSwitch {
  double epoch = 0;  ///< from here on: what is recorded after an epoch has its number, so the first goal's is 0
  std::string goal;
};

struct TrainingSeriesPlot {
  FigureText text;
  /// From top to bottom; at least one.
  std::vector<TrainingPanel> panels;
  /// In the order of the epochs, which ascend; may be empty.
  std::vector<GoalSwitch> switches;
};

/// What a training recorded, in panels one above the other that share the epochs: an SVG document. A thin line is where
/// goals switch; a goal's text stands above its epochs if there is room for all of them, else its number, which the
/// legend explains; if there are too many even for that, the caption counts them. Throws std::invalid_argument that
/// names what is wrong.
std::string DrawTrainingSeries(const TrainingSeriesPlot& plot);

}  // namespace modlab::client::plots

#pragma once

#include <map>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// Loss and modularity of a training that is watched.
class TrainingPlots {
 public:
  /// Another number of its series. Those of an epoch that came before, as after a lost attempt, take its place.
  void Take(const v1::Metric& metric);
  /// Whether there is something new since the last text.
  bool dirty() const { return dirty_; }

  /// Two plots, each a few lines, for a terminal of this width.
  std::string Plots(int width);
  /// A line: the last epoch whose loss is known, its loss, and the last modularity.
  std::string Line();

 private:
  std::map<int, double> loss_;
  std::map<int, double> modularity_;
  bool dirty_ = false;
};

}  // namespace modlab::client

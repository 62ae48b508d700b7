#include "client/plots/label_spread.h"

#include <algorithm>
#include <cstddef>

namespace modlab::client::plots {

std::vector<double> SpreadLabels(const std::vector<double>& wanted, double gap, double low, double high) {
  if (wanted.empty()) return {};
  const auto count = static_cast<double>(wanted.size());
  gap = std::min(gap, (high - low) / std::max(count - 1, 1.0));
  // Labels that would touch become one block about their mean place, as in isotonic regression.
  struct Block {
    double sum = 0;  // of the places wanted, each less its offset within the block
    std::size_t labels = 0;
    double start = 0;
  };
  std::vector<Block> blocks;
  const auto settle = [&](Block& block) {
    const double length = gap * static_cast<double>(block.labels - 1);
    block.start = std::clamp(block.sum / static_cast<double>(block.labels), low, std::max(low, high - length));
  };
  for (const double place : wanted) {
    blocks.push_back({place, 1, 0});
    settle(blocks.back());
    while (blocks.size() > 1) {
      Block& before = blocks[blocks.size() - 2];
      const Block& last = blocks.back();
      if (before.start + gap * static_cast<double>(before.labels) <= last.start + 1e-9) break;
      before.sum += last.sum - gap * static_cast<double>(before.labels) * static_cast<double>(last.labels);
      before.labels += last.labels;
      blocks.pop_back();
      settle(blocks.back());
    }
  }
  std::vector<double> places;
  for (const Block& block : blocks) {
    for (std::size_t i = 0; i < block.labels; ++i) places.push_back(block.start + gap * static_cast<double>(i));
  }
  return places;
}

}  // namespace modlab::client::plots

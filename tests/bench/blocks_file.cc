#include "tests/bench/blocks_file.h"

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace modlab {
namespace {

template <typename Value>
void Write(const std::vector<Value>& values, std::ofstream& file) {
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(Value)));
}

template <typename Value>
void WriteRows(const Block& block, std::ofstream& file) {
  std::vector<Value> row(block.source_units);
  for (int target = 0; target < block.target_units; ++target) {
    for (int source = 0; source < block.source_units; ++source) {
      row[source] = static_cast<Value>(block.entry(target, source));
    }
    Write(row, file);
  }
}

}  // namespace

void WriteBlocks(const UnitGraph& graph, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  for (const Block& block : graph.blocks()) {
    const bool is_float = block.float_data != nullptr && block.target_scale.empty() && block.source_scale.empty();
    Write<int64_t>({graph.first_target_unit(block), graph.first_source_unit(block), block.target_units,
                    block.source_units, is_float ? 4 : 8},
                   file);
    if (is_float) {
      WriteRows<float>(block, file);
    } else {
      WriteRows<double>(block, file);
    }
  }
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace modlab

#include "tests/unit/core/graph/fixtures.h"

#include <fstream>
#include <stdexcept>

namespace modlab {
namespace {

std::string FixturePath(const std::string& file) { return std::string(MODLAB_FIXTURES) + "/" + file; }

}  // namespace

Model LoadFixture(const std::string& name) {
  static const bool initialised = [] {
    Model::InitialiseLibTorch();
    return true;
  }();
  static_cast<void>(initialised);
  return Model::Load(FixturePath(name + ".pt"));
}

std::vector<double> ReadReference(const std::string& name, int block, const std::string& norm) {
  const std::string path = FixturePath(name + "." + std::to_string(block) + "." + norm + ".f64");
  std::ifstream file(path, std::ios::binary);
  std::vector<double> values;
  for (double value = 0; file.read(reinterpret_cast<char*>(&value), sizeof value);) values.push_back(value);
  if (values.empty()) throw std::runtime_error("cannot read " + path);
  return values;
}

UnitGraph ReadFixture(const std::string& name, const ReaderOptions& options) {
  RunContext context(2);
  return LoadFixture(name).Read(options, context);
}

std::vector<InputShape> AsInputs(const std::vector<std::vector<int64_t>>& shapes) {
  std::vector<InputShape> inputs;
  for (const std::vector<int64_t>& dimensions : shapes) inputs.push_back({dimensions, ""});
  return inputs;
}

std::vector<double> Entries(const Block& block) {
  std::vector<double> entries;
  for (int target = 0; target < block.target_units; ++target) {
    for (int source = 0; source < block.source_units; ++source) entries.push_back(block.entry(target, source));
  }
  return entries;
}

}  // namespace modlab

#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "core/graph/model_reader.h"

namespace modlab {

/// Loads a model that tests/fixtures/make_models.py has made.
Model LoadFixture(const std::string& name);
/// The reference matrix NAME.BLOCK.NORM.f64 that the script has written beside it, row-major [target][source].
std::vector<double> ReadReference(const std::string& name, int block, const std::string& norm);

UnitGraph ReadFixture(const std::string& name, const ReaderOptions& options = {});

/// Example inputs of these shapes, and of the weights' type.
std::vector<InputShape> AsInputs(const std::vector<std::vector<int64_t>>& shapes);

/// All entries of a block, row-major [target][source].
std::vector<double> Entries(const Block& block);

/// The Error that `action` throws; fails the test where it throws none.
template <typename Action>
Error ErrorOf(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("no Error was thrown");
}

}  // namespace modlab

// Weights that are sparse tensors: all that can be read of them is what dense ones have.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/weight_part.h"
#include "tests/unit/core/graph/fixtures.h"

namespace modlab {
namespace {

void ExpectSameGraph(const UnitGraph& sparse, const UnitGraph& dense) {
  ASSERT_EQ(sparse.groups().size(), dense.groups().size());
  for (size_t i = 0; i < dense.groups().size(); ++i) {
    EXPECT_EQ(sparse.groups()[i].name, dense.groups()[i].name);
    EXPECT_EQ(sparse.groups()[i].operation, dense.groups()[i].operation);
    EXPECT_EQ(sparse.groups()[i].units, dense.groups()[i].units);
  }
  ASSERT_EQ(sparse.blocks().size(), dense.blocks().size());
  for (size_t i = 0; i < dense.blocks().size(); ++i) {
    const Block& block = sparse.blocks()[i];
    const Block& wanted = dense.blocks()[i];
    EXPECT_EQ(block.layer, wanted.layer);
    EXPECT_EQ(block.fan_in, wanted.fan_in);
    EXPECT_EQ(block.kernel_size, wanted.kernel_size);
    EXPECT_EQ(block.target_offset, wanted.target_offset);
    EXPECT_EQ(block.source_offset, wanted.source_offset);
    for (const WeightPart part : {WeightPart::kMagnitude, WeightPart::kPositive, WeightPart::kSigned}) {
      const std::vector<double> entries = Entries(PartOf(block, part));
      const std::vector<double> wanted_entries = Entries(PartOf(wanted, part));
      ASSERT_EQ(entries.size(), wanted_entries.size());
      for (size_t entry = 0; entry < entries.size(); ++entry) {
        ASSERT_NEAR(entries[entry], wanted_entries[entry], 1e-6 * (1 + std::abs(wanted_entries[entry])))
            << block.layer << ", entry " << entry;
      }
    }
  }
  EXPECT_EQ(sparse.warnings, dense.warnings);
}

TEST(SparseWeights, AreReadAsDenseOnes) {
  const UnitGraph sparse = ReadFixture("sparse");
  ExpectSameGraph(sparse, ReadFixture("sparse_as_dense"));
  for (const Block& block : sparse.blocks()) {
    EXPECT_TRUE(block.is_sparse()) << block.layer;
    EXPECT_EQ(block.stored_entries(), Totals(block).edges) << block.layer;  // duplicates are one entry
  }
}

TEST(SparseWeights, AreReadAsDenseOnesWithEveryOption) {
  std::vector<ReaderOptions> all(6);
  all[0].normalization = Normalization::kLayerMean;
  all[1].normalization = Normalization::kUnitIncoming;
  all[2].threshold = 0.3;
  all[3].layers = {"2", "4", "10"};
  all[4].remove_unconnected = true;
  all[5].input_units = false;
  all[5].output_units = false;
  for (const ReaderOptions& options : all) {
    ExpectSameGraph(ReadFixture("sparse", options), ReadFixture("sparse_as_dense", options));
  }
}

TEST(SparseWeights, OfALayerThatIsCalledTwice) {
  ReaderOptions options;
  options.input_shapes = AsInputs({{1, 7}});
  for (const std::string name : {"sparse_twice_csr", "sparse_twice_coo"}) {
    ExpectSameGraph(ReadFixture(name, options), ReadFixture(name + "_as_dense", options));
  }
}

TEST(SparseWeights, OfUnitsInAnotherOrderStaySparse) {
  ReaderOptions options;
  options.input_shapes = AsInputs({{1, 5}});
  const UnitGraph sparse = ReadFixture("sparse_permuted", options);
  ExpectSameGraph(sparse, ReadFixture("sparse_permuted_as_dense", options));
  for (const Block& block : sparse.blocks()) {
    EXPECT_TRUE(block.is_sparse()) << block.layer;
    EXPECT_NE(block.double_data, nullptr);
  }
  EXPECT_EQ(sparse.blocks().size(), 4U);
}

TEST(SparseWeights, AreTheSameWheneverTheyAreRead) {
  RunContext context;
  Model model = LoadFixture("sparse");
  const UnitGraph first = model.Read({}, context);
  const UnitGraph second = model.Read({}, context);
  for (size_t i = 0; i < first.blocks().size(); ++i) {
    EXPECT_EQ(first.blocks()[i].float_data, second.blocks()[i].float_data);  // one copy, not one for each time
    EXPECT_EQ(Entries(first.blocks()[i]), Entries(second.blocks()[i]));
  }
}

TEST(SparseWeights, WithSeveralPositionsOfAUnitAreKernels) {
  ReaderOptions options;
  options.input_shapes = AsInputs({{1, 1, 8, 8}});
  ExpectSameGraph(ReadFixture("sparse_convolved", options), ReadFixture("sparse_convolved_as_dense", options));
}

TEST(SparseWeights, AreDrawnAnewWhereTheyAre) {
  ReaderOptions options;
  options.fresh_weights_seed = 1;
  const UnitGraph fresh = ReadFixture("sparse", options);
  const UnitGraph trained = ReadFixture("sparse");
  for (size_t i = 0; i < trained.blocks().size(); ++i) {
    const std::vector<double> drawn = Entries(fresh.blocks()[i]);
    const std::vector<double> before = Entries(trained.blocks()[i]);
    const double bound = 1 / std::sqrt(static_cast<double>(trained.blocks()[i].source_units));
    std::set<double> values;
    for (size_t entry = 0; entry < drawn.size(); ++entry) {
      EXPECT_EQ(drawn[entry] != 0, before[entry] != 0);
      EXPECT_LE(drawn[entry], bound * (1 + 1e-6));
      if (drawn[entry] != 0) values.insert(drawn[entry]);
    }
    EXPECT_EQ(static_cast<int64_t>(values.size()), fresh.blocks()[i].stored_entries());
    EXPECT_NE(drawn, before);
  }
}

struct BadTensor {
  std::string name;
  ErrorKind kind;
  std::string words;
};

TEST(SparseWeights, ThatCannotBeReadHaveTheirError) {
  for (const BadTensor& bad : {
           BadTensor{"sparse_out_of_range", ErrorKind::kOperationUnsupported, "with an index out of range"},
           BadTensor{"sparse_coo_out_of_range", ErrorKind::kOperationUnsupported, "with an index out of range"},
           BadTensor{"sparse_made_dense", ErrorKind::kOperationUnsupported, "with an index out of range: weight"},
           BadTensor{"sparse_overwritten", ErrorKind::kOperationUnsupported, "with an index out of range"},
           BadTensor{"sparse_row_starts", ErrorKind::kOperationUnsupported, "whose row starts do not fit its entries"},
           BadTensor{"sparse_product", ErrorKind::kOperationUnsupported, "reads a sparse tensor"},
           BadTensor{"sparse_infinite", ErrorKind::kWeightsNotFinite, "weight [1, 4] of layer"},
       }) {
    ReaderOptions options;
    options.input_shapes = AsInputs({{1, 7}});
    const Error error = ErrorOf([&] { ReadFixture(bad.name, options); });
    EXPECT_EQ(error.kind(), bad.kind) << bad.name << ": " << error.what();
    EXPECT_NE(std::string(error.what()).find(bad.words), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace modlab

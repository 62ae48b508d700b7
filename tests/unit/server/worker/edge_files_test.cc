// What other programs read in the files that a graph is exported to.

#include "server/worker/edge_files.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "core/error.h"
#include "core/graph/sparse_entries.h"
#include "tests/unit/server/executor/temporary_attempt.h"

namespace modlab::server {
namespace {

std::string PythonSays(const std::string& program, const std::filesystem::path& path) {
  const std::string command = std::string(PYTHON) + " -c '" + program + "' " + path.string() + " 2>&1";
  FILE* output = ::popen(command.c_str(), "r");
  std::array<char, 8192> text{};
  const size_t size = std::fread(text.data(), 1, text.size(), output);
  ::pclose(output);
  return {text.data(), size};
}

/// Names as a hostile model may have them, a weight that a decimal cannot write, and blocks that start within a group.
UnitGraph SmallGraph() {
  UnitGraph graph;
  graph.AddGroup({"input", "input", 3});
  graph.AddGroup({"fc<&>,\"\n\xC3\xA9\xFF", "linear", 2});
  Block block = OwnedBlock(0, 1, 2, 2, {.1, 0, -2, 1e-30});
  block.source_offset = 1;
  block.layer = "a,b";
  graph.AddBlock(block);
  Block loop = OwnedBlock(1, 1, 2, 2, {0, 1. / 3, 0, 0});
  loop.layer = "loop";
  graph.AddBlock(loop);
  return graph;
}

TEST(GraphMl, NetworkXReadsIt) {
  const TemporaryAttempt attempt;
  RunContext context;
  WriteGraphMl(attempt.root() / "g.graphml", SmallGraph(), context);
  EXPECT_EQ(PythonSays("import networkx, sys; g = networkx.read_graphml(sys.argv[1]); "
                       "print(g.is_directed(), [(n, d[\"group\"] == \"input\", d[\"operation\"], d[\"index\"]) "
                       "for n, d in g.nodes(data=True)]); "
                       "print(sorted((u, v, d[\"weight\"], d[\"layer\"]) for u, v, d in g.edges(data=True))); "
                       "print(ascii(g.nodes[\"n4\"][\"group\"]))",
                       attempt.root() / "g.graphml"),
            "True [('n0', True, 'input', 0), ('n1', True, 'input', 1), ('n2', True, 'input', 2), "
            "('n3', False, 'linear', 0), ('n4', False, 'linear', 1)]\n"
            "[('n1', 'n3', 0.1, 'a,b'), ('n1', 'n4', 2.0, 'a,b'), ('n2', 'n4', 1e-30, 'a,b'), "
            "('n4', 'n3', 0.3333333333333333, 'loop')]\n"
            "'fc<&>,\"?\\xe9\\ufffd'\n");
}

TEST(EdgesCsv, PythonReadsIt) {
  const TemporaryAttempt attempt;
  RunContext context;
  WriteEdgesCsv(attempt.root() / "e.csv", SmallGraph(), context);
  EXPECT_EQ(
      PythonSays("import csv, sys; rows = list(csv.DictReader(open(sys.argv[1], newline=\"\"))); "
                 "[print(*(ascii(r[k]) for k in r)) for r in rows]; print(list(rows[0]))",
                 attempt.root() / "e.csv"),
      "'1' 'input' '1' '3' 'fc<&>,\"\\n\\xe9\\ufffd' '0' '0.1' 'a,b'\n"
      "'1' 'input' '1' '4' 'fc<&>,\"\\n\\xe9\\ufffd' '1' '2' 'a,b'\n"
      "'2' 'input' '2' '4' 'fc<&>,\"\\n\\xe9\\ufffd' '1' '1e-30' 'a,b'\n"
      "'4' 'fc<&>,\"\\n\\xe9\\ufffd' '1' '3' 'fc<&>,\"\\n\\xe9\\ufffd' '0' '0.3333333333333333' 'loop'\n"
      "['source', 'source_group', 'source_index', 'target', 'target_group', 'target_index', 'weight', 'layer']\n");
}

TEST(BlocksNpz, NumpyReadsIt) {
  const TemporaryAttempt attempt;
  RunContext context;
  WriteBlocksNpz(attempt.root() / "b.npz", SmallGraph(), context);
  EXPECT_EQ(PythonSays("import numpy, sys; b = numpy.load(sys.argv[1]); "
                       "[print(k, b[k].dtype.str, ascii(b[k].tolist())) for k in b.files]",
                       attempt.root() / "b.npz"),
            "group_names <U10 ['input', 'fc<&>,\"\\n\\xe9\\ufffd']\n"
            "group_operations <U6 ['input', 'linear']\n"
            "group_units <i8 [3, 2]\n"
            "block_layers <U4 ['a,b', 'loop']\n"
            "block_is_sparse <i8 [0, 0]\n"
            "block_sources <i8 [0, 1]\n"
            "block_targets <i8 [1, 1]\n"
            "block_source_offsets <i8 [1, 0]\n"
            "block_target_offsets <i8 [0, 0]\n"
            "block_0 <f8 [[0.1, 0.0], [2.0, 1e-30]]\n"
            "block_1 <f8 [[0.0, 0.3333333333333333], [0.0, 0.0]]\n");
}

TEST(BlocksNpz, SciPyReadsSparseBlocks) {
  const TemporaryAttempt attempt;
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = 3});
  graph.AddGroup({.name = "fc", .operation = "linear", .units = 2});
  Block block;
  block.target = 1;
  block.source_units = 3;
  block.target_units = 2;
  block.target_scale = {1, 2};
  TakeEntries(SparseEntries<float>{{{0, 1, 3}, {2, 0, 2}}, {-1, 2, 0.5}}, block);
  graph.AddBlock(std::move(block));
  RunContext context;
  WriteBlocksNpz(attempt.root() / "b.npz", graph, context);
  EXPECT_EQ(PythonSays("import numpy, scipy.sparse, sys; b = numpy.load(sys.argv[1]); "
                       "print(*(k for k in b.files if k.startswith(\"block_0\"))); "
                       "of = lambda part: b[\"block_0_\" + part]; "
                       "print(scipy.sparse.csr_matrix((of(\"data\"), of(\"indices\"), of(\"indptr\")), "
                       "of(\"shape\")).todense().tolist())",
                       attempt.root() / "b.npz"),
            "block_0_data block_0_indices block_0_indptr block_0_shape\n"
            "[[0.0, 0.0, 1.0], [4.0, 0.0, 1.0]]\n");
}

TEST(EdgeFiles, ThatCannotBeWrittenAreASystemError) {
  RunContext context;
  EXPECT_THROW(WriteGraphMl("/nowhere/g.graphml", SmallGraph(), context), std::system_error);
  EXPECT_THROW(WriteEdgesCsv("/nowhere/e.csv", SmallGraph(), context), std::system_error);
  EXPECT_THROW(WriteBlocksNpz("/nowhere/b.npz", SmallGraph(), context), std::system_error);
  EXPECT_THROW(WriteEdgesCsv("/dev/full", SmallGraph(), context), std::system_error);
}

TEST(EdgeFiles, LeaveWhenTheyAreCancelled) {
  const TemporaryAttempt attempt;
  RunContext context;
  context.Cancel();
  EXPECT_THROW(WriteEdgesCsv(attempt.root() / "e.csv", SmallGraph(), context), Cancelled);
  EXPECT_THROW(WriteBlocksNpz(attempt.root() / "b.npz", SmallGraph(), context), Cancelled);
}

}  // namespace
}  // namespace modlab::server

#include <zip.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/graph/block_rows.h"
#include "server/executor/files.h"
#include "server/executor/npy.h"
#include "server/executor/utf8.h"
#include "server/worker/edge_files.h"

namespace modlab::server {
namespace {

[[noreturn]] void ThrowZip(const zip_error_t* error, const std::filesystem::path& path) {
  const int system = zip_error_system_type(error) == ZIP_ET_SYS ? zip_error_code_system(error) : EIO;
  throw std::system_error(system, std::generic_category(), "write " + path.string());
}

std::string HeaderOf(const Block& block) { return NpyHeader("<f8", {block.target_units, block.source_units}); }

/// What a block's file holds, made while it is read: a header, then a row for each target unit.
class BlockSource {
 public:
  BlockSource(const Block& block, RunContext& context) : block_(block), context_(context) {}

  /// A source that libzip reads, and then deletes.
  static zip_source_t* Make(zip_t* archive, const Block& block, RunContext& context) {
    return zip_source_function(archive, &BlockSource::Call, new BlockSource(block, context));
  }

 private:
  static zip_int64_t Call(void* self, void* data, zip_uint64_t bytes, zip_source_cmd_t command) {
    auto* source = static_cast<BlockSource*>(self);
    switch (command) {
      case ZIP_SOURCE_OPEN:
        source->pending_ = HeaderOf(source->block_);
        source->read_ = 0;
        source->row_ = 0;
        return 0;
      case ZIP_SOURCE_READ:
        return source->Read(static_cast<char*>(data), bytes);
      case ZIP_SOURCE_CLOSE:
        return 0;
      case ZIP_SOURCE_STAT: {
        auto* stat = static_cast<zip_stat_t*>(data);
        zip_stat_init(stat);
        const auto entries = static_cast<zip_uint64_t>(source->block_.target_units) * source->block_.source_units;
        stat->size = HeaderOf(source->block_).size() + sizeof(double) * entries;
        stat->valid = ZIP_STAT_SIZE;
        return sizeof(zip_stat_t);
      }
      case ZIP_SOURCE_ERROR: {
        const int error[] = {ZIP_ER_INTERNAL, 0};
        std::memcpy(data, error, sizeof(error));
        return sizeof(error);
      }
      case ZIP_SOURCE_FREE:
        delete source;
        return 0;
      case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                              ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
      default:
        return -1;
    }
  }

  zip_int64_t Read(char* to, zip_uint64_t bytes) {
    zip_uint64_t done = 0;
    while (done < bytes && (read_ < pending_.size() || NextRow())) {
      const size_t part = std::min<size_t>(bytes - done, pending_.size() - read_);
      std::memcpy(to + done, pending_.data() + read_, part);
      read_ += part;
      done += part;
    }
    return static_cast<zip_int64_t>(done);
  }

  bool NextRow() {
    if (row_ == block_.target_units || context_.cancelled()) return false;
    std::vector<double> weights(block_.source_units);
    for (int source = 0; source < block_.source_units; ++source) weights[source] = block_.entry(row_, source);
    static_assert(std::endian::native == std::endian::little, "NumPy's arrays are written as they lie");
    pending_.assign(reinterpret_cast<const char*>(weights.data()), sizeof(double) * weights.size());
    read_ = 0;
    ++row_;
    return true;
  }

  const Block& block_;
  RunContext& context_;
  std::string pending_;
  size_t read_ = 0;
  int row_ = 0;
};

/// A sparse block's arrays, named as SciPy's csr_matrix has them.
std::vector<std::pair<std::string, std::string>> SparseArrays(const Block& block, const RunContext& context) {
  const BlockRows rows(block);
  std::vector<double> data;
  std::vector<int64_t> indices;
  std::vector<int64_t> row_starts = {0};
  std::vector<double> weights;
  for (int row = 0; row < rows.rows(); ++row) {
    context.CheckCancelled();
    rows.EntriesOf(row, weights).ForEach([&](int column, double weight) {
      if (weight == 0) return;
      data.push_back(weight);
      indices.push_back(column);
    });
    row_starts.push_back(static_cast<int64_t>(data.size()));
  }
  return {{"_data", NpyArray(data)},
          {"_indices", NpyArray(indices)},
          {"_indptr", NpyArray(row_starts)},
          {"_shape", NpyArray(std::vector<int64_t>{block.target_units, block.source_units})}};
}

/// An archive that is written when it is closed, or not at all.
class Archive {
 public:
  explicit Archive(std::filesystem::path path) : path_(std::move(path)) {
    int error = 0;
    archive_ = zip_open(path_.c_str(), ZIP_CREATE | ZIP_EXCL, &error);
    if (archive_ == nullptr) {
      zip_error_t reason;
      zip_error_init_with_code(&reason, error);
      ThrowZip(&reason, path_);
    }
  }
  ~Archive() {
    if (archive_ != nullptr) zip_discard(archive_);
  }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  void Add(const std::string& name, zip_source_t* source) {
    const zip_int64_t index = source == nullptr ? -1 : zip_file_add(archive_, (name + ".npy").c_str(), source, 0);
    if (index < 0) {
      zip_source_free(source);
      ThrowZip(zip_get_error(archive_), path_);
    }
    zip_set_file_compression(archive_, index, ZIP_CM_STORE, 0);
    // The same graph gives the same bytes.
    zip_file_set_dostime(archive_, index, 0, 0x21, 0);
  }
  /// `bytes` must live until the archive is closed.
  void Add(const std::string& name, const std::string& bytes) {
    Add(name, zip_source_buffer(archive_, bytes.data(), bytes.size(), 0));
  }

  void Close(const RunContext& context) {
    const int closed = zip_close(archive_);
    if (closed == 0) archive_ = nullptr;
    context.CheckCancelled();
    if (closed != 0) ThrowZip(zip_get_error(archive_), path_);
  }
  zip_t* get() const { return archive_; }

 private:
  std::filesystem::path path_;
  zip_t* archive_ = nullptr;
};

}  // namespace

void WriteBlocksNpz(const std::filesystem::path& path, const UnitGraph& graph, RunContext& context) {
  std::vector<std::string> names;
  std::vector<std::string> operations;
  std::vector<int64_t> units;
  for (const Group& group : graph.groups()) {
    names.push_back(ToUtf8(group.name));
    operations.push_back(ToUtf8(group.operation));
    units.push_back(group.units);
  }
  std::vector<std::string> layers;
  std::vector<int64_t> are_sparse;
  std::vector<int64_t> sources;
  std::vector<int64_t> targets;
  std::vector<int64_t> source_offsets;
  std::vector<int64_t> target_offsets;
  for (const Block& block : graph.blocks()) {
    layers.push_back(ToUtf8(block.layer));
    are_sparse.push_back(block.is_sparse() ? 1 : 0);
    sources.push_back(block.source);
    targets.push_back(block.target);
    source_offsets.push_back(block.source_offset);
    target_offsets.push_back(block.target_offset);
  }
  const std::vector<std::pair<std::string, std::string>> lists = {
      {"group_names", NpyArray(names)},
      {"group_operations", NpyArray(operations)},
      {"group_units", NpyArray(units)},
      {"block_layers", NpyArray(layers)},
      {"block_is_sparse", NpyArray(are_sparse)},
      {"block_sources", NpyArray(sources)},
      {"block_targets", NpyArray(targets)},
      {"block_source_offsets", NpyArray(source_offsets)},
      {"block_target_offsets", NpyArray(target_offsets)},
  };
  context.Report("export", 0.0);
  std::deque<std::string> arrays;  // of sparse blocks, until the archive is closed
  Archive archive(path);
  for (const auto& [name, bytes] : lists) archive.Add(name, bytes);
  for (size_t i = 0; i < graph.blocks().size(); ++i) {
    const Block& block = graph.blocks()[i];
    const std::string name = "block_" + std::to_string(i);
    if (!block.is_sparse()) {
      archive.Add(name, BlockSource::Make(archive.get(), block, context));
      continue;
    }
    for (auto& [part, bytes] : SparseArrays(block, context)) {
      archive.Add(name + part, arrays.emplace_back(std::move(bytes)));
    }
  }
  archive.Close(context);
}

}  // namespace modlab::server

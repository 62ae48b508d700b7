#include "server/worker/edge_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "server/executor/files.h"
#include "server/executor/utf8.h"

namespace modlab::server {
namespace {

/// A new file that is written in large pieces.
class TextFile {
 public:
  explicit TextFile(const std::filesystem::path& path)
      : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) {
    if (!file_.valid()) ThrowErrno("create " + path.string());
  }
  void Add(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kPiece) Flush();
  }
  void Finish() {
    Flush();
    if (::fsync(file_.get()) != 0) ThrowErrno("sync " + path_.string());
  }

 private:
  static constexpr size_t kPiece = 1 << 20;
  void Flush() {
    WriteAll(file_.get(), buffer_);
    buffer_.clear();
  }

  std::filesystem::path path_;
  FileDescriptor file_;
  std::string buffer_;
};

/// A text between tags. Control characters cannot be in XML at all.
std::string XmlText(const std::string& text) {
  std::string escaped;
  for (const char letter : ToUtf8(text)) {
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += static_cast<unsigned char>(letter) < 0x20 ? '?' : letter;
    }
  }
  return escaped;
}

std::string CsvField(const std::string& text) {
  const std::string clean = ToUtf8(text);
  if (clean.find_first_of(",\"\r\n") == std::string::npos) return clean;
  std::string quoted = "\"";
  for (const char letter : clean) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + '"';
}

constexpr std::string_view kGraphMlHead = R"(<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="group" for="node" attr.name="group" attr.type="string"/>
<key id="operation" for="node" attr.name="operation" attr.type="string"/>
<key id="index" for="node" attr.name="index" attr.type="int"/>
<key id="weight" for="edge" attr.name="weight" attr.type="double"/>
<key id="layer" for="edge" attr.name="layer" attr.type="string"/>
<graph edgedefault="directed">
)";

}  // namespace

void WriteGraphMl(const std::filesystem::path& path, const UnitGraph& graph, RunContext& context) {
  TextFile file(path);
  file.Add(kGraphMlHead);
  for (size_t group = 0; group < graph.groups().size(); ++group) {
    const std::string name = XmlText(graph.groups()[group].name);
    const std::string operation = XmlText(graph.groups()[group].operation);
    const int first = graph.first_unit(static_cast<int>(group));
    for (int index = 0; index < graph.groups()[group].units; ++index) {
      file.Add(fmt::format(
          R"(<node id="n{}"><data key="group">{}</data><data key="operation">{}</data><data key="index">{}</data></node>)"
          "\n",
          first + index, name, operation, index));
    }
  }
  std::vector<std::string> layers;
  for (const Block& block : graph.blocks()) layers.push_back(XmlText(block.layer));
  ForEachEdge(graph, context, [&](const Edge& edge) {
    file.Add(
        fmt::format(R"(<edge source="n{}" target="n{}"><data key="weight">{}</data><data key="layer">{}</data></edge>)"
                    "\n",
                    edge.source, edge.target, edge.weight, layers[edge.block]));
  });
  file.Add("</graph>\n</graphml>\n");
  file.Finish();
}

void WriteEdgesCsv(const std::filesystem::path& path, const UnitGraph& graph, RunContext& context) {
  TextFile file(path);
  file.Add("source,source_group,source_index,target,target_group,target_index,weight,layer\n");
  std::vector<std::string> names;
  for (const Group& group : graph.groups()) names.push_back(CsvField(group.name));
  std::vector<std::string> layers;
  for (const Block& block : graph.blocks()) layers.push_back(CsvField(block.layer));
  ForEachEdge(graph, context, [&](const Edge& edge) {
    const Block& block = graph.blocks()[edge.block];
    file.Add(fmt::format("{},{},{},{},{},{},{},{}\n", edge.source, names[block.source],
                         edge.source - graph.first_unit(block.source), edge.target, names[block.target],
                         edge.target - graph.first_unit(block.target), edge.weight, layers[edge.block]));
  });
  file.Finish();
}

}  // namespace modlab::server

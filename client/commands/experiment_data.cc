#include "client/commands/experiment_data.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "client/commands/dataset_flow.h"
#include "client/experiments/digits.h"
#include "client/names.h"

namespace modlab::client {
namespace {

namespace fs = std::filesystem;

/// Of the 1797 digits: pairs need an even number.
constexpr std::int32_t kDigits = 1796;
constexpr double kDigitScale = 1.0 / 16;
constexpr int kClasses = 10;

/// Files that are gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "modlab-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw UsageError("cannot make a folder in " + pattern);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string Write(const std::string& name, std::string_view bytes) const {
    const std::string path = (path_ / name).string();
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) throw UsageError("cannot write " + path);
    return path;
  }

 private:
  fs::path path_;
};

/// The data set's name, once its import has ended well.
std::string Ready(Session& session, const v1::Dataset& dataset, const Deadline& deadline) {
  const ImportOutcome imported = AwaitImport(session, dataset, deadline);
  if (imported.code != ExitCode::kOk) throw Failure(imported.code, "stopped waiting for an import");
  ThrowIfUnusable(imported.dataset);
  return imported.dataset.name();
}

std::string PushLabelled(Session& session, const std::string& images, const std::string& labels,
                         const DatasetOptions& options, const Deadline& deadline) {
  const std::vector<TensorArgument> tensors = {{"x", images, ""}, {"y", labels, ""}};
  return Ready(session, PushDataset(session, tensors, options), deadline);
}

std::string MnistFile(const fs::path& folder, const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    if (fs::exists(folder / (name + ending))) return (folder / (name + ending)).string();
  }
  throw UsageError(fmt::format("there is no {} (nor {}.gz) in {}; --mnist takes the folder with MNIST's four files",
                               name, name, folder.string()));
}

void UseMnist(Session& session, const fs::path& folder, const Deadline& deadline, BaselineData& data) {
  const auto push = [&](const std::string& images, const std::string& labels, const std::string& name) {
    DatasetOptions options;
    options.display_name = name;
    return PushLabelled(session, MnistFile(folder, images), MnistFile(folder, labels), options, deadline);
  };
  data.digits = push("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "mnist");
  data.test_digits = push("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "mnist-test");
}

void UseDigits(Session& session, const Deadline& deadline, BaselineData& data) {
  const TemporaryFolder folder;
  const std::string images = folder.Write("digits-images-idx3-ubyte.gz", DigitImages());
  const std::string labels = folder.Write("digits-labels-idx1-ubyte.gz", DigitLabels());
  DatasetOptions options;
  options.display_name = "digits";
  options.normalization.set_scale(kDigitScale);
  options.rows = kDigits;
  data.digits = PushLabelled(session, images, labels, options, deadline);
}

}  // namespace

BaselineData PrepareBaselineData(Session& session, const std::string& mnist, const Deadline& deadline) {
  BaselineData data;
  if (mnist.empty()) {
    UseDigits(session, deadline, data);
  } else {
    UseMnist(session, mnist, deadline, data);
  }
  v1::DatasetSource pairs;
  pairs.mutable_one_hot_pairs()->set_classes(kClasses);
  data.one_hot_pairs = Ready(session, CreateDataset(session, pairs, {}), deadline);
  return data;
}

}  // namespace modlab::client

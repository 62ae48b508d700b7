// Times k-means of points from a file and prints seconds, lowest inertia and options as JSON. Usage:
//
//   kmeans_probe POINTS DIMENSIONS CLUSTERS RESTARTS SEED THREADS REPEATS
//
// POINTS: float64, coordinate after coordinate (column-major [n][d]), in the machine's byte order.

#include <Eigen/Core>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/spectral/kmeans.h"

namespace modlab {
namespace {

Eigen::MatrixXd ReadPoints(const std::string& path, int dimensions) {
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(path));
  Eigen::MatrixXd points(bytes / static_cast<int64_t>(sizeof(double)) / dimensions, dimensions);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(points.data()), points.size() * static_cast<std::streamsize>(sizeof(double)));
  if (!file) throw std::runtime_error("cannot read " + path);
  return points;
}

void Run(const std::vector<std::string>& arguments) {
  const Eigen::MatrixXd points = ReadPoints(arguments[0], std::stoi(arguments[1]));
  const KMeansOptions options{.clusters = std::stoi(arguments[2]),
                              .restarts = std::stoi(arguments[3]),
                              .seed = static_cast<uint32_t>(std::stoul(arguments[4]))};
  RunContext context(std::stoi(arguments[5]));
  double inertia = 0;
  std::printf("{\"seconds\": [");
  for (int repeat = 0; repeat < std::stoi(arguments[6]); ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    inertia = KMeans(points, options, context).inertia;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%s%.9f", repeat == 0 ? "" : ", ", seconds.count());
  }
  std::printf("], \"inertia\": %.17g}\n", inertia);
}

}  // namespace
}  // namespace modlab

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: %s POINTS DIMENSIONS CLUSTERS RESTARTS SEED THREADS REPEATS\n", argv[0]);
    return 2;
  }
  try {
    modlab::Run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

#include "core/build/network_description.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace modlab {
namespace {

using Shape = std::vector<int64_t>;

NetworkDescription Network(Shape input, std::vector<LayerDescription> layers) {
  NetworkDescription network;
  network.input_shape = std::move(input);
  network.layers = std::move(layers);
  return network;
}

TEST(NetworkDescription, GivesEachLayersNameShapesAndParameters) {
  const auto shapes = DescribeShapes(Network({784}, {LinearLayer{300}, LinearLayer{10}}));
  ASSERT_EQ(shapes.size(), 2);
  EXPECT_EQ(shapes[0].name, "fc1");
  EXPECT_EQ(shapes[0].input, Shape{784});
  EXPECT_EQ(shapes[0].output, Shape{300});
  EXPECT_EQ(shapes[0].parameters, 784 * 300 + 300);
  EXPECT_EQ(shapes[1].name, "fc2");
  EXPECT_EQ(shapes[1].parameters, 3010);
}

TEST(NetworkDescription, FollowsConvolutionsAndPoolingOfAnyNumberOfAxes) {
  NetworkDescription network =
      Network({3, 32, 20}, {ConvolutionLayer{8, 5, 2, 1}, PoolingLayer{}, ConvolutionLayer{4, 1, 1, 0},
                            PoolingLayer{PoolingLayer::Kind::kAverage, 3, 1}, LinearLayer{7}});
  network.batch_norm = true;
  network.bias = false;
  const auto shapes = DescribeShapes(network);
  ASSERT_EQ(shapes.size(), 5);
  EXPECT_EQ(shapes[0].output, (Shape{8, 15, 9}));
  EXPECT_EQ(shapes[0].parameters, 8 * 3 * 25 + 16);
  EXPECT_EQ(shapes[1].name, "pool1");
  EXPECT_EQ(shapes[1].output, (Shape{8, 7, 4}));
  EXPECT_EQ(shapes[1].parameters, 0);
  EXPECT_EQ(shapes[2].name, "conv2");
  EXPECT_EQ(shapes[3].name, "pool2");
  EXPECT_EQ(shapes[3].output, (Shape{4, 5, 2}));
  EXPECT_EQ(shapes[4].name, "fc1");
  EXPECT_EQ(shapes[4].input, Shape{40});
  EXPECT_EQ(shapes[4].parameters, 280);

  EXPECT_EQ(DescribeShapes(Network({2, 9}, {ConvolutionLayer{4, 3, 1, 0}}))[0].output, (Shape{4, 7}));
  EXPECT_EQ(DescribeShapes(Network({1, 4, 5, 6}, {ConvolutionLayer{2, 2, 1, 0}}))[0].output, (Shape{2, 3, 4, 5}));
  EXPECT_EQ(DescribeShapes(Network({1, 28, 28}, {LinearLayer{2}}))[0].input, Shape{784});
}

/// `layer`: its number, or empty where no layer is named. `words` must be in the sentence.
void ExpectRefused(const NetworkDescription& network, const std::string& layer, const std::string& words) {
  try {
    DescribeShapes(network);
    ADD_FAILURE() << words << ": was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidOption);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    const auto found = error.metadata().find("layer");
    EXPECT_EQ(found == error.metadata().end() ? "" : found->second, layer) << error.what();
    const std::string beginning = layer.empty() ? "the network" : "layer " + layer + " of the network";
    EXPECT_EQ(std::string(error.what()).rfind(beginning, 0), 0) << error.what();
  }
}

TEST(NetworkDescription, RefusesInputShapesThatAreNone) {
  ExpectRefused(Network({}, {LinearLayer{1}}), "", "is empty");
  ExpectRefused(Network({3, 0, 2}, {LinearLayer{1}}), "", "3x0x2 has a size below 1");
  ExpectRefused(Network({1, 1, 1, 1, 1}, {LinearLayer{1}}), "", "more than four axes");
  ExpectRefused(Network({1 << 16, 1 << 15}, {LinearLayer{1}}), "", "2^31 numbers");
  ExpectRefused(Network({INT64_MAX, INT64_MAX}, {LinearLayer{1}}), "", "2^31 numbers");
}

TEST(NetworkDescription, RefusesNetworksWithoutWeights) {
  ExpectRefused(Network({4}, {}), "", "no linear or convolutional layer");
  ExpectRefused(Network({1, 4, 4}, {PoolingLayer{}}), "", "no linear or convolutional layer");
}

TEST(NetworkDescription, RefusesLayersThatDoNotFit) {
  const Shape image = {1, 8, 4};
  ExpectRefused(Network(image, {LinearLayer{2}, LinearLayer{0}}), "2", "outputs 0");
  ExpectRefused(Network(image, {LinearLayer{int64_t{1} << 31}}), "1", "outputs 2147483648");
  ExpectRefused(Network(image, {LinearLayer{2}, ConvolutionLayer{1, 1, 1, 0}}), "2", "before linear layers");
  ExpectRefused(Network({4}, {ConvolutionLayer{1, 1, 1, 0}}), "1", "give an input shape such as");
  ExpectRefused(Network(image, {ConvolutionLayer{0, 1, 1, 0}}), "1", "channels 0");
  ExpectRefused(Network(image, {ConvolutionLayer{1, 0, 1, 0}}), "1", "kernel 0");
  ExpectRefused(Network(image, {ConvolutionLayer{1, -3, 1, 0}}), "1", "kernel -3");
  ExpectRefused(Network(image, {ConvolutionLayer{1, 3, 0, 0}}), "1", "stride 0");
  ExpectRefused(Network(image, {ConvolutionLayer{1, 3, 1, -1}}), "1", "padding -1");
  ExpectRefused(Network(image, {ConvolutionLayer{1, 5, 1, 0}}), "1", "kernel of 5, larger than what it reads, 1x8x4");
  EXPECT_NO_THROW(DescribeShapes(Network(image, {ConvolutionLayer{1, 5, 1, 1}})));
  ExpectRefused(Network(image, {PoolingLayer{}, PoolingLayer{}, PoolingLayer{}, LinearLayer{1}}), "3",
                "kernel of 2, larger than what it reads, 1x2x1");
}

TEST(NetworkDescription, RefusesWhatIsTooLarge) {
  ExpectRefused(Network({1 << 20}, {LinearLayer{1 << 11}}), "1", "2^31 parameters");
  EXPECT_NO_THROW(DescribeShapes(Network({1 << 20}, {LinearLayer{(1 << 11) - 1}})));
  ExpectRefused(Network({1 << 20}, {LinearLayer{(1 << 11) - 1}, LinearLayer{1 << 20}}), "2", "2^31 parameters");
  ExpectRefused(Network({1, 1 << 16}, {ConvolutionLayer{1 << 15, 1, 1, 0}}), "1", "2^31 numbers");
  ExpectRefused(Network({1, 4}, {ConvolutionLayer{2, 2147483647, 1, 2147483647}}), "1", "2^31");
}

TEST(NetworkDescription, RefusesADropoutThatIsNoShare) {
  for (const double dropout : {-0.1, 1.0, std::nan("")}) {
    NetworkDescription network = Network({4}, {LinearLayer{1}});
    network.dropout = dropout;
    ExpectRefused(network, "", "dropout");
  }
}

}  // namespace
}  // namespace modlab

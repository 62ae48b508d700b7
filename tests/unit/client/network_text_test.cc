#include "client/network_text.h"

#include <gtest/gtest.h>

#include "client/errors.h"

namespace modlab::client {
namespace {

std::string RefusalOf(const std::string& text, void (*parse)(std::string_view, v1::BuildSpec&)) {
  v1::BuildSpec spec;
  try {
    parse(text, spec);
    return "";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::kUsage);
    return failure.what();
  }
}

TEST(NetworkText, AnMlpIsItsNumbersOfUnits) {
  v1::BuildSpec spec;
  ParseMlp("784,100,10", spec);
  EXPECT_EQ(spec.ShortDebugString(),
            "input_shape: 784 layers { linear { outputs: 100 } } layers { linear { outputs: 10 } }");
}

TEST(NetworkText, ACnnIsItsInputAndItsLayers) {
  v1::BuildSpec spec;
  ParseCnn("1x28x28,conv:16:3,pool:2,conv:32:5:2:1,avgpool:3:1,64", spec);
  EXPECT_EQ(spec.ShortDebugString(),
            "input_shape: 1 input_shape: 28 input_shape: 28 layers { convolution { channels: 16 kernel: 3 } } "
            "layers { pooling { kernel: 2 } } "
            "layers { convolution { channels: 32 kernel: 5 stride: 2 padding: 1 } } "
            "layers { pooling { operation: AVERAGE kernel: 3 stride: 1 } } layers { linear { outputs: 64 } }");
}

TEST(NetworkText, WhatIsNotUnderstoodIsShown) {
  for (const char* text : {"", "784", "784,x", "784,,10", "784,-5"}) {
    EXPECT_NE(RefusalOf(text, ParseMlp).find("is no list of layers"), std::string::npos) << text;
  }
  EXPECT_NE(RefusalOf("28x28,10", ParseCnn).find("'28x28' is no shape of an image"), std::string::npos);
  for (const char* layer : {"conv", "conv:1", "conv:1:2:3:4:5", "pool:1:2:3", "pool:", "dense:3", "x"}) {
    EXPECT_NE(RefusalOf(std::string("1x8x8,") + layer, ParseCnn).find("is no layer"), std::string::npos) << layer;
  }
}

}  // namespace
}  // namespace modlab::client

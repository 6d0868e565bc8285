// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of element-wise and shape-changing ops, adapters and losses (lib/Dialect/Derivatives/Tensor.cpp,
// Train.cpp) against central differences.

#include "GradientCheck.h"

#include <gtest/gtest.h>

namespace {

class Tensors : public testing::TestWithParam<GradientCase> {};

TEST_P(Tensors, MatchCentralDifferences) { checkGradients(GetParam()); }

const GradientCase kCases[] = {
    {"Add", R"(
  %a = mmc.param trainable "a" : tensor<2x3x5xf64>
  %b = mmc.param trainable "b" : tensor<3x5xf64>
  %y = mmc.add %a, %b : tensor<2x3x5xf64>, tensor<3x5xf64>)",
     "2x3x5"},
    {"Mul", R"(
  %a = mmc.param trainable "a" : tensor<2x3x5xf64>
  %b = mmc.param trainable "b" : tensor<2x3x5xf64>
  %y = mmc.mul %a, %b : tensor<2x3x5xf64>, tensor<2x3x5xf64>)",
     "2x3x5"},
    {"MulSuffix", R"(
  %a = mmc.param trainable "a" : tensor<2x3x5xf64>
  %b = mmc.param trainable "b" : tensor<5xf64>
  %y = mmc.mul %a, %b : tensor<2x3x5xf64>, tensor<5xf64>)",
     "2x3x5"},
    {"MulByItself", R"(
  %a = mmc.param trainable "a" : tensor<1x7xf64>
  %y = mmc.mul %a, %a : tensor<1x7xf64>, tensor<1x7xf64>)",
     "1x7"},
    {"Scale", R"(
  %a = mmc.param trainable "a" : tensor<3x5xf64>
  %y = mmc.scale %a by(-1.5) : tensor<3x5xf64>)",
     "3x5"},
    {"Reshape", R"(
  %a = mmc.param trainable "a" : tensor<3x5x1xf64>
  %x = mmc.param trainable "x" : tensor<2x5xf64>
  %w = mmc.reshape %a : tensor<3x5x1xf64> to tensor<3x5xf64>
  %y = mmc.linear %x, %w : tensor<2x5xf64>, tensor<3x5xf64>)",
     "2x3"},
    // Both have the same gradient, one value that two results return.
    {"EqualGradients", R"(
  %a = mmc.param trainable "a" : tensor<5xf64>
  %b = mmc.param trainable "b" : tensor<5xf64>
  %x = mmc.param "x" : tensor<2x5xf64>
  %s = mmc.add %x, %a : tensor<2x5xf64>, tensor<5xf64>
  %t = mmc.add %s, %b : tensor<2x5xf64>, tensor<5xf64>
  %y = mmc.mul %t, %t : tensor<2x5xf64>, tensor<2x5xf64>)",
     "2x5"},
    {"Slice", R"(
  %a = mmc.param trainable "a" : tensor<2x5x3xf64>
  %b = mmc.mul %a, %a : tensor<2x5x3xf64>, tensor<2x5x3xf64>
  %y = mmc.slice %b axis(1) at(1) size(3) : tensor<2x5x3xf64>)",
     "2x3x3"},
    {"SliceDrop", R"(
  %a = mmc.param trainable "a" : tensor<2x5x3xf64>
  %b = mmc.mul %a, %a : tensor<2x5x3xf64>, tensor<2x5x3xf64>
  %y = mmc.slice %b axis(1) at(4) size(1) drop : tensor<2x5x3xf64>)",
     "2x3"},
    {"Pad", R"(
  %a = mmc.param trainable "a" : tensor<2x1x3xf64>
  %b = mmc.mul %a, %a : tensor<2x1x3xf64>, tensor<2x1x3xf64>
  %y = mmc.pad %b axis(1) at(2) size(5) : tensor<2x1x3xf64>)",
     "2x5x3"},
    {"Concat", R"(
  %a = mmc.param trainable "a" : tensor<2x1x3xf64>
  %b = mmc.param trainable "b" : tensor<2x5x3xf64>
  %frozen = mmc.param "frozen" : tensor<2x2x3xf64>
  %c = mmc.concat %a, %frozen, %b axis(1) : tensor<2x1x3xf64>, tensor<2x2x3xf64>, tensor<2x5x3xf64>
  %y = mmc.mul %c, %c : tensor<2x8x3xf64>, tensor<2x8x3xf64>)",
     "2x8x3"},
    {"SumRows", R"(
  %a = mmc.param trainable "a" : tensor<2x3x5xf64>
  %b = mmc.mul %a, %a : tensor<2x3x5xf64>, tensor<2x3x5xf64>
  %y = mmc.sum_rows %b : tensor<2x3x5xf64> to tensor<5xf64>)",
     "5"},
    {"RepeatRows", R"(
  %a = mmc.param trainable "a" : tensor<5xf64>
  %b = mmc.mul %a, %a : tensor<5xf64>, tensor<5xf64>
  %y = mmc.repeat_rows %b : tensor<5xf64> to tensor<2x3x5xf64>)",
     "2x3x5"},
    {"InnerProduct", R"(
  %a = mmc.param trainable "a" : tensor<2x3xf64>
  %b = mmc.param trainable "b" : tensor<2x3xf64>
  %y = mmc.inner_product %a, %b : tensor<2x3xf64>, tensor<2x3xf64>)",
     ""},
    {"Sum", R"(
  %a = mmc.param trainable "a" : tensor<2x3xf64>
  %b = mmc.mul %a, %a : tensor<2x3xf64>, tensor<2x3xf64>
  %y = mmc.sum %b : tensor<2x3xf64>)",
     ""},
    {"Dropout", R"(
  %a = mmc.param trainable "a" : tensor<3x7xf64>
  %b = mmc.dropout %a rate(0.25) : tensor<3x7xf64>
  %c = mmc.mul %b, %b : tensor<3x7xf64>, tensor<3x7xf64>
  %y = mmc.dropout %c rate(0.5) : tensor<3x7xf64>)",
     "3x7"},
    // One weighting per sample, as LaVIN's router, …
    {"RouteSamples", R"(
  %w = mmc.param trainable "w" : tensor<2x3xf64>
  %a = mmc.param trainable "a" : tensor<2x5x7xf64>
  %b = mmc.param trainable "b" : tensor<2x5x7xf64>
  %c = mmc.param trainable "c" : tensor<2x5x7xf64>
  %y = mmc.route %w, %a, %b, %c axis(0) : tensor<2x3xf64>, tensor<2x5x7xf64>, tensor<2x5x7xf64>, tensor<2x5x7xf64>)",
     "2x5x7"},
    // … and one per position.
    {"RoutePositions", R"(
  %w = mmc.param trainable "w" : tensor<5x2xf64>
  %a = mmc.param trainable "a" : tensor<3x5x7xf64>
  %b = mmc.param trainable "b" : tensor<3x5x7xf64>
  %y = mmc.route %w, %a, %b axis(1) : tensor<5x2xf64>, tensor<3x5x7xf64>, tensor<3x5x7xf64>)",
     "3x5x7"},
    // Target −100 is ignored, and so is 9, which is no token.
    {"CrossEntropy", R"(
  %z = mmc.param trainable "z" : tensor<2x3x5xf64>
  %t = mmc.shift_labels %labels : tensor<2x3xi32>
  %y = mmc.cross_entropy %z, %t : tensor<2x3x5xf64>, tensor<2x3xi32>)",
     "2x3", {{"labels", {"2x3", {0, 4, -100, 1, 9, 2}}}}},
    // One parameter on two ways: the table of an embedding that is the head as well.
    {"TiedHead", R"(
  %w = mmc.param trainable "w" : tensor<5x3xf64>
  %x = mmc.embedding %ids, %w : tensor<2x3xi32>, tensor<5x3xf64>
  %h = mmc.silu %x : tensor<2x3x3xf64>
  %y = mmc.linear %h, %w : tensor<2x3x3xf64>, tensor<5x3xf64>)",
     "2x3x5", {{"ids", {"2x3", {2, 0, 4, 2, 0, 3}}}}},
    // LaVIN's adapter: a bottleneck with two grouped experts, weighed by a router on the first token.
    {"RoutedAdapter", R"(
  %x = mmc.param trainable "x" : tensor<2x3x6xf64>
  %a = mmc.param trainable "a" : tensor<4x6xf64>
  %ab = mmc.param trainable "ab" : tensor<4xf64>
  %b = mmc.param trainable "b" : tensor<6x2xf64>
  %d = mmc.param trainable "d" : tensor<6x2xf64>
  %db = mmc.param trainable "db" : tensor<6xf64>
  %r = mmc.param trainable "r" : tensor<2x6xf64>
  %first = mmc.slice %x axis(1) at(0) size(1) drop : tensor<2x3x6xf64>
  %l = mmc.linear %first, %r : tensor<2x6xf64>, tensor<2x6xf64>
  %w = mmc.softmax %l temperature(10.0) : tensor<2x2xf64>
  %u = mmc.linear %x, %a bias %ab : tensor<2x3x6xf64>, tensor<4x6xf64>, tensor<4xf64>
  %e0 = mmc.linear %u, %b groups(2) : tensor<2x3x4xf64>, tensor<6x2xf64>
  %e1 = mmc.linear %u, %d bias %db groups(2) : tensor<2x3x4xf64>, tensor<6x2xf64>, tensor<6xf64>
  %m = mmc.route %w, %e0, %e1 axis(0) : tensor<2x2xf64>, tensor<2x3x6xf64>, tensor<2x3x6xf64>
  %s = mmc.scale %m by(2.0) : tensor<2x3x6xf64>
  %y = mmc.add %x, %s : tensor<2x3x6xf64>, tensor<2x3x6xf64>)",
     "2x3x6"},
};

INSTANTIATE_TEST_SUITE_P(Gradient, Tensors, testing::ValuesIn(kCases), [](const auto &info) { return info.param.name; });

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of the layers (lib/Dialect/Derivatives/NN.cpp) against central differences.

#include "GradientCheck.h"

#include <gtest/gtest.h>

namespace {

class Layers : public testing::TestWithParam<GradientCase> {};

TEST_P(Layers, MatchCentralDifferences) { checkGradients(GetParam()); }

const GradientCase kCases[] = {
    // Ids 2 and 0 come twice; row 1 never.
    {"Embedding", R"(
  %w = mmc.param trainable "w" : tensor<5x3xf64>
  %y = mmc.embedding %ids, %w : tensor<2x3xi32>, tensor<5x3xf64>)",
     "2x3x3", {{"ids", {"2x3", {2, 0, 4, 2, 0, 3}}}}},
    {"Linear", R"(
  %x = mmc.param trainable "x" : tensor<2x3x5xf64>
  %w = mmc.param trainable "w" : tensor<7x5xf64>
  %b = mmc.param trainable "b" : tensor<7xf64>
  %y = mmc.linear %x, %w bias %b : tensor<2x3x5xf64>, tensor<7x5xf64>, tensor<7xf64>)",
     "2x3x7"},
    {"LinearOfOne", R"(
  %x = mmc.param trainable "x" : tensor<1x1xf64>
  %w = mmc.param trainable "w" : tensor<1x1xf64>
  %y = mmc.linear %x, %w : tensor<1x1xf64>, tensor<1x1xf64>)",
     "1x1"},
    {"LinearGroups", R"(
  %x = mmc.param trainable "x" : tensor<2x3x6xf64>
  %w = mmc.param trainable "w" : tensor<10x3xf64>
  %b = mmc.param trainable "b" : tensor<10xf64>
  %y = mmc.linear %x, %w bias %b groups(2) : tensor<2x3x6xf64>, tensor<10x3xf64>, tensor<10xf64>)",
     "2x3x10"},
    {"LinearRankTwo", R"(
  %x = mmc.param trainable "x" : tensor<3x5xf64>
  %w = mmc.param trainable "w" : tensor<2x5xf64>
  %y = mmc.linear %x, %w : tensor<3x5xf64>, tensor<2x5xf64>)",
     "3x2"},
    {"RmsNorm", R"(
  %x = mmc.param trainable "x" : tensor<2x3x7xf64>
  %g = mmc.param trainable "g" : tensor<7xf64>
  %y = mmc.rms_norm %x, %g eps(1.0e-2) : tensor<2x3x7xf64>, tensor<7xf64>)",
     "2x3x7"},
    {"LayerNorm", R"(
  %x = mmc.param trainable "x" : tensor<2x3x7xf64>
  %g = mmc.param trainable "g" : tensor<7xf64>
  %b = mmc.param trainable "b" : tensor<7xf64>
  %y = mmc.layer_norm %x, %g, %b eps(1.0e-2) : tensor<2x3x7xf64>, tensor<7xf64>, tensor<7xf64>)",
     "2x3x7"},
    // Heads are wider than the rotated part.
    {"Rotary", R"(
  %t = mmc.rotary_table %positions dim(4) theta(1.0e2) : tensor<2x3xi32>
  %x = mmc.param trainable "x" : tensor<2x3x10xf64>
  %y = mmc.rotary %x, %t heads(2) : tensor<2x3x10xf64>, tensor<2x3x4xf32>)",
     "2x3x10", {{"positions", {"2x3", {0, 1, 2, 5, 3, 1}}}}},
    {"RotaryInverse", R"(
  %t = mmc.rotary_table %positions dim(2) theta(1.0e2) : tensor<1x3xi32>
  %x = mmc.param trainable "x" : tensor<1x3x2xf64>
  %y = mmc.rotary %x, %t heads(1) inverse : tensor<1x3x2xf64>, tensor<1x3x2xf32>)",
     "1x3x2", {{"positions", {"1x3", {4, 1, 2}}}}},
    // Two query heads per key head; segments with one token, with several, and apart.
    {"Attention", R"(
  %q = mmc.param trainable "q" : tensor<2x5x12xf64>
  %k = mmc.param trainable "k" : tensor<2x5x6xf64>
  %v = mmc.param trainable "v" : tensor<2x5x6xf64>
  %y = mmc.attention %q, %k, %v segments %segments heads(4) kv_heads(2) causal
      : tensor<2x5x12xf64>, tensor<2x5x6xf64>, tensor<2x5x6xf64>, tensor<2x5xi32> -> tensor<2x5x12xf64>)",
     "2x5x12", {{"segments", {"2x5", {1, 1, 2, 2, 2, 3, 1, 1, 0, 0}}}}},
    {"AttentionAcross", R"(
  %q = mmc.param trainable "q" : tensor<1x3x2xf64>
  %k = mmc.param trainable "k" : tensor<1x5x2xf64>
  %v = mmc.param trainable "v" : tensor<1x5x2xf64>
  %y = mmc.attention %q, %k, %v heads(1) kv_heads(1) scale(0.5)
      : tensor<1x3x2xf64>, tensor<1x5x2xf64>, tensor<1x5x2xf64> -> tensor<1x3x2xf64>)",
     "1x3x2"},
    {"Silu", R"(
  %x = mmc.param trainable "x" : tensor<3x5xf64>
  %y = mmc.silu %x : tensor<3x5xf64>)",
     "3x5"},
    {"GeluErf", R"(
  %x = mmc.param trainable "x" : tensor<3x5xf64>
  %y = mmc.gelu erf %x : tensor<3x5xf64>)",
     "3x5"},
    {"GeluTanh", R"(
  %x = mmc.param trainable "x" : tensor<3x5xf64>
  %y = mmc.gelu tanh %x : tensor<3x5xf64>)",
     "3x5"},
    {"GeluQuick", R"(
  %x = mmc.param trainable "x" : tensor<3x5xf64>
  %y = mmc.gelu quick %x : tensor<3x5xf64>)",
     "3x5"},
    {"Softmax", R"(
  %x = mmc.param trainable "x" : tensor<3x5xf64>
  %y = mmc.softmax %x temperature(0.5) : tensor<3x5xf64>)",
     "3x5"},
    // A row and a column of pixels lie beyond the last whole patch.
    {"Patches", R"(
  %x = mmc.param trainable "x" : tensor<2x3x5x7xf64>
  %y = mmc.patches %x patch(2) as f64 : tensor<2x3x5x7xf64>)",
     "2x6x12"},
    {"PrependToken", R"(
  %t = mmc.param trainable "t" : tensor<5xf64>
  %x = mmc.param trainable "x" : tensor<2x3x5xf64>
  %y = mmc.prepend_token %t, %x : tensor<5xf64>, tensor<2x3x5xf64>)",
     "2x4x5"},
    // Row 1 is read twice, row 2 never, and 7 lies outside.
    {"FillSlots", R"(
  %x = mmc.param trainable "x" : tensor<2x3x5xf64>
  %f = mmc.param trainable "f" : tensor<3x5xf64>
  %y = mmc.fill_slots %x, %f, %slots : tensor<2x3x5xf64>, tensor<3x5xf64>, tensor<2x3xi32>)",
     "2x3x5", {{"slots", {"2x3", {-1, 1, 0, 1, 7, -1}}}}},
    {"ReplaceToken", R"(
  %x = mmc.param trainable "x" : tensor<2x3x5xf64>
  %t = mmc.param trainable "t" : tensor<2x5xf64>
  %y = mmc.replace_token %x, %t at(1) : tensor<2x3x5xf64>, tensor<2x5xf64>)",
     "2x3x5"},
};

INSTANTIATE_TEST_SUITE_P(Gradient, Layers, testing::ValuesIn(kCases), [](const auto &info) { return info.param.name; });

} // namespace

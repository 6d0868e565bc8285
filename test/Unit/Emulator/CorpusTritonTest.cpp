// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/triton/kernels.py, as Triton compiles it, against the host.

#include "Gpu.h"

#include "mmc/Runtime/Core/DType.h"

#include <algorithm>

namespace mmc::emulator::test {

/// Triton's kernels take two pointers more, to scratch memory that these do not use. All have four
/// warps.
static void runTriton(Gpu &gpu, Dim3 grid, uint64_t shared) {
  gpu.value<uint64_t>(0);
  gpu.value<uint64_t>(0);
  gpu.run(grid, {128}, shared);
}

TEST(CorpusTriton, Softmax) {
  corpusOfTriton("softmax", [](Gpu &gpu) {
    const int rows = 3, n = 200;
    std::vector<float> x = numbers<float>(rows * n, -4, 4);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(rows * n);
    gpu.value(n);
    runTriton(gpu, {rows}, 16);
    std::vector<double> want(rows * n);
    for (int r = 0; r < rows; ++r) {
      double sum = 0;
      for (int i = 0; i < n; ++i)
        sum += want[r * n + i] = std::exp(double(x[r * n + i]));
      for (int i = 0; i < n; ++i)
        want[r * n + i] /= sum;
    }
    expectClose(gpu.get<float>(out, rows * n), want, 1e-6);
  });
}

TEST(CorpusTriton, LayerNorm) {
  corpusOfTriton("layer_norm", [](Gpu &gpu) {
    const int rows = 3, n = 250;
    std::vector<float> x = numbers<float>(rows * n, -4, 6), weight = numbers<float>(n, -2, 2, 2),
                       bias = numbers<float>(n, -1, 1, 3);
    gpu.buffer(x);
    gpu.buffer(weight);
    gpu.buffer(bias);
    size_t out = gpu.empty<float>(rows * n);
    gpu.value(n);
    runTriton(gpu, {rows}, 16);
    std::vector<double> want;
    for (int r = 0; r < rows; ++r) {
      double mean = 0, variance = 0;
      for (int i = 0; i < n; ++i)
        mean += double(x[r * n + i]) / n;
      for (int i = 0; i < n; ++i)
        variance += (x[r * n + i] - mean) * (x[r * n + i] - mean) / n;
      for (int i = 0; i < n; ++i)
        want.push_back((x[r * n + i] - mean) / std::sqrt(variance + 1e-5) * weight[i] + bias[i]);
    }
    expectClose(gpu.get<float>(out, rows * n), want, 1e-5);
  });
}

TEST(CorpusTriton, Matmul) {
  corpusOfTriton("matmul", [](Gpu &gpu) {
    const int m = 64, n = 64, k = 96;
    std::vector<uint16_t> a, b;
    std::vector<double> want(m * n);
    for (float v : numbers<float>(m * k, -2, 2, 1))
      a.push_back(f16FromFloat(v));
    for (float v : numbers<float>(k * n, -2, 2, 2))
      b.push_back(f16FromFloat(v));
    for (int i = 0; i < m; ++i)
      for (int l = 0; l < k; ++l)
        for (int j = 0; j < n; ++j)
          want[i * n + j] += double(floatFromF16(a[i * k + l])) * floatFromF16(b[l * n + j]);
    gpu.buffer(a);
    gpu.buffer(b);
    size_t out = gpu.empty<float>(m * n);
    for (int size : {m, n, k})
      gpu.value(size);
    runTriton(gpu, {m / 32, n / 64}, 12288);
    expectClose(gpu.get<float>(out, m * n), want, 1e-5);
  });
}

TEST(CorpusTriton, Attention) {
  corpusOfTriton("attention", [](Gpu &gpu) {
    const int heads = 2, tokens = 64, width = 32;
    const float scale = 0.25f;
    std::vector<std::vector<double>> inputs;
    for (unsigned seed : {1, 2, 3}) {
      std::vector<uint16_t> narrow;
      inputs.emplace_back();
      for (float v : numbers<float>(heads * tokens * width, -1.5, 1.5, seed)) {
        narrow.push_back(bf16FromFloat(v));
        inputs.back().push_back(floatFromBf16(narrow.back()));
      }
      gpu.buffer(narrow);
    }
    size_t out = gpu.empty<float>(heads * tokens * width);
    gpu.value(tokens);
    gpu.value(scale);
    runTriton(gpu, {tokens / 32, heads}, 10240);
    std::vector<double> want(heads * tokens * width);
    for (int h = 0; h < heads; ++h)
      for (int t = 0; t < tokens; ++t) {
        auto at = [&](int which, int token, int i) {
          return inputs[which][(h * tokens + token) * width + i];
        };
        std::vector<double> p(t + 1);
        double sum = 0;
        for (int s = 0; s <= t; ++s) {
          double score = 0;
          for (int i = 0; i < width; ++i)
            score += at(0, t, i) * at(1, s, i);
          sum += p[s] = std::exp(score * scale);
        }
        for (int s = 0; s <= t; ++s)
          for (int i = 0; i < width; ++i)
            want[(h * tokens + t) * width + i] += p[s] / sum * at(2, s, i);
      }
    // The probabilities are rounded to bf16: half a unit of 2^-8, of values below 1.5.
    expectClose(gpu.get<float>(out, heads * tokens * width), want, 1.5 / 256);
  });
}

TEST(CorpusTriton, Sort) {
  corpusOfTriton("sort", [](Gpu &gpu) {
    std::vector<float> x = numbers<float>(128, -1, 1);
    gpu.buffer(x);
    size_t out = gpu.empty<float>(128);
    runTriton(gpu, {1}, 512);
    std::sort(x.begin(), x.end());
    ASSERT_EQ(gpu.get<float>(out, 128), x);
  });
}

TEST(CorpusTriton, Locked) {
  corpusOfTriton("locked", [](Gpu &gpu) {
    gpu.buffer(std::vector<int>{0});
    size_t out = gpu.buffer(std::vector<float>(128, 0));
    runTriton(gpu, {6}, 4);
    ASSERT_EQ(gpu.get<float>(out, 128), std::vector<float>(128, 6));
  });
}

} // namespace mmc::emulator::test

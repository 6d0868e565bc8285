// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a matrix's elements lie.

#include "Problem.h"

namespace mmc::emulator::cublaslt {

size_t bytesOf(Element element) {
  switch (element) {
  case Element::F32:
  case Element::I32:
    return 4;
  case Element::F16:
  case Element::BF16:
    return 2;
  case Element::I8:
    return 1;
  }
  return 1;
}

std::vector<ByteRange> rangesOf(const MatrixView &view, int64_t batches, size_t limit) {
  const uint64_t bytes = bytesOf(view.type);
  const int64_t vectors = view.vectors(), contiguous = view.contiguous(), leading = view.leading();
  const bool packed = leading == contiguous || vectors == 1;
  const uint64_t matrix = uint64_t((vectors - 1) * leading + contiguous);
  const int64_t distinct = view.batchStride == 0 ? 1 : batches;
  std::vector<ByteRange> ranges;
  if (uint64_t(packed ? distinct : distinct * vectors) > limit ||
      (packed && uint64_t(view.batchStride) == matrix))
    return {{0, bytes * (uint64_t(distinct - 1) * uint64_t(view.batchStride) + matrix)}};
  for (int64_t batch = 0; batch < distinct; ++batch)
    for (int64_t vector = 0; vector < (packed ? 1 : vectors); ++vector) {
      const uint64_t begin = uint64_t(batch * view.batchStride + vector * leading);
      ranges.push_back({bytes * begin, bytes * (begin + (packed ? matrix : uint64_t(contiguous)))});
    }
  return ranges;
}

} // namespace mmc::emulator::cublaslt

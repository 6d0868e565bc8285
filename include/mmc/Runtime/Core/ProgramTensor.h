// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a compiled entry takes or gives, by name.

#ifndef MMC_RUNTIME_CORE_PROGRAMTENSOR_H
#define MMC_RUNTIME_CORE_PROGRAMTENSOR_H

#include "mmc/Runtime/Core/Tensor.h"

#include <cstdint>
#include <string>

namespace mmc {

/// A batch input or a result of an entry.
struct ProgramTensor {
  std::string
      name; ///< its mmc.name: "input_ids", "loss_sum", "grad:<parameter>", "first:<parameter>", …
  DType dtype = DType::F32;
  Shape shape;
  /// Of an input that indexes something (token ids, labels, image slots): how many rows that has.
  /// 0: none.
  int64_t limit = 0;
};

} // namespace mmc

#endif // MMC_RUNTIME_CORE_PROGRAMTENSOR_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies and fills of rows of bytes, between all kinds of memory.

#ifndef MMC_EMULATOR_DRIVER_COPY_H
#define MMC_EMULATOR_DRIVER_COPY_H

#include "Operation.h"

namespace mmc::emulator::driver {

/// One side of a copy: `height` rows, `pitch` bytes apart.
struct Rows {
  enum Kind {
    Device,  ///< device memory, or pinned memory that devices may access
    Host,    ///< the host's, pinned or not
    Unified, ///< whichever it is
  };
  Kind kind = Unified;
  uint64_t address = 0, pitch = 0;
};

struct CopyPlan {
  const char *name = "";
  Rows to, from;
  uint64_t width = 0, height = 1; ///< bytes of a row, rows
};

/// Copies in the order of the stream and returns at once, except that pageable memory makes it
/// slower and not asynchronous, as with the driver; that is reported. CUDA_ERROR_INVALID_VALUE
/// where the bytes do not lie in memory of the given kinds.
CUresult copyAsync(const CopyPlan &plan, CUstream stream);
/// Copies in the default stream, and waits where the host's memory is involved.
CUresult copyNow(const CopyPlan &plan);

struct FillPlan {
  const char *name = "";
  Rows to;
  uint32_t value = 0;
  unsigned width = 1;             ///< bytes of an element: 1, 2, 4
  uint64_t count = 0, height = 1; ///< elements of a row, rows
};

CUresult fillAsync(const FillPlan &plan, CUstream stream);
/// Fills in the default stream, without waiting unless it is the host's memory.
CUresult fillNow(const FillPlan &plan);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_COPY_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every data set can say about itself.

#include "mmc/Runtime/Data/Sample.h"

#include "mmc/Runtime/Core/Crc32c.h"

uint32_t mmc::Dataset::idsChecksum() const {
  uint32_t crc = 0;
  for (int64_t i = 0; i < size(); ++i) {
    const std::string name = id(i);
    crc = crc32c(name.c_str(), name.size() + 1, crc);
  }
  return crc;
}

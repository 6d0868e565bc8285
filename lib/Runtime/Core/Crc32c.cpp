// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CRC-32C eight bytes at a time by tables: checkpoints of gigabytes are summed.

#include "mmc/Runtime/Core/Crc32c.h"

#include <array>

namespace mmc {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

/// tables[k][b]: what byte b contributes when k more bytes follow it.
static constexpr Tables makeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    tables[0][byte] = crc;
  }
  for (int k = 1; k < 8; ++k)
    for (uint32_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}

static constexpr Tables tables = makeTables();

uint32_t crc32c(const void *data, size_t size, uint32_t previous) {
  auto *bytes = static_cast<const unsigned char *>(data);
  uint32_t crc = ~previous;
  for (; size >= 8; size -= 8, bytes += 8) {
    uint32_t low = crc ^ (bytes[0] | bytes[1] << 8 | bytes[2] << 16 | uint32_t(bytes[3]) << 24);
    crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
          tables[4][low >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^
          tables[0][bytes[7]];
  }
  for (; size > 0; --size, ++bytes)
    crc = crc >> 8 ^ tables[0][(crc ^ *bytes) & 0xff];
  return ~crc;
}

} // namespace mmc

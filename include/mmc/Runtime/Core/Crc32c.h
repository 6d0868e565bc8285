// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CRC-32C (Castagnoli), the checksum of TFRecord framing and of checkpoint manifests.

#ifndef MMC_RUNTIME_CORE_CRC32C_H
#define MMC_RUNTIME_CORE_CRC32C_H

#include <cstddef>
#include <cstdint>

namespace mmc {

/// CRC-32C as RFC 3720 defines it (reflected polynomial 0x82f63b78, start and end inverted). To go
/// on where an earlier call stopped, give its result as `previous`.
uint32_t crc32c(const void *data, size_t size, uint32_t previous = 0);

} // namespace mmc

#endif // MMC_RUNTIME_CORE_CRC32C_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What bulk copies into shared memory and out of it share: operands, sizes, what they read.

#ifndef MMC_EMULATOR_INSTRUCTIONS_BULKCOPIES_H
#define MMC_EMULATOR_INSTRUCTIONS_BULKCOPIES_H

#include "../Execute/Access.h"
#include "Alu.h"

namespace mmc::emulator {

constexpr unsigned bulkUnit = 16; ///< sizes and addresses are multiples of it

/// An instruction has several addresses: the first is the operation's own, the others are in
/// Program::lists.
void addAddress(Builder &builder, const Operand &operand, Space space, std::vector<uint32_t> &list);
/// The n-th of those.
Op listedAddress(const Warp &warp, const Op &op, unsigned n);

/// Whether the size is a multiple of 16; reports it if not.
bool checkBulkSize(Warp &warp, unsigned lane, uint32_t bytes);
/// Reads shared memory as the async proxy does, the need for a proxy fence included. Empty if it
/// may not be.
std::vector<uint8_t> readSharedBulk(Warp &warp, const Op &op, unsigned lane, uint64_t address,
                                    uint32_t bytes);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_BULKCOPIES_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What barrier instructions leave to the block that completes them.

#ifndef MMC_EMULATOR_INSTRUCTIONS_BARRIERKINDS_H
#define MMC_EMULATOR_INSTRUCTIONS_BARRIERKINDS_H

#include <cstdint>

namespace mmc::emulator {

struct Op;
struct Warp;

/// Writes what bar.red yields, for other barriers nothing.
void writeBarrierResult(Warp &warp, const Op &op, uint32_t lanes, uint32_t trueCount,
                        uint32_t voters);

/// Whether all lanes of a warp must come to a barrier's operation together.
bool isAlignedBarrier(const Op &op);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_BARRIERKINDS_H

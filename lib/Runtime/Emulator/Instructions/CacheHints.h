// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hints to the caches, which change no value: where PTX lets them stand.

#ifndef MMC_EMULATOR_INSTRUCTIONS_CACHEHINTS_H
#define MMC_EMULATOR_INSTRUCTIONS_CACHEHINTS_H

#include "Alu.h"

namespace mmc::emulator {

/// Reports hints of ld, st, atom and red that the assembler refuses: .L1:: and .L2:: are for global
/// memory and generic addresses, .L1:: does not stand beside a cache operator such as .ca, and
/// .L2::evict_* needs an access of 32 bytes in .v8.b32 or .v4.b64 (`bytes`: what a lane accesses).
void checkCacheHints(Builder &b, const Instruction &in, unsigned bytes);

/// Takes the policy that .L2::cache_hint has as operand `i`, behind the others, and that nothing
/// else has. It has no effect.
void takePolicy(Builder &b, const Instruction &in, size_t i);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_CACHEHINTS_H

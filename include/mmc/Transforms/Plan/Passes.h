// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Plan phase.

#ifndef MMC_TRANSFORMS_PLAN_PASSES_H
#define MMC_TRANSFORMS_PLAN_PASSES_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mmc {

#define GEN_PASS_DECL
#include "mmc/Transforms/Plan/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "mmc/Transforms/Plan/Passes.h.inc"

/// Attribute of a launch: per result its offset in the arena in bytes, or −1 − k for output k.
inline constexpr llvm::StringLiteral kOffsetsAttr = "mmc.offsets";
/// Attribute of a launch and of its kernel: per result the operand whose place it takes over, or
/// −1.
inline constexpr llvm::StringLiteral kInPlaceAttr = "mmc.in_place";
/// Attribute of a kernel: its buffers (operands, then results) that a caller may give it twice,
/// since an entry's output has the name of an input or parameter that it is the new value of.
inline constexpr llvm::StringLiteral kMayAliasAttr = "mmc.may_alias";
/// Attribute of an entry function: bytes of its arena, the exact peak.
inline constexpr llvm::StringLiteral kArenaAttr = "mmc.arena_bytes";
/// Attribute of an entry function: what --mmc-summarize-entries writes.
inline constexpr llvm::StringLiteral kSummaryAttr = "mmc.summary";
/// Alignment of every offset: a cache line, and the widest vector.
inline constexpr int64_t kArenaAlignment = 64;

/// Bytes of a tensor with static shape.
int64_t bytesOf(mlir::Type type);

/// Chooses a place for every value. `inPlace`: results may take over the places of dead operands.
void populatePlanPipeline(mlir::OpPassManager &manager, bool inPlace);

} // namespace mmc

#endif // MMC_TRANSFORMS_PLAN_PASSES_H

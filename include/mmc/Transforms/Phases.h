// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phases of compilation, in order.

#ifndef MMC_TRANSFORMS_PHASES_H
#define MMC_TRANSFORMS_PHASES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace mmc {

/// In the order in which they run; `Input` is the model file as read.
enum class Phase { Input, Specialize, Adapters, Autodiff, Fuse, Plan, Lower };

/// Name of a phase in options, file names of dumps and messages: "specialize".
llvm::StringRef nameOf(Phase phase);
/// One sentence: what holds afterwards.
llvm::StringRef contractOf(Phase phase);
/// The phase of that name; nothing when there is none.
std::optional<Phase> parsePhase(llvm::StringRef name);
/// All phases, in order.
llvm::ArrayRef<Phase> allPhases();

} // namespace mmc

#endif // MMC_TRANSFORMS_PHASES_H

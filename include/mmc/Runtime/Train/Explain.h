// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a training will hold in memory, for people: mmc-train --explain.

#ifndef MMC_RUNTIME_TRAIN_EXPLAIN_H
#define MMC_RUNTIME_TRAIN_EXPLAIN_H

#include "mmc/Runtime/Train/ProgramModel.h"

#include <string>

namespace mmc {

/// Parameters by what becomes of them and by group, optimizer state, and the exact peak of the planned
/// arena per batch shape (what the metrics call peak_bytes).
std::string explain(const ProgramModel &model);

/// What a run says before its first step: how many values train, by group, how many are frozen, and the
/// largest peak of a step in bytes.
std::string whatTrains(const ProgramModel &model);

/// "1,234,567".
std::string withSeparators(int64_t number);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_EXPLAIN_H

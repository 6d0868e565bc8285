// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a mistyped name was probably meant to be.

#ifndef MMC_LIB_RUNTIME_TRAIN_NEARESTNAME_H
#define MMC_LIB_RUNTIME_TRAIN_NEARESTNAME_H

#include <string>
#include <vector>

namespace mmc {

/// "; did you mean 'NAME'?" with the name of fewest edits, or nothing when none is near.
std::string didYouMean(const std::string &typed, const std::vector<std::string> &names);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_TRAIN_NEARESTNAME_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How NCCL's parts report failure: a code for the program, a sentence for people.

#ifndef MMC_EMULATOR_NCCL_OUTCOME_H
#define MMC_EMULATOR_NCCL_OUTCOME_H

#include "mmc/Runtime/Emulator/Nccl/Nccl.h"

#include <string>
#include <utility>

namespace mmc::emulator::nccl {

struct [[nodiscard]] Outcome {
  ncclResult_t code = ncclSuccess;
  std::string message;
  bool isOk() const { return code == ncclSuccess; }
};

inline Outcome invalid(std::string message) { return {ncclInvalidArgument, std::move(message)}; }

#define MMC_NCCL_TRY(call)                                                                         \
  do {                                                                                             \
    ::mmc::emulator::nccl::Outcome mmcOutcome = (call);                                            \
    if (!mmcOutcome.isOk())                                                                        \
      return mmcOutcome;                                                                           \
  } while (false)

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_OUTCOME_H

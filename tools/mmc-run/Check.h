// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compares results with expected tensors: mmc-run --check.

#ifndef MMC_TOOLS_MMC_RUN_CHECK_H
#define MMC_TOOLS_MMC_RUN_CHECK_H

#include "mmc/Runtime/Core/Safetensors.h"
#include "mmc/Runtime/Core/Tensor.h"

#include <string>

namespace mmc::run {

/// Whether `name` is among what `entry` yields: "logits"; "loss_sum", "label_count", "loss"; the
/// same and "grad:…" for gradients; "hidden_states.…".
bool belongsTo(const std::string &entry, const std::string &name);

/// Prints the worst relative error of each tensor to standard output. Fails on a tensor that one
/// side lacks, a shape mismatch, NaN, or an error above atol + rtol · max|expected|; the message
/// names the worst.
Status check(const std::string &entry, const TensorMap &results, const SafetensorsFile &expected,
             double rtol, double atol);

} // namespace mmc::run

#endif // MMC_TOOLS_MMC_RUN_CHECK_H

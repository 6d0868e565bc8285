// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every dialect, pass and pipeline that mmc's tools know. Nothing registers anywhere else.

#ifndef MMC_TRANSFORMS_REGISTERALL_H
#define MMC_TRANSFORMS_REGISTERALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mmc {

/// The mmc dialect, the upstream dialects it is lowered through, and their interfaces.
void registerAllDialects(mlir::DialectRegistry &registry);

/// All passes and pipelines, for use by name.
void registerAllPasses();

} // namespace mmc

#endif // MMC_TRANSFORMS_REGISTERALL_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a model file to object code: all phases, then LLVM.

#ifndef MMC_LIB_RUNTIME_JIT_COMPILER_H
#define MMC_LIB_RUNTIME_JIT_COMPILER_H

#include "CodeCache.h"
#include "CpuTarget.h"

namespace mmc {

/// Name of the host program of an entry in the object code.
std::string hostSymbol(const std::string &entry);

/// Compiles `modelText`, which was read from request.modelFile. BadInput carries the diagnostics.
StatusOr<CompiledModule> compileModule(const CompileRequest &request, const std::string &modelText,
                                       const CpuTarget &target);

/// What Program::plan documents, of `modelText`: the phases up to Plan.
StatusOr<ModuleInfo> planModule(const CompileRequest &request, const std::string &modelText,
                                const CpuTarget &target);

/// What Program::inputs documents, of `modelText`.
StatusOr<std::vector<ProgramTensor>> specializedInputs(const CompileRequest &request,
                                                       const std::string &modelText);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_JIT_COMPILER_H

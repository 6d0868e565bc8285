// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PTX modules: parsed, checked and decoded once, for a chip.

#ifndef MMC_RUNTIME_EMULATOR_MODULE_H
#define MMC_RUNTIME_EMULATOR_MODULE_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Emulator/Chip.h"
#include "mmc/Runtime/Emulator/Memory.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mmc::emulator {

struct Program;

/// A parameter of a kernel, in the buffer that a launch passes.
struct KernelParameter {
  std::string name;
  uint64_t offset = 0, bytes = 0, alignment = 1;
  bool isFloat = false; ///< declared as .f32, .f64, …
};

/// A kernel of a module. Lives as long as the module.
struct Kernel {
  std::string name;
  std::vector<KernelParameter> parameters;
  uint64_t parameterBytes = 0;
  uint64_t staticShared = 0;             ///< bytes, as a chip would lay them out
  uint64_t localBytes = 0;               ///< stack frame of a thread
  uint32_t registers = 0;                ///< .maxnreg; 0: none is given, and nothing is known
  uint32_t maxThreads = 1024;            ///< .maxntid or .reqntid as one number
  uint32_t requiredBlock[3] = {0, 0, 0}; ///< .reqntid; zeros when there is none
  uint32_t line = 0;                     ///< of the PTX text
  std::shared_ptr<const Program> program;
};

/// A global or constant variable of a module.
struct ModuleVariable {
  std::string name;
  uint64_t address = 0; ///< in device memory, constants too
  uint64_t bytes = 0;
  bool constant = false;
};

/// PTX text ready to run. Its variables lie in the device's memory until the module is destroyed.
class Module {
public:
  /// Parses and decodes every function. BadInput has one line per error, each
  /// "name:line:column: what was expected", as a JIT log has it.
  static StatusOr<std::shared_ptr<Module>> load(std::string_view text, const std::string &name,
                                                const Chip &chip, DeviceMemory &memory);
  ~Module();
  Module(const Module &) = delete;
  Module &operator=(const Module &) = delete;

  const std::vector<Kernel> &kernels() const;
  const std::vector<ModuleVariable> &variables() const;
  /// Of the text: 80 for .target sm_80.
  unsigned targetArchitecture() const;
  /// Null when there is none of that name.
  const Kernel *kernel(std::string_view name) const;
  const ModuleVariable *variable(std::string_view name) const;

private:
  struct Content;
  explicit Module(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content;
};

} // namespace mmc::emulator

#endif // MMC_RUNTIME_EMULATOR_MODULE_H

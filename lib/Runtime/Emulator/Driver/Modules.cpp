// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The modules and functions there are.

#include "Modules.h"

namespace mmc::emulator::driver {

HandleTable<CUmodule, LoadedModule> &moduleTable() {
  static auto &table = *new HandleTable<CUmodule, LoadedModule>;
  return table;
}

HandleTable<CUfunction, Function> &functionTable() {
  static auto &table = *new HandleTable<CUfunction, Function>;
  return table;
}

void endModules(Context &context) {
  for (auto &[handle, module] : moduleTable().all())
    if (module->context == &context)
      moduleTable().take(handle);
  for (auto &[handle, function] : functionTable().all())
    if (function->context == &context)
      functionTable().take(handle);
}

} // namespace mmc::emulator::driver

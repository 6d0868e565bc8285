// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Links object files into this process.

#ifndef MMC_LIB_RUNTIME_JIT_OBJECTLOADER_H
#define MMC_LIB_RUNTIME_JIT_OBJECTLOADER_H

#include "mmc/Runtime/Core/Status.h"

#include <memory>
#include <string>
#include <vector>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace mmc {

class ObjectLoader {
public:
  /// Links `objects` with each other, with the functions of Abi.h and with the C library.
  static StatusOr<ObjectLoader> link(const std::vector<std::string> &objects);
  ObjectLoader(ObjectLoader &&);
  ObjectLoader &operator=(ObjectLoader &&);
  ~ObjectLoader();

  /// The address of a function; Internal when there is none of that name.
  StatusOr<void *> find(const std::string &function) const;

private:
  explicit ObjectLoader(std::unique_ptr<llvm::orc::LLJIT> jit);
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_JIT_OBJECTLOADER_H

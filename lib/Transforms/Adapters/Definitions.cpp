// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Definitions.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mmc;

namespace {
struct Embedded {
  StringRef name, text;
};
} // namespace

/// Every file of models/adapters, by its stem; written by CMake.
static const Embedded embedded[] = {
#include "mmc/Transforms/Adapters/Definitions.inc"
};

OwningOpRef<ModuleOp> mmc::loadDefinition(StringRef name, bool isPath, Location location) {
  std::string text;
  if (isPath) {
    auto file = llvm::MemoryBuffer::getFile(name, /*IsText=*/true);
    if (!file) {
      emitError(location) << "adapter definition '" << name
                          << "' cannot be read: " << file.getError().message();
      return {};
    }
    text = (*file)->getBuffer().str();
  } else {
    const Embedded *found =
        llvm::find_if(embedded, [&](const Embedded &entry) { return entry.name == name; });
    if (found == std::end(embedded)) {
      InFlightDiagnostic error = emitError(location)
                                 << "no adapter is named '" << name << "'; mmc comes with ";
      llvm::interleaveComma(embedded, error, [&](const Embedded &entry) { error << entry.name; });
      error << "; a definition of your own is given by definition=PATH";
      return {};
    }
    text = found->text.str();
  }
  std::string source = isPath ? name.str() : ("models/adapters/" + name + ".mlir").str();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, location.getContext(), source);
  if (!module)
    return {};
  auto adapters = module->getOps<AdapterOp>();
  if (!llvm::hasSingleElement(adapters) || !llvm::hasSingleElement(*module->getBody())) {
    emitError(location) << "adapter definition '" << source
                        << "' must hold one mmc.adapter and nothing else";
    return {};
  }
  return module;
}

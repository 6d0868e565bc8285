// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "OpenSizes.h"

#include "mmc/Dialect/MmcDialect.h"

using namespace mmc;

std::vector<std::string> mmc::openSizes(mlir::ModuleOp module,
                                        const std::map<std::string, Shape> &fileShapes) {
  auto names = module->getAttrOfType<mlir::DictionaryAttr>("mmc.sizes");
  if (!names)
    return {};
  std::map<std::string, int64_t> sizes;
  module.walk([&](ParamOp param) {
    std::optional<mlir::ArrayAttr> dims = param.getDims();
    auto found = fileShapes.find(param.getName().str());
    if (!dims || found == fileShapes.end() || found->second.size() != dims->size())
      return;
    for (auto [text, size] : llvm::zip(dims->getAsValueRange<mlir::StringAttr>(), found->second))
      if (names.contains(text))
        sizes.try_emplace(text.str(), size);
  });
  std::vector<std::string> result;
  for (const auto &[name, size] : sizes)
    result.push_back(name + ":" + std::to_string(size));
  return result;
}

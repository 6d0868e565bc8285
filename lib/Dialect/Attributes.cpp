// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The attributes that the dialect hangs on functions, arguments and other ops: their types. What
// they mean is said where a phase declares them. Others that begin with mmc. are left alone.

#include "mmc/Dialect/MmcDialect.h"

using namespace mlir;
using namespace mmc;

static LogicalResult verify(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  StringRef wanted;
  if (name == "mmc.name" || name == "mmc.group")
    wanted = isa<StringAttr>(attribute.getValue()) ? "" : "a string";
  else if (name == "mmc.tiles" || name == "mmc.threads" || name == "mmc.workspace" ||
           name == "mmc.arena_bytes")
    wanted = isa<IntegerAttr>(attribute.getValue()) ? "" : "an integer";
  else if (name == "mmc.offsets")
    wanted = isa<DenseI64ArrayAttr>(attribute.getValue()) ? "" : "array<i64>";
  else if (name == "mmc.sizes" || name == "mmc.summary")
    wanted = isa<DictionaryAttr>(attribute.getValue()) ? "" : "a dictionary";
  if (wanted.empty())
    return success();
  return op->emitError("'") << name << "' must be " << wanted << ", got: " << attribute.getValue();
}

LogicalResult MmcDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  return verify(op, attribute);
}
LogicalResult MmcDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned,
                                                   NamedAttribute attribute) {
  return verify(op, attribute);
}
LogicalResult MmcDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                                      NamedAttribute attribute) {
  return verify(op, attribute);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic in attributes: `{4*j+i}` in parameter names, `alpha / rank` in adapter definitions.

#ifndef MMC_DIALECT_EXPRESSION_H
#define MMC_DIALECT_EXPRESSION_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mmc {

using Variables = llvm::StringMap<double>;

/// Value of `+ - * /`, `sqrt(x)`, `c ? a : b` (c is true when not 0), parentheses, numbers and
/// variables; nothing, and the reason in `error`, when the text is not such an expression.
std::optional<double> evaluate(llvm::StringRef text, const Variables &variables,
                               std::string &error);

/// `text` with every `{expression}` replaced by its value as an integer. With `partial` an
/// expression over further variables stays, with the known ones filled in (another repeat does the
/// rest); without, it is an error.
std::optional<std::string> fillPlaceholders(llvm::StringRef text, const Variables &variables,
                                            bool partial, std::string &error);

} // namespace mmc

#endif // MMC_DIALECT_EXPRESSION_H

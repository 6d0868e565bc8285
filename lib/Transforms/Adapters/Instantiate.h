// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Puts an adapter's definition at a site.

#ifndef MMC_LIB_TRANSFORMS_ADAPTERS_INSTANTIATE_H
#define MMC_LIB_TRANSFORMS_ADAPTERS_INSTANTIATE_H

#include "AdapterSpec.h"

#include "mmc/Dialect/Expression.h"
#include "mmc/Dialect/MmcDialect.h"

namespace mmc {

/// What the text of a definition may name at a site: numbers in expressions, words in templates.
struct SiteValues {
  Variables numbers;
  llvm::StringMap<std::string> words;
  int64_t stream = 0; ///< of the site's dropout

  /// `text` with every `{word}` or `{expression}` replaced; numbers as short as they can be read
  /// back.
  std::optional<std::string> fill(llvm::StringRef text, std::string &error) const;
};

/// The definition's options with the clause's settings for `module`, and the site's own values:
/// `in` and `out` (last dimension of the site's data input and of its result), `layer` (the first
/// number in the module's name), `site` (that name), `name` (what the definition's `as` makes of
/// it). Errors, reported at `op`, are a setting that is no option of the definition and text where
/// a number belongs.
llvm::FailureOr<SiteValues> valuesAt(mlir::Operation *op, llvm::StringRef module,
                                     AdapterOp definition, const AdapterClause &clause);

/// Clones the definition behind `site`, reading operand 0 and the result of it, and lets the
/// result's other users read what the definition yields, which is returned. Parameters go behind
/// the last one of the function; one that an earlier site has made is used again. Fails, with a
/// report, when the definition does not fit.
llvm::FailureOr<mlir::Value> instantiate(AdapterOp definition, mlir::Operation *site,
                                         const SiteValues &values);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_ADAPTERS_INSTANTIATE_H

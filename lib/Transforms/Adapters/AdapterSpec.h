// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The text that says which adapter goes where.

#ifndef MMC_LIB_TRANSFORMS_ADAPTERS_ADAPTERSPEC_H
#define MMC_LIB_TRANSFORMS_ADAPTERS_ADAPTERSPEC_H

#include "ModuleRegex.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>
#include <vector>

namespace mmc {

/// A choice of modules: names or suffixes behind a dot (`q_proj`, `self_attn.q_proj`), a regular
/// expression that matches the whole name (`/.*\.layers\.\d+\..*_proj/`), or every linear layer but
/// the head (`all-linear`). With `full`, `norm` is input_layernorm too.
struct ModuleChoice {
  bool allLinear = false;
  std::optional<ModuleRegex> regex;
  std::vector<std::string> names;
  std::string text;
  bool anyEnd = false; ///< a name may be any end of a module's name, as in PEFT's modules_to_save

  bool empty() const { return text.empty(); }
  /// By name or expression; `allLinear` is for the caller to decide. Returns the matching entry.
  std::optional<llvm::StringRef> match(llvm::StringRef module) const;
};

/// A value of a definition's option, for all sites or for those that `where` matches.
struct AdapterSetting {
  std::string option, value;
  std::optional<ModuleRegex> where; ///< matches a module's whole name
  std::string pattern;              ///< text of `where`
};

/// One definition and the sites where it is put.
struct AdapterClause {
  std::string definition; ///< name of a definition that comes with mmc, a path, or "full"
  bool isPath = false;
  ModuleChoice targets, exclude;
  std::vector<int64_t> layers;             ///< empty: all
  std::vector<std::string> layersPatterns; ///< names that stand before a layer's number; empty: any
  std::vector<ModuleRegex> layersRegexes;  ///< with the layer's number as last group
  std::string group;                       ///< only modules of this group; empty: any
  bool prove = true;                       ///< starts as the identity
  std::vector<AdapterSetting> settings;

  /// PEFT's rule: chosen, not excluded, and in one of the layers. An exact name needs no layer.
  bool selects(llvm::StringRef module) const;
  /// The number of the module's layer; nothing when it has none.
  std::optional<int64_t> layerOf(llvm::StringRef module) const;
};

/// Parses
///
///   spec    := clause (';' clause)*
///   clause  := (NAME | 'definition=' PATH | 'full') word*
///   word    := 'targets=' choice | 'exclude=' choice | 'group=' NAME | 'layers=' N,… |
///              'layers_pattern=' NAME,… | 'identity=' (0 | 1) | OPTION '=' VALUE | OPTION '@' where '=' VALUE
///   choice  := NAME,… | '/' REGEX '/' | 'all-linear'
///   where   := SUFFIX | '/' REGEX '/'      as PEFT's rank_pattern: matches `(.*\.)?where`
///
/// Nothing, and what is wrong in `error`, when the text is not of this form.
std::optional<std::vector<AdapterClause>> parseAdapterSpec(llvm::StringRef spec, std::string &error);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_ADAPTERS_ADAPTERSPEC_H

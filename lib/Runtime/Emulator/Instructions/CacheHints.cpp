// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hints to the caches, which change no value: where PTX lets them stand.

#include "CacheHints.h"

namespace mmc::emulator {

void checkCacheHints(Builder &b, const Instruction &in, unsigned bytes) {
  std::string_view space, cacheOperator;
  for (std::string_view word : in.modifiers) {
    std::string_view stem = word.substr(0, word.find("::"));
    for (std::string_view other : {"shared", "local", "param", "const"})
      if (stem == other)
        space = word;
    for (std::string_view name : {"ca", "cg", "cs", "cv", "lu", "wb", "wt"})
      if (word == name)
        cacheOperator = word;
  }
  for (std::string_view word : in.modifiers) {
    bool isFirstLevel = word.substr(0, 4) == "L1::", isSecondLevel = word.substr(0, 4) == "L2::";
    if (!isFirstLevel && !isSecondLevel)
      continue;
    std::string hint = "'." + std::string(word) + "'";
    if (!space.empty())
      return b.error(hint + " is for global memory and generic addresses, got: ." +
                     std::string(space));
    if (isFirstLevel && !cacheOperator.empty())
      return b.error(hint + " does not stand beside a cache operator, got: ." +
                     std::string(cacheOperator));
    if (word.substr(0, 9) == "L2::evict" && (bytes != 32 || sizeOf(in.type()) < 4))
      return b.error(hint + " needs .v8 of 32 bits or .v4 of 64 bits");
  }
}

void takePolicy(Builder &b, const Instruction &in, size_t i) {
  bool hasPolicy = in.operands.size() > i;
  if (hasPolicy != in.has("L2::cache_hint"))
    return b.error(hasPolicy ? "a policy as last operand needs .L2::cache_hint"
                             : ".L2::cache_hint needs a policy as last operand");
  if (hasPolicy)
    b.source(i, Type::B64);
}

} // namespace mmc::emulator

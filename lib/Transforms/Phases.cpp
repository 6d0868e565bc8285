// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Phases.h"

using namespace mmc;

llvm::ArrayRef<Phase> mmc::allPhases() {
  static const Phase phases[] = {Phase::Input, Phase::Specialize, Phase::Adapters, Phase::Autodiff,
                                 Phase::Fuse,  Phase::Plan,       Phase::Lower};
  return phases;
}

llvm::StringRef mmc::nameOf(Phase phase) {
  switch (phase) {
  case Phase::Input:
    return "input";
  case Phase::Specialize:
    return "specialize";
  case Phase::Adapters:
    return "adapters";
  case Phase::Autodiff:
    return "autodiff";
  case Phase::Fuse:
    return "fuse";
  case Phase::Plan:
    return "plan";
  case Phase::Lower:
    return "lower";
  }
  return "";
}

llvm::StringRef mmc::contractOf(Phase phase) {
  switch (phase) {
  case Phase::Input:
    return "only mmc, func and builtin ops";
  case Phase::Specialize:
    return "static shapes, repeats unrolled, calls inlined, one mmc.param per parameter and "
           "function";
  case Phase::Adapters:
    return "every parameter is trainable or frozen, and adapters at their initial values change "
           "nothing";
  case Phase::Autodiff:
    return "one gradient per trainable parameter, none for a frozen one";
  case Phase::Fuse:
    return "entry functions hold only parameters, reshapes and launches of kernels";
  case Phase::Plan:
    return "every result of a launch has an offset in one arena";
  case Phase::Lower:
    return "only the llvm dialect is left";
  }
  return "";
}

std::optional<Phase> mmc::parsePhase(llvm::StringRef name) {
  for (Phase phase : allPhases())
    if (nameOf(phase) == name)
      return phase;
  return std::nullopt;
}

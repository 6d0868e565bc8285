// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The values of a program's parameters: from checkpoints, adapter files or initialisers.

#ifndef MMC_RUNTIME_MODEL_PARAMETERS_H
#define MMC_RUNTIME_MODEL_PARAMETERS_H

#include "mmc/Runtime/Core/Safetensors.h"
#include "mmc/Runtime/Jit/Program.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mmc {

/// Where values come from; later sources win per name.
struct ParameterSources {
  /// `--weights` arguments: files, directories, or "init:SEED" (every parameter random).
  std::vector<std::string> weights;
  /// Directory of `--adapter`, whose adapter_model.safetensors is read if it is there; may be empty.
  std::string adapterDirectory;
  /// Seed of parameters that no file provides and that have an initialiser (a fresh adapter).
  uint64_t seed = 0;
};

/// All parameters of a program in memory. A frozen parameter that lies in its file in the wanted dtype is
/// used from the mapping and never copied.
class Parameters {
public:
  /// BadInput lists every parameter that is missing, has another shape, an inconvertible dtype or values
  /// that are not finite; each with the file that was asked. So is a PEFT adapter's file with tensors that no parameter
  /// takes. Base weights in it win over `weights`, as PEFT loads them.
  static StatusOr<Parameters> load(const std::vector<ProgramParameter> &wanted, const ParameterSources &sources);

  /// Pointers in the order of `wanted`, for Bindings::parameters. Frozen ones must not be written to.
  const std::vector<void *> &pointers() const { return data; }
  /// The parameter at `index`, for writing it to a file.
  TensorView view(size_t index) const { return {infos[index].dtype, infos[index].shape, data[index]}; }
  /// Keys in the files that no parameter uses.
  size_t unusedKeys() const { return unused; }
  /// Parameters that were initialised because no file had them.
  const std::vector<std::string> &initialized() const { return fresh; }

private:
  std::vector<ProgramParameter> infos;
  std::vector<void *> data;
  std::vector<Tensor> owned;
  std::vector<Weights> mapped;
  std::vector<std::string> fresh;
  size_t unused = 0;
};

} // namespace mmc

#endif // MMC_RUNTIME_MODEL_PARAMETERS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One entry of a program with buffers that stay from run to run.

#ifndef MMC_LIB_RUNTIME_GENERATE_BOUNDENTRY_H
#define MMC_LIB_RUNTIME_GENERATE_BOUNDENTRY_H

#include "mmc/Runtime/Jit/Program.h"
#include "mmc/Runtime/Model/Parameters.h"

#include <map>
#include <memory>
#include <string>

namespace mmc {

class BoundEntry {
public:
  /// Allocates arena, inputs and outputs. `values` are those of `loaded`, which hold all parameters
  /// of the entry. Internal when the program lacks the entry or `loaded` a parameter.
  static StatusOr<BoundEntry> create(std::unique_ptr<Program> program, const std::string &name,
                                     const std::vector<ProgramParameter> &loaded,
                                     const Parameters &values);

  const ProgramEntry &entry() const { return *found; }
  bool hasInput(const std::string &name) const { return inputs.count(name) != 0; }
  /// Of names that the entry has.
  Tensor &input(const std::string &name) { return *inputs.at(name); }
  Tensor &output(const std::string &name) { return *outputs.at(name); }

  /// Makes an input the very tensor that another entry writes. Internal unless names, shapes and
  /// types agree.
  Status shareInput(const std::string &name, BoundEntry &writer);
  /// Copies batch tensors into the inputs of their names. Internal when one does not fit.
  Status setInputs(const TensorMap &batch);
  void run(int threads);

private:
  std::unique_ptr<Program> program;
  const ProgramEntry *found = nullptr;
  std::vector<void *> parameters;
  Tensor arena;
  std::map<std::string, std::shared_ptr<Tensor>> inputs, outputs;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_GENERATE_BOUNDENTRY_H

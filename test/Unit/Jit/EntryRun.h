// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tests of compiled code share: a module given as text, and the buffers of one of its entries.

#ifndef MMC_TEST_UNIT_JIT_ENTRYRUN_H
#define MMC_TEST_UNIT_JIT_ENTRYRUN_H

#include "mmc/Runtime/Jit/Program.h"

#include <memory>
#include <string>
#include <vector>

namespace mmc::test {

/// Compiles `text` as the request's model file, without a cache. A failure of the current test and null when it does
/// not compile.
std::unique_ptr<Program> compileText(const std::string &text, CompileRequest request);

/// Tensors for all of a program's parameters, zero.
std::vector<Tensor> parametersOf(const Program &program);

/// Buffers of one entry. Arena and results start as all ones, which is NaN: what an entry does not write shows.
class EntryRun {
public:
  /// A failure of the current test when there is no such entry. Parameters are the caller's and may be shared.
  EntryRun(const Program &program, const std::string &name, std::vector<Tensor> &parameters);

  /// Null when there is no such entry.
  const ProgramEntry *entry() const { return compiled; }
  /// In the order of the entry's inputs and results.
  std::vector<Tensor> inputs, outputs;
  /// The result of that name, or null.
  const Tensor *find(const std::string &name) const;
  /// Result `index` goes to `buffer` from now on, not to outputs[index].
  void redirect(size_t index, void *buffer) { bindings.outputs[index] = buffer; }
  void run(int threads = 1);

private:
  const Program &program;
  const ProgramEntry *compiled;
  Tensor arena;
  Bindings bindings;
};

} // namespace mmc::test

#endif // MMC_TEST_UNIT_JIT_ENTRYRUN_H

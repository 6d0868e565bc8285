// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collects the violations of a launch, one entry per kind and line.

#ifndef MMC_EMULATOR_EXECUTE_VIOLATIONS_H
#define MMC_EMULATOR_EXECUTE_VIOLATIONS_H

#include "../Program.h"

#include "mmc/Runtime/Emulator/Report.h"

#include <functional>
#include <map>
#include <mutex>
#include <tuple>

namespace mmc::emulator {

struct Warp;

class Violations {
public:
  Violations(const Program &program, size_t maximum) : program(program), maximum(maximum) {}

  /// Reports what `lane` of the warp has done at operation `pc`. `message` is called when the entry
  /// is new or the thread comes before the one that it shows: reports do not depend on the order of
  /// host threads more than the run itself does.
  void add(const Warp &warp, uint32_t pc, ViolationKind kind, unsigned lane, uint64_t address,
           const std::function<std::string()> &message);
  /// By line.
  std::vector<Violation> take(bool &truncated);
  bool isEmpty() const;

private:
  struct Entry {
    Violation violation;
    uint64_t block = 0;
    uint32_t thread = 0;
  };
  const Program &program;
  size_t maximum;
  mutable std::mutex mutex;
  std::map<std::pair<uint32_t, ViolationKind>, Entry> entries;
  bool truncated = false;
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_VIOLATIONS_H

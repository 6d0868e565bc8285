// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One write per message, so that lines of several threads or ranks do not mix.

#include "mmc/Runtime/Core/Log.h"

#include <cstdio>
#include <string>

namespace mmc {

static void print(const char *severity, std::string_view message) {
  std::string line = severity;
  line.append(": ").append(message).append("\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void note(std::string_view message) { print("note", message); }
void warning(std::string_view message) { print("warning", message); }
void error(std::string_view message) { print("error", message); }

} // namespace mmc

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Temporary files that go when the process is interrupted.

#ifndef MMC_LIB_RUNTIME_CORE_REMOVEONSIGNAL_H
#define MMC_LIB_RUNTIME_CORE_REMOVEONSIGNAL_H

#include <string>

namespace mmc {

/// From now on SIGINT, SIGTERM and SIGHUP remove the file before they end the process. A signal
/// that the program handles or ignores is left to it. The number is for keepOnSignal(); −1 when too
/// many files are waited for already.
int removeOnSignal(const std::string &path);
/// Forgets the file.
void keepOnSignal(int number);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_CORE_REMOVEONSIGNAL_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Messages for people, on standard error, one line each.

#ifndef MMC_RUNTIME_CORE_LOG_H
#define MMC_RUNTIME_CORE_LOG_H

#include <string_view>

namespace mmc {

/// Something worth knowing: "note: …".
void note(std::string_view message);
/// Something that is probably not meant, though the work goes on: "warning: …".
void warning(std::string_view message);
/// Why the work ended: "error: …".
void error(std::string_view message);

} // namespace mmc

#endif // MMC_RUNTIME_CORE_LOG_H

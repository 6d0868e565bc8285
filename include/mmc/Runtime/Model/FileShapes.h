// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What shapes parameters have in their files, which is known before anything is compiled.

#ifndef MMC_RUNTIME_MODEL_FILESHAPES_H
#define MMC_RUNTIME_MODEL_FILESHAPES_H

#include "mmc/Runtime/Model/Parameters.h"

#include <map>
#include <string>

namespace mmc {

/// Shapes by name in the files of `sources`, for CompileRequest::fileShapes. Fails as
/// Weights::open.
StatusOr<std::map<std::string, Shape>> fileShapes(const ParameterSources &sources);

} // namespace mmc

#endif // MMC_RUNTIME_MODEL_FILESHAPES_H

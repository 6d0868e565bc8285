// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A sample as text for people.

#ifndef MMC_TOOLS_MMC_DATA_SAMPLETEXT_H
#define MMC_TOOLS_MMC_DATA_SAMPLETEXT_H

#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <string>

namespace mmc::data {

/// The tokens' text. What has labels is green with `colors`, else in [[ ]]; the tokens of a picture
/// are <picture: N tokens>, LaVIN's modality token <modality>. Control characters of the text other
/// than newlines and tabs are shown as \xNN.
std::string renderSample(const Sample &sample, const Tokenizer &tokenizer, bool colors);

} // namespace mmc::data

#endif // MMC_TOOLS_MMC_DATA_SAMPLETEXT_H

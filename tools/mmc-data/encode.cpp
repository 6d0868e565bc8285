// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-data encode: the rows of a data set as training sees them.

#include "Command.h"
#include "DataOptions.h"
#include "JsonOutput.h"

using nlohmann::json;

namespace mmc::data {

/// How LLaVA writes an image token.
static constexpr int32_t kImageToken = -200;

static Status run() {
  MMC_ASSIGN_OR_RETURN(OpenedDataset opened, openDataset());
  const Dataset &data = *opened.data;
  json rows = json::array();
  for (int64_t index = 0; index < data.size(); ++index) {
    StatusOr<Sample> sample = data.sample(index);
    if (!sample.isOk()) {
      // A file that cannot be read is no fault of the sample.
      if (sample.status().code() != StatusCode::BadInput)
        return sample.status();
      rows.push_back({{"id", data.id(index)}, {"error", sample.status().message()}});
      continue;
    }
    for (size_t i = 0; i < sample->inputIds.size(); ++i)
      if (sample->imageSlots[i] >= 0)
        sample->inputIds[i] = kImageToken;
    rows.push_back(
        {{"id", sample->id}, {"input_ids", sample->inputIds}, {"labels", sample->labels}});
  }
  return writeJsonRows(rows, encodeOutput());
}

Command encodeCommand() { return {&encodeSubCommand, run}; }

} // namespace mmc::data

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-data detokenize: token ids as texts.

#include "Command.h"
#include "JsonOutput.h"

#include "mmc/Runtime/Data/JsonFile.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <limits>

namespace cl = llvm::cl;
using nlohmann::json;

namespace mmc::data {

static cl::SubCommand
    detokenize("detokenize", "Turns token ids into texts.\n"
                             "  Reads [[id, ...], ...], writes [{\"decoded\", \"decoded_skip\"}, "
                             "...]: with and without\n"
                             "  special tokens");
static cl::opt<std::string>
    tokenizerPath("tokenizer",
                  cl::desc("Hugging Face directory, tokenizer.model or tokenizer.json"),
                  cl::value_desc("path"), cl::Required, cl::sub(detokenize));
static cl::opt<std::string> idsFile("ids", cl::desc("JSON list of lists of ids"),
                                    cl::value_desc("file"), cl::Required, cl::sub(detokenize));
static cl::opt<std::string> output("o", cl::desc("Output file; - is standard output"),
                                   cl::value_desc("file"), cl::init("-"), cl::sub(detokenize));

static StatusOr<std::vector<int32_t>> readIds(const json &list) {
  if (!list.is_array())
    return Status::badInput(std::string("must be a list of ids, got: ") + list.type_name());
  std::vector<int32_t> ids;
  for (const json &id : list) {
    // Above int64 a number reads as negative, which is out of range just the same.
    int64_t value = id.is_number_integer() ? id.get<int64_t>() : -1;
    if (value < 0 || value > std::numeric_limits<int32_t>::max())
      return Status::badInput("ids must be integers from 0 up, got: " + id.dump());
    ids.push_back(static_cast<int32_t>(value));
  }
  return ids;
}

static Status run() {
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer, Tokenizer::load(tokenizerPath));
  json lists;
  MMC_RETURN_IF_ERROR(readJsonFile(idsFile, lists));
  if (!lists.is_array())
    return Status::badInput("'" + idsFile +
                            "' must be a list of lists of ids, got: " + lists.type_name());
  json rows = json::array();
  for (const json &list : lists) {
    std::string where = "'" + idsFile + "' row " + std::to_string(rows.size());
    StatusOr<std::vector<int32_t>> ids = readIds(list);
    if (!ids.isOk())
      return ids.status().context(where);
    StatusOr<std::string> whole = tokenizer->decode(*ids, /*skipSpecials=*/false);
    StatusOr<std::string> skipped = tokenizer->decode(*ids, /*skipSpecials=*/true);
    if (!whole.isOk() || !skipped.isOk())
      return (whole.isOk() ? skipped : whole).status().context(where);
    rows.push_back({{"decoded", *whole}, {"decoded_skip", *skipped}});
  }
  return writeJsonRows(rows, output);
}

Command detokenizeCommand() { return {&detokenize, run}; }

} // namespace mmc::data

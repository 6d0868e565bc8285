// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-data tokenize: texts as token ids.

#include "Command.h"
#include "JsonOutput.h"

#include "mmc/Runtime/Data/JsonFile.h"
#include "mmc/Runtime/Data/Tokenizer.h"

namespace cl = llvm::cl;
using nlohmann::json;

namespace mmc::data {

static cl::SubCommand tokenize("tokenize",
                               "Turns texts into token ids.\n"
                               "  Reads [\"text\", ...], writes [{\"ids\", \"ids_special\"}, ...]: "
                               "without and with the special\n"
                               "  tokens that the tokenizer puts around a text by itself");
static cl::opt<std::string>
    tokenizerPath("tokenizer",
                  cl::desc("Hugging Face directory, tokenizer.model or tokenizer.json"),
                  cl::value_desc("path"), cl::Required, cl::sub(tokenize));
static cl::opt<std::string> texts("texts", cl::desc("JSON list of strings"), cl::value_desc("file"),
                                  cl::Required, cl::sub(tokenize));
static cl::opt<std::string> output("o", cl::desc("Output file; - is standard output"),
                                   cl::value_desc("file"), cl::init("-"), cl::sub(tokenize));

static Status run() {
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer, Tokenizer::load(tokenizerPath));
  json list;
  MMC_RETURN_IF_ERROR(readJsonFile(texts, list));
  if (!list.is_array())
    return Status::badInput("'" + texts + "' must be a list of strings, got: " + list.type_name());
  json rows = json::array();
  for (const json &text : list) {
    if (!text.is_string())
      return Status::badInput("'" + texts + "': texts must be strings, got: " + text.type_name() +
                              " at index " + std::to_string(rows.size()));
    const std::string &content = *text.get_ptr<const std::string *>();
    MMC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer->encode(content));
    MMC_ASSIGN_OR_RETURN(std::vector<int32_t> special, tokenizer->encodeWithSpecials(content));
    rows.push_back({{"ids", ids}, {"ids_special", special}});
  }
  return writeJsonRows(rows, output);
}

Command tokenizeCommand() { return {&tokenize, run}; }

} // namespace mmc::data

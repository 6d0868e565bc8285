// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-data encode: the rows of a data set as training sees them.

#include "Command.h"
#include "JsonOutput.h"

#include "mmc/Runtime/Data/CaptionData.h"
#include "mmc/Runtime/Data/ScienceQa.h"
#include "mmc/Runtime/Data/TextData.h"
#include "mmc/Runtime/Data/Tokenizer.h"

namespace cl = llvm::cl;
using nlohmann::json;

namespace mmc::data {

/// How LLaVA writes an image token.
static constexpr int32_t kImageToken = -200;

static cl::SubCommand encode("encode",
                             "Turns a data set into rows of token ids and labels.\n"
                             "  Writes [{\"id\", \"input_ids\", \"labels\"}, ...], image tokens as "
                             "-200, or {\"id\", \"error\"}\n"
                             "  for a sample that the template refuses. Templates:\n"
                             "    scienceqa  LaVIN's rows of a ScienceQA directory (0: the "
                             "modality token)\n"
                             "    plain      captions in LLaVA's JSON, with one -200 per image\n"
                             "    text       plain text, one document per line");
static cl::opt<std::string> dataPath("data", cl::desc("Data set: a directory or file"),
                                     cl::value_desc("path"), cl::Required, cl::sub(encode));
static cl::opt<std::string> templateName("template", cl::desc("scienceqa, plain or text"),
                                         cl::value_desc("name"), cl::Required, cl::sub(encode));
static cl::opt<std::string> tokenizerPath("tokenizer",
                                          cl::desc("tokenizer.model, or the directory that has it"),
                                          cl::value_desc("path"), cl::Required, cl::sub(encode));
static cl::opt<int64_t> seqLen("seq-len", cl::desc("Most tokens of a row (default: 512)"),
                               cl::value_desc("N"), cl::init(512), cl::sub(encode));
static cl::opt<bool>
    imageStartEnd("image-start-end",
                  cl::desc("Put <im_start> and <im_end> around images; the plain template drops "
                           "them, as in LLaVA"),
                  cl::sub(encode));
static cl::opt<std::string> promptFormat("prompt-format",
                                         cl::desc("scienceqa: LaVIN's prompt format (default: "
                                                  "QCM-ALE)"),
                                         cl::value_desc("name"), cl::init("QCM-ALE"),
                                         cl::sub(encode));
static cl::opt<std::string> split("split",
                                  cl::desc("Part of the data set (default: train for scienceqa, "
                                           "everything for plain)"),
                                  cl::value_desc("name"), cl::sub(encode));
static cl::opt<bool> useCaptions("use-captions",
                                 cl::desc("scienceqa: append the captions of captions.json to the "
                                          "context"),
                                 cl::sub(encode));
static cl::opt<int64_t> imageTokens("image-tokens",
                                    cl::desc("scienceqa: tokens per image (default: 6)"),
                                    cl::value_desc("N"), cl::init(6), cl::sub(encode));
static cl::opt<std::string> output("o", cl::desc("Output file; - is standard output"),
                                   cl::value_desc("file"), cl::init("-"), cl::sub(encode));

static StatusOr<std::unique_ptr<Dataset>> openScienceQa(const Tokenizer &tokenizer) {
  ScienceQaOptions options;
  if (!split.empty())
    options.split = split;
  options.useCaptions = useCaptions;
  LavinRowOptions row;
  row.seqLen = seqLen;
  row.imageTokens = imageTokens;
  MMC_ASSIGN_OR_RETURN(PromptFormat format, PromptFormat::parse(promptFormat));
  MMC_ASSIGN_OR_RETURN(std::vector<ScienceQaProblem> problems, loadScienceQa(dataPath, options));
  return std::unique_ptr<Dataset>(
      std::make_unique<ScienceQaDataset>(std::move(problems), format, tokenizer, row));
}

static StatusOr<std::unique_ptr<Dataset>> openDataset(const Tokenizer &tokenizer) {
  if (templateName == "scienceqa")
    return openScienceQa(tokenizer);
  if (templateName == "plain") {
    CaptionOptions options;
    options.seqLen = seqLen;
    options.split = split;
    options.checkImages = false;
    MMC_ASSIGN_OR_RETURN(std::unique_ptr<CaptionDataset> data,
                         CaptionDataset::load(dataPath, tokenizer, options));
    return std::unique_ptr<Dataset>(std::move(data));
  }
  if (templateName == "text") {
    TextOptions options;
    options.seqLen = seqLen;
    MMC_ASSIGN_OR_RETURN(std::unique_ptr<TextDataset> data,
                         TextDataset::load(dataPath, tokenizer, options));
    return std::unique_ptr<Dataset>(std::move(data));
  }
  return Status::badUsage("--template must be scienceqa, plain or text, got: '" + templateName +
                          "'");
}

static Status run() {
  if (seqLen < 1)
    return Status::badUsage("--seq-len must be positive, got: " + std::to_string(seqLen));
  if (imageTokens < 0)
    return Status::badUsage("--image-tokens must not be negative, got: " +
                            std::to_string(imageTokens));
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer, Tokenizer::load(tokenizerPath));
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Dataset> data, openDataset(*tokenizer));
  json rows = json::array();
  for (int64_t index = 0; index < data->size(); ++index) {
    StatusOr<Sample> sample = data->sample(index);
    if (!sample.isOk()) {
      rows.push_back({{"id", data->id(index)}, {"error", sample.status().message()}});
      continue;
    }
    for (size_t i = 0; i < sample->inputIds.size(); ++i)
      if (sample->imageSlots[i] >= 0)
        sample->inputIds[i] = kImageToken;
    rows.push_back(
        {{"id", sample->id}, {"input_ids", sample->inputIds}, {"labels", sample->labels}});
  }
  return writeJsonRows(rows, output);
}

Command encodeCommand() { return {&encode, run}; }

} // namespace mmc::data

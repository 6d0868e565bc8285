// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opens the data set that encode and inspect are about.

#include "DataOptions.h"

#include "mmc/Runtime/Data/ConversationData.h"
#include "mmc/Runtime/Data/ScienceQa.h"
#include "mmc/Runtime/Data/TextData.h"

namespace cl = llvm::cl;

namespace mmc::data {

cl::SubCommand encodeSubCommand(
    "encode", "Turns a data set into rows of token ids and labels.\n"
              "  Writes [{\"id\", \"input_ids\", \"labels\"}, ...], image tokens as -200, or "
              "{\"id\", \"error\"}\n"
              "  for a sample that the template refuses");
cl::SubCommand inspectSubCommand(
    "inspect", "Shows samples as training sees them: text with the learnt parts coloured, counts,\n"
               "  what was cut, what was refused and why, lengths, and how well rows are packed");

static cl::opt<std::string> dataPath("data", cl::desc("Data set: a directory or file"),
                                     cl::value_desc("path"), cl::Required,
                                     cl::sub(encodeSubCommand), cl::sub(inspectSubCommand));
static cl::opt<std::string> templateName(
    "template",
    cl::desc(
        "scienceqa (LaVIN's rows of a ScienceQA directory; 0 is the modality token), text (one "
        "document per line), or a conversation template for LLaVA's JSON: plain (captions), "
        "v0, v1, vicuna_v1, v0_mmtag, v1_mmtag, llava_v0, llava_v1, llama_2, llava_llama_2, "
        "mistral_instruct, mpt, chatml_direct, mistral_direct, bunny, minicpm, llama, phi3"),
    cl::value_desc("name"), cl::Required, cl::sub(encodeSubCommand), cl::sub(inspectSubCommand));
static cl::opt<std::string> tokenizerPath(
    "tokenizer", cl::desc("Hugging Face directory, tokenizer.model or tokenizer.json"),
    cl::value_desc("path"), cl::Required, cl::sub(encodeSubCommand), cl::sub(inspectSubCommand));
static cl::opt<int64_t> seqLen("seq-len", cl::desc("Most tokens of a row (default: 512)"),
                               cl::value_desc("N"), cl::init(512), cl::sub(encodeSubCommand),
                               cl::sub(inspectSubCommand));
static cl::opt<bool> imageStartEnd("image-start-end",
                                   cl::desc("Put <im_start> and <im_end> around images; the plain "
                                            "template drops them, as in LLaVA"),
                                   cl::sub(encodeSubCommand), cl::sub(inspectSubCommand));
static cl::opt<std::string> promptFormat("prompt-format",
                                         cl::desc("scienceqa: LaVIN's prompt format (default: "
                                                  "QCM-ALE)"),
                                         cl::value_desc("name"), cl::init("QCM-ALE"),
                                         cl::sub(encodeSubCommand), cl::sub(inspectSubCommand));
static cl::opt<std::string> split("split",
                                  cl::desc("Part of the data set (default: train for scienceqa, "
                                           "else everything)"),
                                  cl::value_desc("name"), cl::sub(encodeSubCommand),
                                  cl::sub(inspectSubCommand));
static cl::opt<bool> useCaptions("use-captions",
                                 cl::desc("scienceqa: append the captions of captions.json to the "
                                          "context"),
                                 cl::sub(encodeSubCommand), cl::sub(inspectSubCommand));
static cl::opt<int64_t> imageTokens(
    "image-tokens",
    cl::desc("Tokens per image. Default: 6 for scienceqa; for conversations each image counts one "
             "and rows with images are not cut, as LLaVA's preprocessing leaves them"),
    cl::value_desc("N"), cl::sub(encodeSubCommand), cl::sub(inspectSubCommand));
static cl::opt<std::string>
    imageFolder("image-folder",
                cl::desc("Where image names start from, a folder or a tar file; a missing image "
                         "then refuses its sample"),
                cl::value_desc("path"), cl::sub(encodeSubCommand), cl::sub(inspectSubCommand));

static cl::opt<std::string> output("o", cl::desc("Output file; - is standard output"),
                                   cl::value_desc("file"), cl::init("-"),
                                   cl::sub(encodeSubCommand));

static cl::opt<int64_t> count("count", cl::desc("Samples to show (default: 3)"),
                              cl::value_desc("N"), cl::init(3), cl::sub(inspectSubCommand));
static cl::opt<int64_t> seed("seed",
                             cl::desc("Which: those that training with this seed sees first; "
                                      "without it the first of the file"),
                             cl::value_desc("S"), cl::sub(inspectSubCommand));
static cl::opt<bool> histogram("statistics",
                               cl::desc("Read the whole data set for lengths, packing and refused "
                                        "samples (default: true)"),
                               cl::init(true), cl::sub(inspectSubCommand));
static cl::opt<std::string> color("color",
                                  cl::desc("auto, always or never (default: auto: on a terminal; "
                                           "without colour learnt text stands in [[ ]])"),
                                  cl::value_desc("when"), cl::init("auto"),
                                  cl::sub(inspectSubCommand));
static cl::opt<int64_t> imagesPerRow("images-per-row",
                                     cl::desc("Places for images of a packed row (default: any "
                                              "number)"),
                                     cl::value_desc("N"), cl::sub(inspectSubCommand));

const std::string &encodeOutput() { return output; }

InspectOptions inspectOptions() {
  return {count, seed, seed.getNumOccurrences() > 0, histogram, color, imagesPerRow, seqLen};
}

static StatusOr<std::unique_ptr<Dataset>> openScienceQa(const Tokenizer &tokenizer) {
  ScienceQaOptions options;
  if (!split.empty())
    options.split = split;
  options.useCaptions = useCaptions;
  LavinRowOptions row;
  row.seqLen = seqLen;
  row.imageTokens = imageTokens.getNumOccurrences() ? imageTokens : 6;
  MMC_ASSIGN_OR_RETURN(PromptFormat format, PromptFormat::parse(promptFormat));
  MMC_ASSIGN_OR_RETURN(std::vector<ScienceQaProblem> problems, loadScienceQa(dataPath, options));
  return std::unique_ptr<Dataset>(
      std::make_unique<ScienceQaDataset>(std::move(problems), format, tokenizer, row));
}

static StatusOr<std::unique_ptr<Dataset>> openText(const Tokenizer &tokenizer) {
  TextOptions options;
  options.seqLen = seqLen;
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<TextDataset> data,
                       TextDataset::load(dataPath, tokenizer, options));
  return std::unique_ptr<Dataset>(std::move(data));
}

static StatusOr<std::unique_ptr<Dataset>> openConversations(const Tokenizer &tokenizer) {
  ConversationDataOptions options;
  options.templateName = templateName;
  options.seqLen = seqLen;
  options.imageTokens = imageTokens;
  options.imageStartEnd = imageStartEnd && templateName != "plain" && templateName != "v0_plain";
  options.imageRoot = imageFolder;
  options.split = split;
  options.checkImages = !imageFolder.empty();
  options.showImageLabels = bool(encodeSubCommand);
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<ConversationDataset> data,
                       ConversationDataset::load(dataPath, tokenizer, options));
  return std::unique_ptr<Dataset>(std::move(data));
}

StatusOr<OpenedDataset> openDataset() {
  if (seqLen < 1)
    return Status::badUsage("--seq-len must be positive, got: " + std::to_string(seqLen));
  if (imageTokens < 0)
    return Status::badUsage("--image-tokens must not be negative, got: " +
                            std::to_string(imageTokens));
  bool lavin = templateName == "scienceqa", text = templateName == "text";
  if (!lavin && !text)
    if (Status status = findTemplate(templateName).status(); !status.isOk())
      return Status::badUsage("--template must be scienceqa, text or a conversation template; " +
                              status.message());
  OpenedDataset opened;
  // LaVIN reads the model file by itself, whatever lies around it.
  MMC_ASSIGN_OR_RETURN(opened.tokenizer, lavin ? Tokenizer::loadPlain(tokenizerPath)
                                               : Tokenizer::load(tokenizerPath));
  MMC_ASSIGN_OR_RETURN(opened.data, lavin  ? openScienceQa(*opened.tokenizer)
                                    : text ? openText(*opened.tokenizer)
                                           : openConversations(*opened.tokenizer));
  return opened;
}

} // namespace mmc::data

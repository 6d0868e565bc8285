// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-generate: continues a prompt, and a picture where the model takes one.

#include "Defaults.h"

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Data/ImageTransform.h"
#include "mmc/Runtime/Generate/Decoders.h"
#include "mmc/Runtime/Generate/Prompt.h"
#include "mmc/Runtime/Generate/TextStream.h"
#include "mmc/Runtime/Model/AdapterConfig.h"
#include "mmc/Runtime/Model/FileShapes.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace cl = llvm::cl;
using namespace mmc;

namespace {
/// The command line. An object rather than globals: it registers after libLLVM's own options are
/// gone.
struct Options {
  /// Without it --help lists nothing: the general one went with libLLVM's options.
  cl::OptionCategory category{"mmc-generate options"};
  cl::opt<std::string> model{cl::Positional, cl::cat(category), cl::Required,
                             cl::desc("model.mlir")};
  cl::list<std::string> weights{"weights", cl::cat(category), cl::OneOrMore,
                                cl::value_desc("FILE|DIR|init:SEED"),
                                cl::desc("base weights; repeated, the later wins per parameter")};
  cl::opt<std::string> adapter{"adapter", cl::cat(category), cl::value_desc("DIR"),
                               cl::desc("a directory with adapter_config.json")};
  cl::opt<std::string> prompt{"prompt", cl::cat(category), cl::Required, cl::value_desc("TEXT"),
                              cl::desc("what is continued")};
  cl::opt<std::string> image{"image", cl::cat(category), cl::value_desc("FILE"),
                             cl::desc("a PNG or JPEG that the model sees with it")};
  cl::opt<std::string> tokenizer{"tokenizer", cl::cat(category), cl::value_desc("PATH"),
                                 cl::desc("tokenizer.model or the directory that has it (default: "
                                          "beside the weights or the adapter)")};
  cl::opt<std::string> preprocess{
      "preprocess", cl::cat(category), cl::value_desc("NAME|PATH"),
      cl::desc("clip, clip-pad, siglip, siglip-pad, lavin, eva-clip or a preprocessor_config.json "
               "(default: lavin for "
               "LaVIN, else the preprocessor_config.json beside the weights, else clip)")};
  cl::opt<int64_t> maxNewTokens{"max-new-tokens", cl::cat(category), cl::init(128),
                                cl::value_desc("N"), cl::desc("at most so many (default: 128)")};
  cl::opt<int64_t> seqLen{
      "seq-len", cl::cat(category), cl::init(0), cl::value_desc("N"),
      cl::desc("most tokens of prompt and text together (default: max_position_embeddings of the "
               "config.json beside the weights, else 2048)")};
  cl::opt<double> temperature{"temperature", cl::cat(category), cl::init(0), cl::value_desc("X"),
                              cl::desc("0: always the likeliest token (default); else logits are "
                                       "divided by it and a token drawn")};
  cl::opt<int64_t> topK{"top-k", cl::cat(category), cl::init(0), cl::value_desc("K"),
                        cl::desc("draw among the K likeliest (0: all)")};
  cl::opt<double> topP{
      "top-p", cl::cat(category), cl::init(1), cl::value_desc("P"),
      cl::desc("draw among the likeliest that together have probability P (1: all)")};
  cl::opt<uint64_t> seed{"seed", cl::cat(category), cl::init(0), cl::value_desc("N"),
                         cl::desc("of what is drawn")};
  cl::opt<bool> ignoreEos{"ignore-eos", cl::cat(category),
                          cl::desc("go on behind the end-of-text token, up to --max-new-tokens")};
  cl::opt<bool> fullForward{
      "full-forward", cl::cat(category),
      cl::desc("compute the whole row for every token, without key/value cache")};
  cl::opt<std::string> dtype{
      "dtype", cl::cat(category), cl::init("auto"), cl::value_desc("NAME"),
      cl::desc("bf16, f32, or auto: bf16 for weights stored in 16 bits, else f32")};
  cl::opt<std::string> device{"device", cl::cat(category), cl::init("cpu"), cl::desc("cpu")};
  cl::opt<int> threads{"threads", cl::cat(category), cl::init(0),
                       cl::desc("threads (0: one per core)")};
  cl::opt<std::string> features{"cpu-features", cl::cat(category), cl::init("native"),
                                cl::desc("native, avx2, avx512, avx512-bf16 or amx")};
  cl::opt<std::string> cacheDir{"cache-dir", cl::cat(category), cl::value_desc("DIR|none"),
                                cl::desc("where compiled code is kept")};
  cl::opt<std::string> dumpDir{"dump-dir", cl::cat(category), cl::value_desc("DIR"),
                               cl::desc("where the module is written after each phase")};
};
} // namespace

static Status checkUsage(const Options &options) {
  if (options.device != "cpu")
    return Status::badUsage("--device must be cpu, got: '" + options.device + "'");
  if (options.maxNewTokens < 1)
    return Status::badUsage("--max-new-tokens must be 1 or more, got: " +
                            std::to_string(options.maxNewTokens));
  // Rows longer than any model's, whose size in bytes would no longer be a number.
  constexpr int64_t kMostTokens = int64_t(1) << 24;
  if (options.seqLen < 0 || options.seqLen > kMostTokens)
    return Status::badUsage("--seq-len must be 0 (what the model has) to " +
                            std::to_string(kMostTokens) +
                            ", got: " + std::to_string(options.seqLen));
  if (options.threads < 0)
    return Status::badUsage("--threads must not be negative, got: " +
                            std::to_string(options.threads));
  return Status::ok();
}

static StatusOr<DType> typeFor(const std::string &name, const ParameterSources &sources) {
  if (name == "auto")
    return defaults::storedType(sources);
  if (name == "bf16")
    return DType::BF16;
  if (name == "f32")
    return DType::F32;
  return Status::badUsage("--dtype must be auto, bf16 or f32, got: '" + name + "'");
}

/// Model, adapter and where their values come from, of which no entry is chosen yet.
static StatusOr<DecoderRequest> decoderRequest(const Options &options) {
  DecoderRequest request;
  request.sources.weights.assign(options.weights.begin(), options.weights.end());
  CompileRequest &base = request.base;
  base.modelFile = options.model;
  if (!options.adapter.empty()) {
    MMC_ASSIGN_OR_RETURN(AdapterConfig config, readAdapter(options.adapter));
    base.adapter = config.spec;
    request.sources.adapterDirectory = config.directory;
  }
  MMC_ASSIGN_OR_RETURN(base.dtype, typeFor(options.dtype, request.sources));
  MMC_ASSIGN_OR_RETURN(base.fileShapes, fileShapes(request.sources));
  base.cpuFeatures = options.features;
  base.cacheDir = options.cacheDir;
  base.dumpDir = options.dumpDir;
  request.threads = options.threads > 0
                        ? options.threads
                        : static_cast<int>(llvm::hardware_concurrency().compute_thread_count());
  // What the model makes of a row decides how a prompt becomes one.
  CompileRequest asked = base;
  asked.entries = {"logits"};
  asked.batch = asked.images = 1;
  asked.seqLen = 16;
  asked.dumpDir.clear();
  MMC_ASSIGN_OR_RETURN(std::vector<ProgramTensor> inputs, Program::inputs(asked));
  MMC_ASSIGN_OR_RETURN(request.layout, promptLayout(inputs));
  return request;
}

/// The picture as the model's pixels, [3, H, W].
static StatusOr<Tensor> pixelsOf(const Options &options, const DecoderRequest &request) {
  std::string name = options.preprocess;
  if (name.empty() && request.layout.modality)
    name = "lavin";
  if (name.empty())
    name = defaults::findPreprocessor(request.sources);
  if (name.empty())
    name = "clip";
  MMC_ASSIGN_OR_RETURN(ImageTransform transform,
                       imageTransformFor(name, request.layout.imageHeight));
  MMC_ASSIGN_OR_RETURN(Image image, readImage(options.image));
  StatusOr<Tensor> pixels = preprocess(image, transform);
  if (!pixels.isOk())
    return pixels.status().context(options.image);
  return pixels;
}

static Status runTool(const Options &options) {
  MMC_RETURN_IF_ERROR(checkUsage(options));
  MMC_ASSIGN_OR_RETURN(Sampler sampler, Sampler::create({options.temperature, options.topK,
                                                         options.topP, options.seed}));
  MMC_ASSIGN_OR_RETURN(DecoderRequest request, decoderRequest(options));
  std::string tokenizerPath = options.tokenizer;
  if (tokenizerPath.empty()) {
    MMC_ASSIGN_OR_RETURN(tokenizerPath, defaults::findTokenizer(request.sources));
  }
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer, Tokenizer::load(tokenizerPath));
  request.layout.padId = std::max(tokenizer->padId(), 0);
  MMC_ASSIGN_OR_RETURN(Sample prompt,
                       encodePrompt(*tokenizer, options.prompt, options.image, request.layout));
  prompt.id = "prompt";
  int64_t positions = options.seqLen;
  if (positions == 0) {
    MMC_ASSIGN_OR_RETURN(positions, defaults::findPositions(request.sources));
  }
  if (prompt.length() >= positions)
    return Status::badInput(
        "the prompt must leave room for a token, got: " + std::to_string(prompt.length()) + " of " +
        std::to_string(positions) + " tokens; --seq-len sets another limit");
  Tensor pixels;
  if (!options.image.empty()) {
    MMC_ASSIGN_OR_RETURN(pixels, pixelsOf(options, request));
    request.pixels = [&](const std::string &, float *to) {
      std::memcpy(to, pixels.data(), pixels.bytes());
      return Status::ok();
    };
  }

  GenerateOptions limits;
  // --max-new-tokens may be any number: it ends where the positions end.
  limits.maxNewTokens = std::min(options.maxNewTokens.getValue(), positions - prompt.length());
  limits.eosId = options.ignoreEos ? Tokenizer::kNone : tokenizer->eosId();
  limits.vocabSize = tokenizer->vocabSize();
  if (request.layout.vocabSize > 0) // what is chosen is looked up in the model's table next
    limits.vocabSize = std::min(limits.vocabSize, request.layout.vocabSize);
  request.promptLength = prompt.length();
  request.capacity = prompt.length() + limits.maxNewTokens;
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<DecodingModel> model,
                       options.fullForward ? fullForwardDecoder(request) : cachedDecoder(request));
  TextStream stream(*tokenizer);
  StatusOr<std::vector<int32_t>> tokens =
      generate(*model, prompt, sampler, limits, [&](int32_t token) -> Status {
        MMC_ASSIGN_OR_RETURN(std::string piece, stream.add(token));
        return writeStandardOutput(piece); // people watch it grow
      });
  if (!tokens.isOk())
    return tokens.status();
  MMC_ASSIGN_OR_RETURN(std::string rest, stream.finish());
  return writeStandardOutput(rest + "\n");
}

int main(int argc, char **argv) {
  failBeyondFileSizeLimit();
  cl::ResetCommandLineParser();
  Options options;
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << "mmc-generate " MMC_VERSION "\n"; });
  if (!cl::ParseCommandLineOptions(
          argc, argv,
          "mmc-generate: continues a prompt, and a picture where the model takes one; the text "
          "goes to standard output\n\n"
          "Exit status: 0 success, 1 bad input, 2 wrong usage.\n",
          &llvm::errs()))
    return 2;
  Status status = runTool(options);
  if (!status.isOk())
    std::fprintf(stderr, "mmc-generate: %s\n", status.message().c_str());
  return status.exitCode();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-import: a Hugging Face model directory to a readable model file.

#include "Lavin.h"

#include "mmc/Runtime/Core/File.h"

#include <cstdio>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/raw_ostream.h>

namespace cl = llvm::cl;

namespace mmc::import {

static cl::OptionCategory category("mmc-import options");
static cl::opt<std::string> modelPath("model",
                                      cl::desc("Directory of a complete model: LlamaForCausalLM, "
                                               "CLIPVisionModel or CLIPModel (its tower)"),
                                      cl::value_desc("dir"), cl::cat(category));
static cl::opt<std::string> llmPath("llm",
                                    cl::desc("Directory of the language model: LlamaForCausalLM"),
                                    cl::value_desc("dir"), cl::cat(category));
static cl::opt<std::string>
    visionPath("vision", cl::desc("Directory of the vision tower: CLIPVisionModel or CLIPModel"),
               cl::value_desc("dir"), cl::cat(category));
static cl::opt<std::string>
    connector("connector",
              cl::desc("What joins the two: lavin (class tokens through a neck), or none (a "
                       "file that has both, unconnected); linear and mlp2x_gelu are "
                       "not supported yet"),
              cl::value_desc("name"), cl::cat(category));
static cl::opt<int> selectLayer("vision-select-layer",
                                cl::desc("Hidden state that linear and mlp2x_gelu read"),
                                cl::value_desc("N"), cl::init(-2), cl::cat(category));
static cl::opt<int64_t>
    visionEvery("vision-every",
                cl::desc("lavin: take the class token of every N-th block (default: 4)"),
                cl::value_desc("N"), cl::init(4), cl::cat(category));
static cl::opt<int64_t>
    neckWidth("neck-width",
              cl::desc("lavin: hidden width of the neck where no adapter file says "
                       "otherwise (default: 128)"),
              cl::value_desc("N"), cl::init(128), cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("Output file; - (the default) is standard output"),
                                   cl::value_desc("file"), cl::init("-"), cl::cat(category));

static Status checkUsage() {
  auto usage = [](const std::string &message) {
    return Status::badUsage(message + "; see mmc-import --help");
  };
  bool model = modelPath.getNumOccurrences(), llm = llmPath.getNumOccurrences(),
       vision = visionPath.getNumOccurrences();
  if (model == (llm || vision))
    return usage("give either --model=DIR or --llm=DIR and --vision=DIR");
  if (connector.getNumOccurrences() && connector != "lavin" && connector != "none") {
    if (connector == "linear" || connector == "mlp2x_gelu")
      return usage("--connector=" + connector + " is not supported yet; supported: lavin, none");
    return usage("--connector must be lavin or none, got: '" + connector + "'");
  }
  if (llm && vision && !connector.getNumOccurrences())
    return usage("--llm and --vision need --connector=lavin or --connector=none");
  bool lavin = connector == "lavin";
  if (lavin && !(llm && vision))
    return usage("--connector=lavin needs --llm=DIR and --vision=DIR");
  if (!lavin && (visionEvery.getNumOccurrences() || neckWidth.getNumOccurrences()))
    return usage("--vision-every and --neck-width are settings of --connector=lavin");
  if (selectLayer.getNumOccurrences())
    return usage("--vision-select-layer is a setting of the connectors linear and mlp2x_gelu");
  constexpr int64_t most = int64_t(1) << 30;
  for (const cl::opt<int64_t> *option : {&visionEvery, &neckWidth})
    if (*option < 1 || *option > most)
      return usage("--" + option->ArgStr.str() + " must be from 1 to " + std::to_string(most) +
                   ", got: " + std::to_string(*option));
  return Status::ok();
}

static Status unsupported(const ModelDirectory &model, const std::string &supported) {
  return Status::badInput(model.configPath() + ": architecture '" + model.architecture() +
                          "' is not supported; supported: " + supported);
}

static StatusOr<Llama> openLlama(const std::string &path) {
  MMC_ASSIGN_OR_RETURN(ModelDirectory model, openModel(path));
  if (!isLlama(model))
    return unsupported(model, "LlamaForCausalLM");
  return readLlama(model);
}

static StatusOr<ClipVision> openClipVision(const std::string &path) {
  MMC_ASSIGN_OR_RETURN(ModelDirectory model, openModel(path));
  if (!isClipVision(model))
    return unsupported(model, "CLIPVisionModel, CLIPModel");
  return readClipVision(model);
}

static Status writeModel(ModelWriter &writer) {
  MMC_ASSIGN_OR_RETURN(ModelDirectory model, openModel(modelPath));
  if (isLlama(model)) {
    MMC_ASSIGN_OR_RETURN(Llama llama, readLlama(model));
    writeLlama(writer, llama);
    return Status::ok();
  }
  if (!isClipVision(model))
    return unsupported(model, "LlamaForCausalLM, CLIPVisionModel, CLIPModel");
  MMC_ASSIGN_OR_RETURN(ClipVision tower, readClipVision(model));
  writeClipVision(writer, tower);
  return Status::ok();
}

static Status writeParts(ModelWriter &writer) {
  if (connector == "lavin") {
    MMC_ASSIGN_OR_RETURN(Llama llm, openLlama(llmPath));
    MMC_ASSIGN_OR_RETURN(ClipVision vision, openClipVision(visionPath));
    return writeLavin(writer, {llm, vision, visionEvery, neckWidth});
  }
  if (llmPath.getNumOccurrences()) {
    MMC_ASSIGN_OR_RETURN(Llama llama, openLlama(llmPath));
    writeLlama(writer, llama);
  }
  if (visionPath.getNumOccurrences()) {
    MMC_ASSIGN_OR_RETURN(ClipVision tower, openClipVision(visionPath));
    if (llmPath.getNumOccurrences())
      writer.blank();
    writeClipVision(writer, tower);
  }
  return Status::ok();
}

static Status run() {
  MMC_RETURN_IF_ERROR(checkUsage());
  ModelWriter writer;
  MMC_RETURN_IF_ERROR(modelPath.getNumOccurrences() ? writeModel(writer) : writeParts(writer));
  return output != "-" ? writeFile(output, writer.text()) : writeStandardOutput(writer.text());
}

} // namespace mmc::import

static void printVersion(llvm::raw_ostream &out) { out << "mmc-import " MMC_VERSION "\n"; }

int main(int argc, char **argv) {
  mmc::failBeyondFileSizeLimit();
  cl::SetVersionPrinter(printVersion);
  cl::HideUnrelatedOptions(mmc::import::category);
  if (!cl::ParseCommandLineOptions(
          argc, argv,
          "mmc-import: writes the model file of a Hugging Face model directory\n\n"
          "Exit status: 0 success, 1 bad input, 2 wrong usage.\n",
          &llvm::errs()))
    return 2;
  mmc::Status status = mmc::import::run();
  if (!status.isOk())
    std::fprintf(stderr, "mmc-import: %s\n", status.message().c_str());
  return status.exitCode();
}

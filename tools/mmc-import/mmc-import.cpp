// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-import: a Hugging Face model directory to a readable model file.

#include "ClipVision.h"
#include "Llama.h"

#include "mmc/Runtime/Core/File.h"

#include <cstdio>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/raw_ostream.h>

namespace cl = llvm::cl;

namespace mmc::import {

static cl::OptionCategory category("mmc-import options");
static cl::opt<std::string> modelPath("model", cl::desc("Directory of a complete model: LlamaForCausalLM"),
                                      cl::value_desc("dir"), cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("Output file; - (the default) is standard output"),
                                   cl::value_desc("file"), cl::init("-"), cl::cat(category));

static Status unsupported(const ModelDirectory &model, const std::string &supported) {
  return Status::badInput(model.configPath() + ": architecture '" + model.architecture() +
                          "' is not supported; supported: " + supported);
}

static Status write(ModelWriter &writer) {
  if (modelPath.empty())
    return Status::badUsage("--model=DIR must be given; see mmc-import --help");
  MMC_ASSIGN_OR_RETURN(ModelDirectory model, openModel(modelPath));
  if (model.architecture() == "LlamaForCausalLM") {
    MMC_ASSIGN_OR_RETURN(Llama llama, readLlama(model));
    writeLlama(writer, llama);
    return Status::ok();
  }
  if (!isClipVision(model))
    return unsupported(model, "LlamaForCausalLM, CLIPModel, CLIPVisionModel");
  MMC_ASSIGN_OR_RETURN(ClipVision tower, readClipVision(model));
  writeClipVision(writer, tower);
  return Status::ok();
}

static Status run() {
  ModelWriter writer;
  MMC_RETURN_IF_ERROR(write(writer));
  if (output != "-")
    return writeFile(output, writer.text());
  if (std::fwrite(writer.text().data(), 1, writer.text().size(), stdout) != writer.text().size() ||
      std::fflush(stdout) != 0)
    return errnoStatus("write", "standard output");
  return Status::ok();
}

} // namespace mmc::import

static void printVersion(llvm::raw_ostream &out) { out << "mmc-import " MMC_VERSION "\n"; }

int main(int argc, char **argv) {
  cl::SetVersionPrinter(printVersion);
  cl::HideUnrelatedOptions(mmc::import::category);
  if (!cl::ParseCommandLineOptions(argc, argv,
                                   "mmc-import: writes the model file of a Hugging Face model directory\n\n"
                                   "Exit status: 0 success, 1 bad input, 2 wrong usage.\n",
                                   &llvm::errs()))
    return 2;
  mmc::Status status = mmc::import::run();
  if (!status.isOk())
    std::fprintf(stderr, "mmc-import: %s\n", status.message().c_str());
  return status.exitCode();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-train: compiles a model and trains it. Puts the parts of Runtime/Train together.

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Log.h"
#include "mmc/Runtime/Model/AdapterConfig.h"
#include "mmc/Runtime/Model/FileShapes.h"
#include "mmc/Runtime/Train/Explain.h"
#include "mmc/Runtime/Train/Interrupt.h"
#include "mmc/Runtime/Train/OpenData.h"
#include "mmc/Runtime/Train/ResumePlace.h"
#include "mmc/Runtime/Train/RunDirectory.h"
#include "mmc/Runtime/Train/RunResults.h"
#include "mmc/Runtime/Train/TrainLoop.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/Threading.h"

#include <csignal>
#include <cstdio>

using namespace mmc;

static StatusOr<std::string> hashOf(const std::string &path) {
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(path));
  llvm::SHA256 hash;
  hash.update(text);
  return "sha256:" + llvm::toHex(hash.final(), /*LowerCase=*/true);
}

static ProgramModel::Request compileRequest(const TrainSettings &settings,
                                            const AdapterConfig &adapter, int threads) {
  ProgramModel::Request request;
  CompileRequest &base = request.base;
  base.modelFile = settings.model;
  base.dtype = settings.dtype == "f32" ? DType::F32 : DType::BF16;
  base.adapter = adapter.spec;
  base.train = settings.train.empty() ? "adapters,connector" : settings.train;
  base.update.beta1 = settings.betas[0];
  base.update.beta2 = settings.betas[1];
  base.update.eps = settings.eps;
  base.update.weightDecay = settings.weightDecay;
  base.update.lrScales = settings.lrScale;
  base.cpuFeatures = settings.cpuFeatures;
  base.cacheDir = settings.cacheDir;
  base.dumpDir = settings.dumpDir;
  request.threads = threads;
  return request;
}

static Status writeFinal(const std::string &output, const ProgramModel &model,
                         const AdapterConfig &adapter) {
  std::vector<ResultParameter> results;
  const std::vector<ProgramParameter> &parameters = model.modelParameters();
  for (size_t i = 0; i < parameters.size(); ++i)
    results.push_back({parameters[i].name, parameters[i].group, parameters[i].trainable,
                       model.values().view(i)});
  MMC_ASSIGN_OR_RETURN(std::vector<std::string> files,
                       writeResults(output, results, adapter.config));
  for (const std::string &file : files)
    std::printf("%s/%s\n", output.c_str(), file.c_str());
  return Status::ok();
}

namespace {
/// What the settings name, compiled.
struct Job {
  int threads = 1;
  AdapterConfig adapter;
  ParameterSources sources;
  DataRequest data, evalData;
  std::unique_ptr<ProgramModel> model;
};
} // namespace

static StatusOr<Job> prepare(const TrainSettings &settings) {
  Job job;
  job.threads = settings.threads > 0
                    ? static_cast<int>(settings.threads)
                    : static_cast<int>(llvm::hardware_concurrency().compute_thread_count());
  if (!settings.adapter.empty()) {
    MMC_ASSIGN_OR_RETURN(job.adapter, readAdapter(settings.adapter, settings.dropout));
  }
  if (!settings.evalOnly) {
    MMC_ASSIGN_OR_RETURN(job.data, trainingData(settings));
  }
  MMC_ASSIGN_OR_RETURN(job.evalData, evaluationData(settings));
  job.sources.weights = settings.weights;
  job.sources.adapterDirectory = job.adapter.directory;
  job.sources.seed = static_cast<uint64_t>(settings.seed);
  ProgramModel::Request request = compileRequest(settings, job.adapter, job.threads);
  MMC_ASSIGN_OR_RETURN(request.base.fileShapes, fileShapes(job.sources));
  if (!settings.evalOnly) {
    MMC_ASSIGN_OR_RETURN(request.train, dataShapes(settings, job.data));
  }
  if (!job.evalData.path.empty()) {
    MMC_ASSIGN_OR_RETURN(request.eval, dataShapes(settings, job.evalData));
    request.logits = job.evalData.kind == DataKind::ScienceQa;
  }
  MMC_ASSIGN_OR_RETURN(job.model, ProgramModel::compile(request));
  return job;
}

static Status explainTraining(const TrainSettings &settings) {
  MMC_ASSIGN_OR_RETURN(Job job, prepare(settings));
  std::fputs(explain(*job.model).c_str(), stdout);
  return Status::ok();
}

namespace {
/// What is evaluated on, with the tokenizer and the pictures that it reads.
struct HeldOut {
  OpenedData opened;
  Evaluation evaluation;
};
} // namespace

static StatusOr<HeldOut> openEvaluation(const TrainSettings &settings, const Job &job) {
  HeldOut result;
  MMC_ASSIGN_OR_RETURN(result.opened,
                       openData(settings, job.evalData, job.model->inputs(), true));
  result.evaluation = {std::move(result.opened.source), settings.evalBatches,
                       std::move(result.opened.questions)};
  return result;
}

static Status loadWeights(const Job &job) {
  MMC_RETURN_IF_ERROR(job.model->load(job.sources));
  if (size_t unused = job.model->values().unusedKeys())
    note(std::to_string(unused) + " tensors of the weights belong to no parameter of the model");
  return Status::ok();
}

static Status evaluateOnly(const TrainSettings &settings) {
  MMC_ASSIGN_OR_RETURN(Job job, prepare(settings));
  MMC_ASSIGN_OR_RETURN(HeldOut heldOut, openEvaluation(settings, job));
  MMC_RETURN_IF_ERROR(loadWeights(job));
  MMC_ASSIGN_OR_RETURN(EvaluationResult result, evaluate(*job.model, heldOut.evaluation));
  std::puts(toString(result).c_str());
  return Status::ok();
}

static Status train(const TrainSettings &settings) {
  MMC_ASSIGN_OR_RETURN(RunDirectory directory,
                       RunDirectory::open(settings.output, settings.resume.has_value()));
  MMC_ASSIGN_OR_RETURN(std::optional<std::string> checkpoint, resumedCheckpoint(settings));
  if (settings.resume && !checkpoint)
    note("no complete checkpoint in " + settings.output + ": starting from the beginning");
  RunIdentity identity;
  MMC_ASSIGN_OR_RETURN(identity.modelHash, hashOf(settings.model));
  identity.settings = toJson(settings);
  MMC_ASSIGN_OR_RETURN(Job job, prepare(settings));
  ProgramModel &model = *job.model;
  watchInterrupts();

  MMC_ASSIGN_OR_RETURN(OpenedData opened, openData(settings, job.data, model.inputs(), false));
  identity.data = opened.source->fingerprint();
  HeldOut heldOut;
  const bool evaluates = !job.evalData.path.empty();
  if (evaluates) {
    MMC_ASSIGN_OR_RETURN(heldOut, openEvaluation(settings, job));
  }
  MMC_RETURN_IF_ERROR(loadWeights(job));

  note(whatTrains(model));
  TrainLoopOptions options;
  options.settings = settings;
  options.identity = identity;
  options.output = directory.path();
  options.resumeFrom = checkpoint;
  options.threads = job.threads;
  options.versions = {{"mmc", MMC_VERSION}, {"llvm", LLVM_VERSION_STRING}};
  MMC_RETURN_IF_ERROR(
      runTraining(model, *opened.source, evaluates ? &heldOut.evaluation : nullptr, options));
  return writeFinal(directory.path(), model, job.adapter);
}

int main(int argc, char **argv) {
  // A file size limit is an error like a full disk, with a message, and no reason to be killed.
  std::signal(SIGXFSZ, SIG_IGN);
  StatusOr<TrainCommand> command =
      parseCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  Status status = command.isOk() ? Status::ok() : command.status();
  if (command.isOk() && command->action == TrainCommand::Action::Help)
    std::fputs(helpText().c_str(), stdout);
  else if (command.isOk() && command->action == TrainCommand::Action::Version)
    std::puts("mmc-train " MMC_VERSION);
  else if (command.isOk())
    status = command->settings.explain    ? explainTraining(command->settings)
             : command->settings.evalOnly ? evaluateOnly(command->settings)
                                          : train(command->settings);
  if (!status.isOk())
    std::fprintf(stderr, "mmc-train: %s\n", status.message().c_str());
  // As a shell reports a process that the signal ended.
  if (status.code() == StatusCode::Interrupted)
    return 128 + interruptSignal();
  return status.exitCode();
}

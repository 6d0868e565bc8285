// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-run: compiles a module and runs one entry function on tensors from a file.

#include "Check.h"

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Data/InputCheck.h"
#include "mmc/Runtime/Model/AdapterConfig.h"
#include "mmc/Runtime/Model/Execute.h"
#include "mmc/Runtime/Model/FileShapes.h"
#include "mmc/Runtime/Model/Parameters.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdio>
#include <optional>

namespace cl = llvm::cl;
using namespace mmc;

namespace {
/// The command line. An object rather than globals: it registers after libLLVM's own options are
/// gone.
struct Options {
  /// Without it --help lists nothing: the general one went with libLLVM's options.
  cl::OptionCategory category{"mmc-run options"};
  cl::opt<std::string> model{cl::Positional, cl::cat(category), cl::Required,
                             cl::desc("model.mlir")};
  cl::opt<std::string> entry{
      "entry", cl::cat(category), cl::Required,
      cl::desc("logits, loss, gradients, hidden_states, or another function of the module")};
  cl::list<std::string> weights{"weights", cl::cat(category), cl::value_desc("FILE|DIR|init:SEED"),
                                cl::desc("base weights; repeated, the later wins per parameter")};
  cl::opt<std::string> adapter{
      "adapter", cl::cat(category), cl::value_desc("DIR|SPEC"),
      cl::desc(
          "a directory with adapter_config.json, or 'lora rank=8 alpha=16 targets=q_proj,v_proj'; "
          "its dropout is left out unless the inputs have rng")};
  cl::opt<std::string> train{
      "train", cl::cat(category), cl::value_desc("GROUPS|PATTERNS"),
      cl::desc("which parameters have gradients (default: adapters,connector)")};
  cl::opt<std::string> inputs{"inputs", cl::cat(category), cl::Required, cl::value_desc("FILE"),
                              cl::desc("safetensors file with the batch")};
  cl::opt<std::string> outputs{"outputs", cl::cat(category), cl::value_desc("FILE"),
                               cl::desc("where results are written")};
  cl::opt<std::string> check{"check", cl::cat(category), cl::value_desc("FILE"),
                             cl::desc("expected results to compare with")};
  cl::opt<double> rtol{"rtol", cl::cat(category), cl::init(1e-5),
                       cl::desc("relative to max|expected| of a tensor")};
  cl::opt<double> atol{"atol", cl::cat(category), cl::init(0), cl::desc("absolute tolerance")};
  cl::opt<std::string> dtype{"dtype", cl::cat(category), cl::init("bf16"),
                             cl::desc("bf16, f32 or f64")};
  cl::opt<std::string> device{"device", cl::cat(category), cl::init("cpu"), cl::desc("cpu")};
  cl::opt<int> threads{"threads", cl::cat(category), cl::init(0),
                       cl::desc("threads (0: one per core)")};
  cl::opt<std::string> features{"cpu-features", cl::cat(category), cl::init("native"),
                                cl::desc("native, avx2, avx512, avx512-bf16 or amx")};
  cl::opt<std::string> cacheDir{"cache-dir", cl::cat(category), cl::value_desc("DIR|none"),
                                cl::desc("where compiled code is kept")};
  cl::opt<std::string> dumpDir{"dump-dir", cl::cat(category), cl::value_desc("DIR"),
                               cl::desc("where the module is written after each phase")};
  cl::opt<uint64_t> seed{"seed", cl::cat(category), cl::init(0),
                         cl::desc("of a fresh adapter's initial values")};
};
} // namespace

static StatusOr<DType> parseType(const std::string &name) {
  if (name == "bf16")
    return DType::BF16;
  if (name == "f32")
    return DType::F32;
  if (name == "f64")
    return DType::F64;
  return Status::badUsage("--dtype must be bf16, f32 or f64, got: '" + name + "'");
}

/// Widens results to f32 (f64 stays), adds the mean loss, and makes gradients those of the mean.
static TensorMap present(TensorMap results) {
  TensorMap shown;
  double count = 1;
  if (auto found = results.find("label_count"); found != results.end())
    count = *found->second.as<int32_t>();
  for (auto &[name, tensor] : results) {
    bool narrow = isFloat(tensor.dtype()) && tensor.dtype() != DType::F64;
    Tensor out(narrow ? DType::F32 : tensor.dtype(), tensor.shape());
    convert(tensor.dtype(), tensor.data(), out.dtype(), out.data(), out.count());
    if (name.rfind("grad:", 0) == 0)
      for (int64_t i = 0; i < out.count(); ++i) {
        if (narrow)
          out.as<float>()[i] = static_cast<float>(out.as<float>()[i] / count);
        else
          out.as<double>()[i] /= count;
      }
    shown[name] = std::move(out);
  }
  if (auto sum = shown.find("loss_sum"); sum != shown.end() && shown.count("label_count")) {
    Tensor loss(sum->second.dtype(), {});
    if (loss.dtype() == DType::F64)
      *loss.as<double>() = *sum->second.as<double>() / count;
    else
      *loss.as<float>() = static_cast<float>(*sum->second.as<float>() / count);
    shown["loss"] = std::move(loss);
  }
  return shown;
}

/// The entry's inputs in the types that it takes, with ids and slots that are within what they
/// count.
static StatusOr<TensorMap> checkedInputs(const ProgramEntry &entry, const TensorViews &views) {
  TensorMap batch;
  InputLimits limits;
  for (const ProgramTensor &input : entry.inputs) {
    if (input.name == "input_ids")
      limits.vocabSize = input.limit;
    if (input.name == "image_slots")
      limits.featureRows = input.limit;
    auto found = views.find(input.name);
    if (found == views.end())
      continue; // execute() lists what is missing
    Tensor tensor(input.dtype, found->second.shape);
    if (convert(found->second.dtype, found->second.data, input.dtype, tensor.data(),
                tensor.count()))
      batch[input.name] = std::move(tensor);
  }
  MMC_RETURN_IF_ERROR(checkInputs(batch, limits));
  return batch;
}

static Status runTool(const Options &options) {
  if (options.device != "cpu")
    return Status::badUsage("--device must be cpu, got: '" + options.device + "'");
  CompileRequest request;
  request.modelFile = options.model;
  request.entries = {options.entry};
  MMC_ASSIGN_OR_RETURN(request.dtype, parseType(options.dtype));
  request.cpuFeatures = options.features;
  request.cacheDir = options.cacheDir;
  request.dumpDir = options.dumpDir;
  MMC_ASSIGN_OR_RETURN(SafetensorsFile batch, SafetensorsFile::open(options.inputs));
  ParameterSources sources;
  sources.weights.assign(options.weights.begin(), options.weights.end());
  sources.seed = options.seed;
  if (!options.adapter.empty()) {
    MMC_ASSIGN_OR_RETURN(AdapterConfig config, readAdapter(options.adapter));
    // Dropout needs a key for its masks; without one the adapter is as it evaluates.
    if (!batch.find("rng") && config.config["peft_type"] != "MMC") {
      MMC_ASSIGN_OR_RETURN(config, readAdapter(options.adapter, 0.0));
    }
    request.adapter = config.spec;
    sources.adapterDirectory = config.directory;
  }
  request.train = options.train;
  if (options.entry == "gradients" && options.train.empty())
    request.train = "adapters,connector";
  TensorViews views;
  for (const std::string &name : batch.names())
    if (std::optional<TensorView> view = batch.find(name)) {
      views[name] = *view;
      request.shapes[name] = view->shape;
    }
  // What is to be compared with is there before anything is computed or written.
  std::optional<SafetensorsFile> expected;
  if (!options.check.empty()) {
    MMC_ASSIGN_OR_RETURN(expected, SafetensorsFile::open(options.check));
  }
  MMC_ASSIGN_OR_RETURN(request.fileShapes, fileShapes(sources));
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Program> program, Program::compile(request));
  MMC_ASSIGN_OR_RETURN(Parameters parameters, Parameters::load(program->parameters(), sources));
  if (parameters.unusedKeys())
    std::fprintf(stderr, "mmc-run: %zu keys in the files belong to no parameter of this entry\n",
                 parameters.unusedKeys());
  const ProgramEntry *entry = program->find(options.entry);
  int count = options.threads > 0
                  ? options.threads
                  : static_cast<int>(llvm::hardware_concurrency().compute_thread_count());
  MMC_ASSIGN_OR_RETURN(TensorMap checked, checkedInputs(*entry, views));
  for (const auto &[name, tensor] : checked)
    views[name] = tensor.view();
  MMC_ASSIGN_OR_RETURN(TensorMap raw,
                       execute(*program, *entry, parameters.pointers(), views, count));
  TensorMap results = present(std::move(raw));
  if (!options.outputs.empty()) {
    std::vector<NamedTensorView> list;
    for (const auto &[name, tensor] : results)
      list.push_back({name, tensor.view()});
    MMC_RETURN_IF_ERROR(writeSafetensors(options.outputs, list));
  }
  if (auto loss = results.find("loss"); loss != results.end() && loss->second.dtype() == DType::F32)
    std::printf("loss %.7g\n", *loss->second.as<float>());
  return expected ? run::check(options.entry, results, *expected, options.rtol, options.atol)
                  : Status::ok();
}

int main(int argc, char **argv) {
  failBeyondFileSizeLimit();
  cl::ResetCommandLineParser();
  Options options;
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << "mmc-run " MMC_VERSION "\n"; });
  if (!cl::ParseCommandLineOptions(
          argc, argv,
          "mmc-run: compiles a module and runs one entry function on tensors from a file\n\n"
          "Exit status: 0 success, 1 bad input or a failed check, 2 wrong usage.\n",
          &llvm::errs()))
    return 2;
  Status status = runTool(options);
  if (status.isOk())
    status = flushStandardOutput();
  if (!status.isOk())
    std::fprintf(stderr, "mmc-run: %s\n", status.message().c_str());
  return status.exitCode();
}

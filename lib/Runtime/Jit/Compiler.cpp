// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Compiler.h"

#include "CodeGenerator.h"
#include "InputLimits.h"
#include "OpenSizes.h"

#include "mmc/Dialect/MmcDialect.h"
#include "mmc/Transforms/Pipelines.h"
#include "mmc/Transforms/Plan/Passes.h"
#include "mmc/Transforms/RegisterAll.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mmc;

std::string mmc::hostSymbol(const std::string &entry) { return "mmc_" + entry; }

static StatusOr<DType> dtypeOf(mlir::Type type) {
  if (type.isF32())
    return DType::F32;
  if (type.isBF16())
    return DType::BF16;
  if (type.isF16())
    return DType::F16;
  if (type.isF64())
    return DType::F64;
  if (type.isInteger(32))
    return DType::I32;
  if (type.isInteger(64))
    return DType::I64;
  return Status::badInput(
      "the model has a tensor of an element type that the runtime does not know");
}

static StatusOr<ProgramTensor> describe(mlir::Type type, mlir::Attribute name,
                                        const std::string &otherwise) {
  auto tensor = llvm::cast<mlir::RankedTensorType>(type);
  auto text = llvm::dyn_cast_or_null<mlir::StringAttr>(name);
  MMC_ASSIGN_OR_RETURN(DType dtype, dtypeOf(tensor.getElementType()));
  return ProgramTensor{text ? text.str() : otherwise, dtype, Shape(tensor.getShape())};
}

static std::string textOf(mlir::DictionaryAttr line, const char *name) {
  return line.getAs<mlir::StringAttr>(name).str();
}
static int64_t numberOf(mlir::DictionaryAttr line, const char *name) {
  return line.getAs<mlir::IntegerAttr>(name).getInt();
}

/// The attribute of --mmc-summarize-entries.
static EntrySummary summaryOf(mlir::DictionaryAttr attribute) {
  EntrySummary summary;
  auto lines = [&](const char *name) {
    return attribute.getAs<mlir::ArrayAttr>(name).getAsRange<mlir::DictionaryAttr>();
  };
  for (mlir::DictionaryAttr line : lines("classes"))
    summary.classes.push_back(
        {textOf(line, "name"), numberOf(line, "flops"), numberOf(line, "bytes")});
  for (mlir::DictionaryAttr line : lines("kept"))
    summary.kept.push_back(
        {textOf(line, "name"), numberOf(line, "count"), numberOf(line, "bytes")});
  for (mlir::DictionaryAttr line : lines("peak"))
    summary.peak.push_back({textOf(line, "name"), 1, numberOf(line, "bytes")});
  summary.liveBytes = numberOf(attribute, "live_bytes");
  return summary;
}

/// What the planned module tells about its entries.
static StatusOr<ModuleInfo> inspect(mlir::ModuleOp module) {
  ModuleInfo info;
  std::map<std::string, size_t> known;
  for (auto function : module.getOps<mlir::func::FuncOp>()) {
    auto arena = function->getAttrOfType<mlir::IntegerAttr>(kArenaAttr);
    if (!arena)
      continue;
    ProgramEntry &entry = info.entries.emplace_back();
    entry.name = function.getName().str();
    entry.arenaBytes = arena.getInt();
    if (auto summary = function->getAttrOfType<mlir::DictionaryAttr>(kSummaryAttr))
      entry.summary = summaryOf(summary);
    for (ParamOp param : function.getOps<ParamOp>()) {
      auto [found, isNew] = known.try_emplace(param.getName().str(), info.parameters.size());
      entry.parameters.push_back(found->second);
      if (!isNew)
        continue;
      MMC_ASSIGN_OR_RETURN(ProgramTensor tensor,
                           describe(param.getType(), param.getNameAttr(), ""));
      auto group = param->getAttrOfType<mlir::StringAttr>("mmc.group");
      info.parameters.push_back({tensor.name, tensor.dtype, tensor.shape, param.getTrainable(),
                                 group ? group.str() : "", param.getInit().value_or("").str()});
    }
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      MMC_ASSIGN_OR_RETURN(ProgramTensor tensor, describe(function.getArgument(i).getType(),
                                                          function.getArgAttr(i, "mmc.name"),
                                                          "argument." + std::to_string(i)));
      entry.inputs.push_back(std::move(tensor));
    }
    for (unsigned i = 0; i < function.getNumResults(); ++i) {
      MMC_ASSIGN_OR_RETURN(ProgramTensor tensor, describe(function.getResultTypes()[i],
                                                          function.getResultAttr(i, "mmc.name"),
                                                          "result." + std::to_string(i)));
      entry.outputs.push_back(std::move(tensor));
    }
  }
  return info;
}

/// The mmc.names of the arguments of the functions that the request needs: files often hold more
/// tensors.
static llvm::StringSet<> argumentNames(mlir::ModuleOp module, const CompileRequest &request) {
  llvm::StringSet<> names;
  for (auto function : module.getOps<mlir::func::FuncOp>()) {
    bool needed = llvm::any_of(request.entries, [&](llvm::StringRef entry) {
      llvm::StringRef source = sourceOf(entry);
      return function.getName() == (source.empty() ? entry : source);
    });
    if (!needed)
      continue;
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (auto name = function.getArgAttrOfType<mlir::StringAttr>(i, "mmc.name"))
        names.insert(name.getValue());
  }
  return names;
}

static void setOptions(CompileOptions &options, const CompileRequest &request,
                       const std::string &recipe, const llvm::StringSet<> &arguments) {
  options.entries = llvm::ArrayRef<std::string>(request.entries);
  std::vector<std::string> shapes;
  for (const auto &[name, shape] : request.shapes) {
    if (!arguments.contains(name))
      continue;
    std::string text = name + ":";
    for (size_t d = 0; d < shape.size(); ++d)
      text += (d ? "x" : "") + std::to_string(shape[d]);
    shapes.push_back(text);
  }
  options.shapes = llvm::ArrayRef<std::string>(shapes);
  options.batch = request.batch;
  options.seqLen = request.seqLen;
  options.images = request.images;
  options.dtype = request.dtype == DType::F32   ? "f32"
                  : request.dtype == DType::F64 ? "f64"
                                                : "bf16";
  options.adapter = request.adapter;
  options.train = request.train;
  options.beta1 = request.update.beta1;
  options.beta2 = request.update.beta2;
  options.eps = request.update.eps;
  options.weightDecay = request.update.weightDecay;
  options.lrScales = llvm::ArrayRef<std::string>(request.update.lrScales);
  options.inPlace = request.inPlace;
  options.features = recipe;
}

/// Writes the module as it is after `phase` to the dump directory.
static Status dump(mlir::ModuleOp module, Phase phase, const std::string &directory) {
  if (directory.empty())
    return Status::ok();
  std::error_code error = llvm::sys::fs::create_directories(directory);
  std::string path = directory + "/0" + std::to_string(static_cast<int>(phase)) + "-" +
                     nameOf(phase).str() + ".mlir";
  if (!error) {
    llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_Text);
    if (!error) {
      module->print(file.os());
      file.os().flush();
      error = file.os().error();
      file.os().clear_error(); // else the stream ends the process
      if (!error)
        file.keep();
    }
  }
  return error ? Status::io("cannot write " + path + ": " + error.message()) : Status::ok();
}

namespace {
/// A model file on its way through the phases.
class Compilation {
public:
  Compilation(const CompileRequest &request, const std::string &modelText)
      : request(request), context(registry(), mlir::MLIRContext::Threading::DISABLED),
        stream(diagnostics), handler(sources, &context, stream) {
    // Diagnostics are for users of a model: the line of their file says it, not the op's generic
    // form.
    context.printOpOnDiagnostic(false);
    sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBuffer(modelText, request.modelFile),
                               llvm::SMLoc());
  }

  /// Reads the model, for a target with these kernels.
  Status open(const std::string &recipe) {
    parsed = mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
    if (!parsed)
      return failed("cannot read the model file " + request.modelFile);
    setOptions(options, request, recipe, argumentNames(*parsed, request));
    std::vector<std::string> sizes = openSizes(*parsed, request.fileShapes);
    options.sizes = llvm::ArrayRef<std::string>(sizes);
    return Status::ok();
  }

  Status run(Phase phase) {
    mlir::PassManager manager(&context);
    // The contract between phases is checked all the same; verifying hundreds of thousands of
    // lowered ops after each of Lower's passes would take as long as the passes.
    manager.enableVerifier(phase != Phase::Lower);
    populatePhase(manager, phase, options);
    if (mlir::failed(manager.run(*parsed)))
      return failed("cannot compile " + request.modelFile + " (phase " + nameOf(phase).str() + ")");
    return dump(*parsed, phase, request.dumpDir);
  }

  mlir::ModuleOp module() { return *parsed; }

private:
  static mlir::DialectRegistry registry() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    mlir::registerBuiltinDialectTranslation(registry);
    mlir::registerLLVMDialectTranslation(registry);
    return registry;
  }

  Status failed(const std::string &what) {
    return Status::badInput(what + (diagnostics.empty() ? "" : "\n" + diagnostics));
  }

  const CompileRequest &request;
  // One compilation is not worth a thread pool: kernels are small, and LLVM runs side by side
  // later.
  mlir::MLIRContext context;
  llvm::SourceMgr sources;
  std::string diagnostics;
  llvm::raw_string_ostream stream;
  mlir::SourceMgrDiagnosticHandler handler;
  CompileOptions options;
  mlir::OwningOpRef<mlir::ModuleOp> parsed;
};
} // namespace

/// Runs the phases up to Plan, and says what they found.
static StatusOr<ModuleInfo> runToPlan(Compilation &compilation) {
  std::map<std::string, int64_t> limits;
  for (Phase phase : allPhases()) {
    if (phase == Phase::Input || phase > Phase::Plan)
      continue;
    MMC_RETURN_IF_ERROR(compilation.run(phase));
    // Later phases put what reads an input into kernels.
    if (phase == Phase::Specialize)
      limits = inputLimits(compilation.module());
  }
  MMC_ASSIGN_OR_RETURN(ModuleInfo info, inspect(compilation.module()));
  for (ProgramEntry &entry : info.entries)
    for (ProgramTensor &input : entry.inputs)
      if (auto found = limits.find(input.name); found != limits.end())
        input.limit = found->second;
  return info;
}

StatusOr<CompiledModule> mmc::compileModule(const CompileRequest &request,
                                            const std::string &modelText, const CpuTarget &target) {
  Compilation compilation(request, modelText);
  MMC_RETURN_IF_ERROR(compilation.open(target.recipe));
  CompiledModule result;
  MMC_ASSIGN_OR_RETURN(result.info, runToPlan(compilation));
  MMC_RETURN_IF_ERROR(compilation.run(Phase::Lower));
  MMC_ASSIGN_OR_RETURN(result.objects, generateObjects(compilation.module(), target));
  return result;
}

StatusOr<ModuleInfo> mmc::planModule(const CompileRequest &request, const std::string &modelText,
                                     const CpuTarget &target) {
  Compilation compilation(request, modelText);
  MMC_RETURN_IF_ERROR(compilation.open(target.recipe));
  return runToPlan(compilation);
}

StatusOr<std::vector<ProgramTensor>> mmc::specializedInputs(const CompileRequest &request,
                                                            const std::string &modelText) {
  Compilation compilation(request, modelText);
  MMC_RETURN_IF_ERROR(compilation.open(/*recipe=*/"avx2"));
  MMC_RETURN_IF_ERROR(compilation.run(Phase::Specialize));
  std::map<std::string, int64_t> limits = inputLimits(compilation.module());
  std::vector<ProgramTensor> inputs;
  auto entry = compilation.module().lookupSymbol<mlir::func::FuncOp>(request.entries.front());
  for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
    MMC_ASSIGN_OR_RETURN(ProgramTensor tensor,
                         describe(entry.getArgument(i).getType(), entry.getArgAttr(i, "mmc.name"),
                                  "argument." + std::to_string(i)));
    if (auto found = limits.find(tensor.name); found != limits.end())
      tensor.limit = found->second;
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

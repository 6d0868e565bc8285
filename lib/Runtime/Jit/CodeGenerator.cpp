// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "CodeGenerator.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/Utils/SplitModule.h"

using namespace mmc;

static std::unique_ptr<llvm::TargetMachine> createTargetMachine(const CpuTarget &target,
                                                                std::string &error) {
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return nullptr;
  return std::unique_ptr<llvm::TargetMachine>(backend->createTargetMachine(
      triple, target.cpu, target.features, llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Default, /*JIT=*/true));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graph;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  // Most loops are vectors already; those that --mmc-vectorize-loops leaves are LLVM's. Looking for
  // vectors in straight lines of code finds none in register blocks, and takes long.
  tuning.LoopVectorization = tuning.LoopInterleaving = true;
  tuning.SLPVectorization = false;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

/// One piece, from bitcode (contexts are not shared between threads) to an object file.
static StatusOr<std::string> assemble(llvm::StringRef bitcode, const CpuTarget &target) {
  llvm::LLVMContext context;
  llvm::Expected<std::unique_ptr<llvm::Module>> module =
      llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, "piece"), context);
  if (!module)
    return Status::internal("cannot split the compiled module: " +
                            llvm::toString(module.takeError()));
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine = createTargetMachine(target, error);
  if (!machine)
    return Status::internal("no code generator for this processor: " + error);
  optimize(**module, *machine);
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager emission;
  if (machine->addPassesToEmitFile(emission, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    return Status::internal("the code generator cannot write object files");
  emission.run(**module);
  return std::string(object.begin(), object.end());
}

StatusOr<std::vector<std::string>> mmc::generateObjects(mlir::ModuleOp source,
                                                        const CpuTarget &target) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = mlir::translateModuleToLLVMIR(source, context, "mmc");
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine = createTargetMachine(target, error);
  if (!module || !machine)
    return Status::internal("cannot translate the module to LLVM IR: " + error);
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  for (llvm::Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", target.features);
    if (target.recipe != "avx2")
      function.addFnAttr("prefer-vector-width", "512");
  }
  unsigned pieces = llvm::hardware_concurrency().compute_thread_count();
  std::vector<llvm::SmallVector<char, 0>> bitcode;
  llvm::SplitModule(
      *module, pieces,
      [&](std::unique_ptr<llvm::Module> piece) {
        llvm::raw_svector_ostream stream(bitcode.emplace_back());
        llvm::WriteBitcodeToFile(*piece, stream);
      },
      /*PreserveLocals=*/false, /*RoundRobin=*/true);
  std::vector<StatusOr<std::string>> results(bitcode.size(), Status::internal("not compiled"));
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(pieces));
  for (size_t i = 0; i < bitcode.size(); ++i)
    pool.async([&, i] { results[i] = assemble({bitcode[i].data(), bitcode[i].size()}, target); });
  pool.wait();
  std::vector<std::string> objects;
  for (StatusOr<std::string> &result : results) {
    MMC_RETURN_IF_ERROR(result.status());
    objects.push_back(std::move(*result));
  }
  return objects;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Cuda/Passes.h"

#include "mmc/Transforms/Fuse/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

namespace mmc {
#define GEN_PASS_DEF_EMITPTXPASS
#include "mmc/Transforms/Lower/Cuda/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

static constexpr llvm::StringLiteral kTriple = "nvptx64-nvidia-cuda";

/// LLVM's code generator for a chip, or null when LLVM was built without NVPTX.
static std::unique_ptr<llvm::TargetMachine> createMachine(const CudaChip &chip) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  llvm::Triple triple(kTriple);
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  // A fused multiply-add rounds once instead of twice.
  options.AllowFPOpFusion = llvm::FPOpFusion::Fast;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, chip.name, "+ptx" + std::to_string(chip.ptx), options, llvm::Reloc::PIC_));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

namespace {
struct EmitPtxPass : mmc::impl::EmitPtxPassBase<EmitPtxPass> {
  using Base::Base;

  void getDependentDialects(DialectRegistry &registry) const override {
    Base::getDependentDialects(registry);
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    registerNVVMDialectTranslation(registry);
  }

  void runOnOperation() override {
    const CudaChip *known = findCudaChip(chip);
    if (!known) {
      getOperation().emitError(unknownCudaChip(chip));
      return signalPassFailure();
    }
    auto device = getOperation().lookupSymbol<ModuleOp>(kDeviceModule);
    if (!device) {
      getOperation().emitError("has no module '")
          << kDeviceModule << "' to compile; run --mmc-outline-device first";
      return signalPassFailure();
    }
    markKernels(device);
    FailureOr<std::string> ptx = compile(device, *known);
    if (failed(ptx) || failed(dump(*ptx)))
      return signalPassFailure();
    OpBuilder builder(device);
    auto target = NVVM::NVVMTargetAttr::get(&getContext(), /*optLevel=*/2, kTriple, known->name,
                                            "+ptx" + std::to_string(known->ptx));
    auto object =
        gpu::ObjectAttr::get(target, gpu::CompilationTarget::Assembly, builder.getStringAttr(*ptx));
    gpu::BinaryOp::create(builder, device.getLoc(), kDeviceModule,
                          /*offloadingHandler=*/Attribute(), ArrayRef<Attribute>{object});
    device.erase();
  }

private:
  /// Makes the functions entry points; the declarations learn what a launch needs.
  void markKernels(ModuleOp device) {
    Builder builder(&getContext());
    for (auto kernel : device.getOps<LLVM::LLVMFuncOp>()) {
      auto threads = kernel->getAttrOfType<IntegerAttr>(kThreadsAttr);
      if (!threads)
        continue;
      kernel->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), builder.getUnitAttr());
      kernel->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                      builder.getDenseI32ArrayAttr({static_cast<int32_t>(threads.getInt()), 1, 1}));
      auto declaration = getOperation().lookupSymbol<func::FuncOp>(kernel.getName());
      for (StringRef name : {kThreadsAttr, kWorkspaceAttr})
        if (Attribute value = kernel->getAttr(name); value && declaration)
          declaration->setAttr(name, value);
    }
  }

  FailureOr<std::string> compile(ModuleOp device, const CudaChip &known) {
    std::unique_ptr<llvm::TargetMachine> machine = createMachine(known);
    if (!machine)
      return device.emitError("cannot be compiled: this LLVM was built without the NVPTX target");
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(device, context, kDeviceModule);
    if (!module)
      return failure();
    module->setTargetTriple(llvm::Triple(kTriple));
    module->setDataLayout(machine->createDataLayout());
    for (llvm::Function &function : *module)
      if (function.isDeclaration() && !function.isIntrinsic())
        return device.emitError("calls '")
               << function.getName() << "', which no library on the device defines";
    optimize(*module, *machine);
    llvm::SmallString<0> text;
    llvm::raw_svector_ostream stream(text);
    llvm::legacy::PassManager codegen;
    if (machine->addPassesToEmitFile(codegen, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
      return device.emitError("cannot be compiled: LLVM does not write PTX");
    codegen.run(*module);
    return text.str().str();
  }

  LogicalResult dump(StringRef ptx) {
    if (dumpPtx.empty())
      return success();
    std::error_code error;
    llvm::ToolOutputFile file(dumpPtx, error, llvm::sys::fs::OF_Text);
    if (!error) {
      file.os() << ptx;
      file.os().flush();
      error = file.os().error();
    }
    if (error) {
      file.os().clear_error();
      return getOperation().emitError("cannot write PTX to '")
             << dumpPtx << "': " << error.message();
    }
    file.keep();
    return success();
  }
};
} // namespace

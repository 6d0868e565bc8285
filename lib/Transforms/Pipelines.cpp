// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Pipelines.h"

#include "mmc/Transforms/Adapters/Passes.h"
#include "mmc/Transforms/Autodiff/Passes.h"
#include "mmc/Transforms/Contracts.h"
#include "mmc/Transforms/Fuse/Passes.h"
#include "mmc/Transforms/Lower/Cuda/Passes.h"
#include "mmc/Transforms/Lower/Passes.h"
#include "mmc/Transforms/Plan/Passes.h"
#include "mmc/Transforms/Specialize/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mmc;

static bool wants(const CompileOptions &options, llvm::StringRef entry) {
  return llvm::is_contained(options.entries, entry.str());
}

llvm::StringRef mmc::sourceOf(llvm::StringRef entry) {
  return llvm::StringSwitch<llvm::StringRef>(entry)
      .Cases({"gradients", "update"}, "loss")
      .Cases({"prefill", "decode"}, "logits")
      .Default("");
}

/// Keeps the wanted entries; before Autodiff what it derives them from.
static void keepEntries(OpPassManager &manager, const CompileOptions &options,
                        bool beforeAutodiff) {
  if (options.entries.empty())
    return;
  KeepEntriesPassOptions keep;
  for (const std::string &entry : options.entries) {
    llvm::StringRef source = beforeAutodiff ? sourceOf(entry) : "";
    std::string kept = source.empty() ? entry : source.str();
    if (!llvm::is_contained(keep.entries, kept))
      keep.entries.push_back(kept);
  }
  manager.addPass(createKeepEntriesPass(keep));
}

static void addPasses(OpPassManager &manager, Phase phase, const CompileOptions &options) {
  switch (phase) {
  case Phase::Input:
    break;
  case Phase::Specialize: {
    SpecializeShapesPassOptions shapes;
    shapes.shapes.assign(options.shapes.begin(), options.shapes.end());
    shapes.sizes.assign(options.sizes.begin(), options.sizes.end());
    shapes.batch = options.batch;
    shapes.seqLen = options.seqLen;
    shapes.images = options.images;
    shapes.dtype = options.dtype;
    keepEntries(manager, options, /*beforeAutodiff=*/true);
    populateSpecializePipeline(manager, shapes);
    break;
  }
  case Phase::Adapters:
    populateAdaptersPipeline(manager, {options.adapter, options.train});
    break;
  case Phase::Autodiff: {
    AutodiffOptions autodiff;
    autodiff.gradients = wants(options, "gradients");
    autodiff.update = wants(options, "update");
    for (const char *entry : {"prefill", "decode"})
      if (wants(options, entry))
        autodiff.decoding.push_back(entry);
    autodiff.updateOptions.beta1 = options.beta1;
    autodiff.updateOptions.beta2 = options.beta2;
    autodiff.updateOptions.eps = options.eps;
    autodiff.updateOptions.weightDecay = options.weightDecay;
    autodiff.updateOptions.lrScales.assign(options.lrScales.begin(), options.lrScales.end());
    populateAutodiffPipeline(manager, autodiff);
    keepEntries(manager, options, /*beforeAutodiff=*/false);
    break;
  }
  case Phase::Fuse: {
    FormKernelsPassOptions fuse;
    fuse.enable = options.fuse;
    populateFusePipeline(manager, fuse);
    break;
  }
  case Phase::Plan:
    populatePlanPipeline(manager, options.inPlace);
    break;
  case Phase::Lower: {
    if (options.target == "cuda") {
      LowerCudaOptions cuda;
      cuda.chip = options.chip;
      cuda.dumpPtx = options.dumpPtx;
      populateLowerCudaPipeline(manager, cuda);
      break;
    }
    LowerCpuOptions cpu;
    cpu.features = options.features;
    populateLowerCpuPipeline(manager, cpu);
    break;
  }
  }
}

void mmc::populatePhase(OpPassManager &manager, Phase phase, const CompileOptions &options) {
  if (options.verifyContracts && phase == Phase::Specialize)
    manager.addPass(createVerifyContractPass(Phase::Input));
  addPasses(manager, phase, options);
  if (options.verifyContracts)
    manager.addPass(createVerifyContractPass(phase));
}

LogicalResult mmc::populateCompilePipeline(OpPassManager &manager, const CompileOptions &options,
                                           llvm::function_ref<void(const llvm::Twine &)> error) {
  std::optional<Phase> from = parsePhase(options.from), to = parsePhase(options.to);
  for (auto &[given, parsed] : {std::pair(&options.from, from), std::pair(&options.to, to)})
    if (!parsed) {
      error("no phase is named '" + llvm::Twine(*given) +
            "'; phases are input, specialize, adapters, autodiff, fuse, plan, lower");
      return failure();
    }
  if (options.target != "cpu" && options.target != "cuda") {
    error("target must be cpu or cuda, got: '" + llvm::Twine(options.target) + "'");
    return failure();
  }
  if (options.target == "cuda" && !findCudaChip(options.chip)) {
    error(unknownCudaChip(options.chip));
    return failure();
  }
  for (Phase phase : allPhases())
    if (phase > *from && phase <= *to)
      populatePhase(manager, phase, options);
  return success();
}

void mmc::registerCompilePipeline() {
  PassPipelineRegistration<CompileOptions>(
      "mmc-compile", "Runs the phases of compilation, from= … to= …",
      [](OpPassManager &manager, const CompileOptions &options) {
        (void)populateCompilePipeline(manager, options, [](const llvm::Twine &message) {
          llvm::errs() << "mmc-compile: " << message << "\n";
          // A pipeline builder cannot fail; an unknown pass name in the manager makes mmc-opt fail
          // instead.
          std::exit(2);
        });
      });
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Jit/Program.h"

#include "CodeCache.h"
#include "Compiler.h"
#include "CpuTarget.h"
#include "ObjectLoader.h"

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Device/Abi.h"
#include "mmc/Runtime/Device/KernelStacks.h"

#include <chrono>

using namespace mmc;

struct Program::Content {
  Content(ModuleInfo info, std::optional<ObjectLoader> loader)
      : info(std::move(info)), loader(std::move(loader)) {}
  ModuleInfo info;
  std::optional<ObjectLoader> loader; ///< none of a plan
  /// In the order of info.entries; none of a plan.
  std::vector<mmc_rt_host> hosts;
  bool fromCache = false;
  double seconds = 0;
};

Program::Program(std::unique_ptr<Content> content) : content(std::move(content)) {}
Program::~Program() = default;

StatusOr<std::unique_ptr<Program>> Program::compile(const CompileRequest &request) {
  auto start = std::chrono::steady_clock::now();
  reserveKernelStacks();
  MMC_ASSIGN_OR_RETURN(CpuTarget target, selectCpuTarget(request.cpuFeatures));
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(request.modelFile));
  CodeCache cache(request, text, target);
  std::optional<CompiledModule> module = cache.load();
  bool fromCache = module.has_value();
  if (!module) {
    MMC_ASSIGN_OR_RETURN(module, compileModule(request, text, target));
    cache.store(*module);
  }
  MMC_ASSIGN_OR_RETURN(ObjectLoader loader, ObjectLoader::link(module->objects));
  auto content = std::make_unique<Content>(std::move(module->info), std::move(loader));
  for (const ProgramEntry &entry : content->info.entries) {
    MMC_ASSIGN_OR_RETURN(void *address, content->loader->find(hostSymbol(entry.name)));
    content->hosts.push_back(reinterpret_cast<mmc_rt_host>(address));
  }
  content->fromCache = fromCache;
  content->seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::unique_ptr<Program>(new Program(std::move(content)));
}

StatusOr<std::unique_ptr<Program>> Program::plan(const CompileRequest &request) {
  auto start = std::chrono::steady_clock::now();
  MMC_ASSIGN_OR_RETURN(CpuTarget target, selectCpuTarget(request.cpuFeatures));
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(request.modelFile));
  MMC_ASSIGN_OR_RETURN(ModuleInfo info, planModule(request, text, target));
  auto content = std::make_unique<Content>(std::move(info), std::nullopt);
  content->seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::unique_ptr<Program>(new Program(std::move(content)));
}

StatusOr<std::vector<ProgramTensor>> Program::inputs(const CompileRequest &request) {
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(request.modelFile));
  return specializedInputs(request, text);
}

const std::vector<ProgramParameter> &Program::parameters() const {
  return content->info.parameters;
}

const ProgramEntry *Program::find(const std::string &entry) const {
  for (const ProgramEntry &candidate : content->info.entries)
    if (candidate.name == entry)
      return &candidate;
  return nullptr;
}

void Program::run(const ProgramEntry &entry, const Bindings &bindings, int threads) const {
  std::vector<void *> buffers = {bindings.arena};
  for (size_t index : entry.parameters)
    buffers.push_back(bindings.parameters[index]);
  buffers.insert(buffers.end(), bindings.inputs.begin(), bindings.inputs.end());
  buffers.insert(buffers.end(), bindings.outputs.begin(), bindings.outputs.end());
  mmc_rt_context context = {threads};
  content->hosts[&entry - content->info.entries.data()](&context, buffers.data());
}

bool Program::fromCache() const { return content->fromCache; }
double Program::seconds() const { return content->seconds; }

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loading of PTX: variables go to the device's memory, kernels are decoded.

#include "mmc/Runtime/Emulator/Module.h"

#include "Builder.h"
#include "Memory/Describe.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace mmc::emulator {

struct Module::Content {
  std::shared_ptr<ParsedModule> parsed;
  std::vector<Kernel> kernels;
  std::vector<ModuleVariable> variables;
  std::vector<uint64_t> allocations;
  DeviceMemory *memory = nullptr;
};

Module::Module(std::unique_ptr<Content> content) : content(std::move(content)) {}

Module::~Module() {
  for (uint64_t address : content->allocations)
    (void)content->memory->free(address);
}

const std::vector<Kernel> &Module::kernels() const { return content->kernels; }
const std::vector<ModuleVariable> &Module::variables() const { return content->variables; }
unsigned Module::targetArchitecture() const { return content->parsed->sm; }

const Kernel *Module::kernel(std::string_view name) const {
  for (const Kernel &kernel : content->kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}

const ModuleVariable *Module::variable(std::string_view name) const {
  for (const ModuleVariable &variable : content->variables)
    if (variable.name == name)
      return &variable;
  return nullptr;
}

static Status asStatus(const std::string &name, const std::vector<Diagnostic> &diagnostics) {
  std::string text;
  for (const Diagnostic &diagnostic : diagnostics)
    text += (text.empty() ? "" : "\n") + name + ":" + std::to_string(diagnostic.at.line) + ":" +
            std::to_string(diagnostic.at.column) + ": " + diagnostic.message;
  return Status::badInput(text);
}

StatusOr<std::shared_ptr<Module>> Module::load(std::string_view text, const std::string &name,
                                               const Chip &chip, DeviceMemory &memory) {
  std::vector<Diagnostic> diagnostics;
  std::shared_ptr<ParsedModule> parsed = parsePtx(text, diagnostics);
  if (!parsed)
    return asStatus(name, diagnostics);
  if (parsed->sm > chip.sm())
    return Status::badInput(name + ": the PTX is for " + parsed->target + ", the chip is " +
                            std::string(chip.name));
  char suffix = parsed->target.back();
  if (suffix == 'a' && parsed->sm != chip.sm())
    return Status::badInput(name + ": PTX for " + parsed->target +
                            " runs on no other chip, this is " + std::string(chip.name));
  if (suffix == 'f' && parsed->sm / 10 != chip.sm() / 10)
    return Status::badInput(name + ": PTX for " + parsed->target +
                            " runs on chips of its family, this is " + std::string(chip.name));
  auto content = std::make_unique<Content>();
  content->parsed = parsed;
  content->memory = &memory;
  std::shared_ptr<Module> module(new Module(std::move(content)));
  Content &made = *module->content;
  std::unordered_map<const Variable *, uint64_t> addresses;
  for (const std::unique_ptr<Variable> &variable : parsed->variables) {
    if (variable->space != Space::Global && variable->space != Space::Const)
      continue;
    // One with a size that nobody defines is the module's own, of zeros, as for ptxas.
    if (!variable->bytes) {
      diagnostics.push_back(
          {variable->at, "variable '" + variable->name + "' is not defined in this module"});
      continue;
    }
    bool isConstant = variable->space == Space::Const;
    StatusOr<uint64_t> address =
        memory.allocate(variable->bytes, variable->name, variable->alignment,
                        isConstant ? MemoryUse::Constant : MemoryUse::Variable);
    if (!address.isOk())
      return address.status().context(name);
    made.allocations.push_back(*address);
    addresses[variable.get()] = *address;
    made.variables.push_back({variable->name, *address, variable->bytes, isConstant});
    if (!variable->initial.empty())
      MMC_RETURN_IF_ERROR(
          memory.write(*address, variable->initial.data(), variable->initial.size()));
  }
  auto addressOf = [&](const Variable &variable) {
    auto found = addresses.find(&variable);
    return found == addresses.end() ? uint64_t(0) : found->second;
  };
  for (const std::unique_ptr<Variable> &variable : parsed->variables)
    for (const AddressFixup &fixup : variable->fixups) {
      const ModuleVariable *target = module->variable(fixup.symbol);
      uint64_t value = 0;
      if (target) {
        value = target->address;
      } else {
        auto found =
            std::find_if(parsed->functions.begin(), parsed->functions.end(),
                         [&](const auto &function) { return function->name == fixup.symbol; });
        if (found == parsed->functions.end()) {
          diagnostics.push_back({fixup.at, "'" + fixup.symbol + "' is not declared"});
          continue;
        }
        value = functionWindow +
                functionStride * static_cast<uint64_t>(found - parsed->functions.begin() + 1);
      }
      value = (value + static_cast<uint64_t>(fixup.addend)) >> fixup.shift;
      MMC_RETURN_IF_ERROR(memory.write(addressOf(*variable) + fixup.offset, &value, fixup.bytes));
    }
  if (!diagnostics.empty())
    return asStatus(name, diagnostics);
  for (const std::unique_ptr<Function> &function : parsed->functions) {
    if (!function->isKernel || !function->hasBody)
      continue;
    auto program = std::make_shared<Program>();
    program->module = parsed;
    program->kernel = function->name;
    Builder builder(*program, *parsed, addressOf, diagnostics);
    if (!builder.build(*function))
      break;
    Kernel kernel;
    kernel.name = function->name;
    for (const Placed &placed : program->parameters) {
      Type type = placed.variable->type;
      kernel.parameters.push_back({placed.variable->name, placed.offset - kernelParameterBase,
                                   placed.bytes, placed.variable->alignment,
                                   isFloating(type) && !placed.variable->isArray});
      kernel.parameterBytes = placed.offset - kernelParameterBase + placed.bytes;
    }
    kernel.staticShared = program->staticShared;
    kernel.localBytes = program->stackBytes ? program->stackBytes - localBegin : 0;
    kernel.registers = function->maxRegisters;
    kernel.line = function->at.line;
    if (function->maxThreads[0])
      kernel.maxThreads =
          function->maxThreads[0] * function->maxThreads[1] * function->maxThreads[2];
    std::copy(std::begin(function->requiredThreads), std::end(function->requiredThreads),
              kernel.requiredBlock);
    kernel.program = std::move(program);
    made.kernels.push_back(std::move(kernel));
  }
  if (!diagnostics.empty())
    return asStatus(name, diagnostics);
  return module;
}

} // namespace mmc::emulator

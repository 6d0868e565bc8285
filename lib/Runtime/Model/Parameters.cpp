// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Model/Parameters.h"

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Train/Initialize.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <sys/stat.h>

using namespace mmc;

namespace {

/// `--weights` arguments, sorted into files and the seed of a random initialisation.
struct Sources {
  std::vector<std::string> files;
  std::optional<uint64_t> seed;
};

} // namespace

static StatusOr<Sources> sortSources(const std::vector<std::string> &arguments) {
  Sources sources;
  for (const std::string &argument : arguments) {
    if (argument.rfind("init:", 0) != 0) {
      sources.files.push_back(argument);
      continue;
    }
    uint64_t seed = 0;
    const char *begin = argument.data() + 5, *end = argument.data() + argument.size();
    auto [stop, error] = std::from_chars(begin, end, seed);
    if (error != std::errc() || stop != end)
      return Status::badUsage("--weights=init:SEED needs a non-negative whole number, got: '" +
                              argument + "'");
    sources.seed = seed;
  }
  return sources;
}

/// The NAME of an init "parameter(NAME)": a module that trains in full beside an adapter (PEFT's
/// modules_to_save) has a name of its own and starts as the base has it.
static std::optional<std::string> baseNameOf(const ProgramParameter &parameter) {
  const std::string prefix = "parameter(";
  if (parameter.init.rfind(prefix, 0) != 0 || parameter.init.back() != ')')
    return std::nullopt;
  return parameter.init.substr(prefix.size(), parameter.init.size() - prefix.size() - 1);
}

/// How a parameter starts whose definition does not say: as transformers does.
static std::string initializerFor(const ProgramParameter &parameter) {
  if (!parameter.init.empty() && !baseNameOf(parameter))
    return parameter.init;
  if (parameter.shape.size() >= 2)
    return "normal(0, 0.02)";
  bool isBias = parameter.name.size() >= 5 &&
                parameter.name.compare(parameter.name.size() - 5, 5, ".bias") == 0;
  return isBias                                             ? "zeros"
         : parameter.name.find("norm") != std::string::npos ? "ones"
                                                            : "normal(0, 0.02)";
}

/// Position of the first of `count` numbers whose bits in `exponent` are all set (not finite), or
/// −1. All of a model's weights pass through here: blocks of them, on all processors.
template <typename Bits>
static int64_t firstNotFinite(const Bits *values, int64_t count, Bits exponent) {
  constexpr int64_t kBlock = 1 << 16;
  int64_t first = count;
#pragma omp parallel for reduction(min : first) schedule(static) if (count > kBlock)
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(count, begin + kBlock);
    bool finite = true; // without an exit, so that the loop is over vectors
    for (int64_t i = begin; i < end; ++i)
      finite &= (values[i] & exponent) != exponent;
    for (int64_t i = begin; i < end && !finite && begin < first; ++i)
      if ((values[i] & exponent) == exponent) {
        first = std::min(first, i);
        break;
      }
  }
  return first < count ? first : -1;
}

static int64_t firstNotFinite(const TensorView &view) {
  switch (view.dtype) {
  case DType::F64:
    return firstNotFinite<uint64_t>(view.as<uint64_t>(), view.count(), 0x7ff0000000000000);
  case DType::F32:
    return firstNotFinite<uint32_t>(view.as<uint32_t>(), view.count(), 0x7f800000);
  case DType::BF16:
    return firstNotFinite<uint16_t>(view.as<uint16_t>(), view.count(), 0x7f80);
  case DType::F16:
    return firstNotFinite<uint16_t>(view.as<uint16_t>(), view.count(), 0x7c00);
  default:
    return -1;
  }
}

/// What is wrong with a file's tensor for this parameter; empty when nothing is.
static std::string mismatch(const ProgramParameter &parameter, const TensorView &found) {
  if (found.shape != parameter.shape)
    return "has another shape, got: " + toString(found.shape) + " != " + toString(parameter.shape);
  if (!isFloat(found.dtype))
    return "has a dtype that cannot be converted, got: " + std::string(nameOf(found.dtype));
  if (int64_t at = firstNotFinite(found); at >= 0)
    return "has a value that is not finite at element " + std::to_string(at);
  return "";
}

/// What PEFT puts before the name of a module in its files.
static const std::string kPeftPrefix = "base_model.model.";

/// Keys that a PEFT file may have for a parameter, other than its name. Base weights beside an
/// adapter (tables that were resized) replace the base's. Files from transformers 5 do not have the
/// prefix that the hub's towers have.
static std::vector<std::string> otherKeysOf(const ProgramParameter &parameter) {
  const std::string &name = parameter.name, tower = kPeftPrefix + "vision_model.";
  if (name.rfind(tower, 0) == 0)
    return {kPeftPrefix + name.substr(tower.size())};
  if (name.rfind(kPeftPrefix, 0) == 0)
    return {tower + name.substr(kPeftPrefix.size())};
  size_t leaf = name.rfind('.');
  if (leaf == std::string::npos)
    return {};
  return {kPeftPrefix + name,
          kPeftPrefix + name.substr(0, leaf) + ".base_layer" + name.substr(leaf)};
}

/// Keys of an adapter's file that must not be left out: without them the adapter is another one.
static Status checkAdapterKeys(const Weights &adapter, const std::set<std::string> &used,
                               const std::string &path) {
  constexpr size_t most = 8;
  std::string list;
  size_t count = 0;
  for (const std::string &name : adapter.names())
    if (name.rfind(kPeftPrefix, 0) == 0 && !used.count(name) && ++count <= most)
      list += "\n  " + name;
  if (count > most)
    list += "\n  and " + std::to_string(count - most) + " more";
  return count == 0
             ? Status::ok()
             : Status::badInput(
                   path + ": " + std::to_string(count) +
                   " tensors belong to no parameter that adapter_config.json makes of this model:" +
                   list);
}

StatusOr<Parameters> Parameters::load(const std::vector<ProgramParameter> &wanted,
                                      const ParameterSources &sources) {
  MMC_ASSIGN_OR_RETURN(Sources given, sortSources(sources.weights));
  Parameters result;
  result.infos = wanted;
  result.data.resize(wanted.size());
  // Base first: an adapter's file wins over it.
  if (!given.files.empty()) {
    MMC_ASSIGN_OR_RETURN(Weights weights, Weights::open(given.files));
    result.mapped.push_back(std::move(weights));
  }
  struct stat status;
  std::string adapter = sources.adapterDirectory + "/adapter_model.safetensors";
  bool hasAdapterFile = !sources.adapterDirectory.empty() && stat(adapter.c_str(), &status) == 0;
  if (hasAdapterFile) {
    MMC_ASSIGN_OR_RETURN(Weights weights, Weights::open({adapter}));
    result.mapped.push_back(std::move(weights));
  } else if (std::string pickled = sources.adapterDirectory + "/adapter_model.bin";
             !sources.adapterDirectory.empty() && stat(pickled.c_str(), &status) == 0) {
    return Status::badInput(
        pickled + ": only adapter_model.safetensors is read; let PEFT save the adapter as such");
  }

  std::string problems;
  size_t problemCount = 0;
  auto complain = [&](const std::string &name, const std::string &what) {
    problems += "\n  " + name + " " + what;
    ++problemCount;
  };
  std::set<std::string> used, names;
  for (const ProgramParameter &parameter : wanted)
    names.insert(parameter.name);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const ProgramParameter &parameter = wanted[i];
    auto ownerOf = [&](const std::string &key) {
      const Weights *owner = nullptr;
      for (const Weights &weights : result.mapped)
        if (weights.find(key) || weights.foreignDType(key))
          owner = &weights;
      return owner;
    };
    std::string key = parameter.name;
    const Weights *owner = ownerOf(key);
    std::optional<std::string> baseName = baseNameOf(parameter);
    if (hasAdapterFile)
      for (const std::string &other : otherKeysOf(parameter))
        // What is another parameter's own name holds that one's values.
        if (bool isBase = parameter.group != "adapters";
            (isBase || !owner) && !names.count(other) && result.mapped.back().find(other))
          owner = ownerOf(key = other);
    if (!owner && baseName && !hasAdapterFile)
      owner = ownerOf(key = *baseName);
    if (!owner) {
      // A file that is there must be complete: an adapter that silently starts anew did not resume.
      bool mayInitialize = given.seed || (parameter.group == "adapters" && !hasAdapterFile) ||
                           parameter.group == "connector";
      if (!mayInitialize || (!given.seed && (parameter.init.empty() || baseName))) {
        complain(parameter.name, "is in none of the files");
        continue;
      }
      Tensor tensor(parameter.dtype, parameter.shape);
      MMC_RETURN_IF_ERROR(initialize(tensor, initializerFor(parameter),
                                     given.seed.value_or(sources.seed), parameter.name)
                              .context("parameter " + parameter.name));
      result.fresh.push_back(parameter.name);
      result.data[i] = tensor.data();
      result.owned.push_back(std::move(tensor));
      continue;
    }
    used.insert(key);
    std::optional<TensorView> found = owner->find(key);
    std::string what =
        found ? mismatch(parameter, *found)
              : "has a dtype that cannot be converted, got: " + *owner->foreignDType(key);
    if (!what.empty()) {
      complain(parameter.name, what + " (" + owner->fileOf(key) + ")");
      continue;
    }
    if (!parameter.trainable && found->dtype == parameter.dtype) {
      result.data[i] = const_cast<void *>(found->data); // frozen: read only
      continue;
    }
    Tensor tensor(parameter.dtype, parameter.shape);
    convert(found->dtype, found->data, parameter.dtype, tensor.data(), tensor.count());
    result.data[i] = tensor.data();
    result.owned.push_back(std::move(tensor));
  }
  if (problemCount)
    return Status::badInput(std::to_string(problemCount) + " of the model's " +
                            std::to_string(wanted.size()) +
                            " parameters cannot be loaded (--weights, --adapter):" + problems);
  if (hasAdapterFile)
    MMC_RETURN_IF_ERROR(checkAdapterKeys(result.mapped.back(), used, adapter));
  for (const Weights &weights : result.mapped)
    for (const std::string &name : weights.names())
      result.unused += !used.count(name);
  return result;
}

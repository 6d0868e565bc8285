// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Defaults.h"

#include "mmc/Runtime/Data/JsonFile.h"

#include <filesystem>
#include <vector>

namespace fs = std::filesystem;
using namespace mmc;

/// The `--weights` that are files.
static std::vector<std::string> weightFiles(const ParameterSources &sources) {
  std::vector<std::string> files;
  for (const std::string &argument : sources.weights)
    if (argument.rfind("init:", 0) != 0)
      files.push_back(argument);
  return files;
}

/// The directories that the weights lie in; for a file its own.
static std::vector<fs::path> weightDirectories(const ParameterSources &sources) {
  std::vector<fs::path> directories;
  std::error_code error;
  for (const std::string &argument : weightFiles(sources)) {
    const fs::path path = fs::absolute(argument, error).lexically_normal();
    if (fs::is_directory(path, error)) // one may be written with a slash at its end
      directories.push_back(path.has_filename() ? path : path.parent_path());
    else
      directories.push_back(path.parent_path());
  }
  return directories;
}

StatusOr<std::string> defaults::findTokenizer(const ParameterSources &sources) {
  std::error_code error;
  std::vector<fs::path> directories = weightDirectories(sources);
  if (!sources.adapterDirectory.empty())
    directories.push_back(fs::absolute(sources.adapterDirectory, error).lexically_normal());
  const size_t own = directories.size();
  for (size_t i = 0; i < own; ++i)
    directories.push_back(directories[i].parent_path());
  for (const fs::path &directory : directories)
    if (fs::path file = directory / "tokenizer.model"; fs::is_regular_file(file, error))
      return file.string();
  return Status::badUsage("--tokenizer must be given: no tokenizer.model lies beside the weights");
}

StatusOr<int64_t> defaults::findPositions(const ParameterSources &sources) {
  constexpr const char *kKey = "max_position_embeddings";
  std::error_code error;
  for (const fs::path &directory : weightDirectories(sources)) {
    const fs::path file = directory / "config.json";
    if (!fs::is_regular_file(file, error))
      continue;
    nlohmann::json config;
    MMC_RETURN_IF_ERROR(readJsonFile(file.string(), config));
    // A tower's positions are its patches: only a config with a vocabulary is a language model's.
    if (config.is_object() && config.contains("text_config"))
      config = nlohmann::json(config["text_config"]);
    if (config.is_object() && config.contains("vocab_size") && config.contains(kKey)) {
      const nlohmann::json &positions = config[kKey];
      if (!positions.is_number_integer() || positions.get<int64_t>() < 1)
        return Status::badInput("'" + file.string() + "': " + kKey +
                                " must be a positive whole number, got: " + positions.dump());
      return positions.get<int64_t>();
    }
  }
  return 2048;
}

StatusOr<DType> defaults::storedType(const ParameterSources &sources) {
  const std::vector<std::string> files = weightFiles(sources);
  if (files.empty())
    return DType::BF16;
  MMC_ASSIGN_OR_RETURN(Weights weights, Weights::open(files));
  for (const std::string &name : weights.names())
    if (std::optional<TensorView> tensor = weights.find(name))
      if (tensor->dtype == DType::BF16 || tensor->dtype == DType::F16)
        return DType::BF16;
  return DType::F32;
}

std::string defaults::findPreprocessor(const ParameterSources &sources) {
  std::error_code error;
  for (const fs::path &directory : weightDirectories(sources))
    if (fs::path file = directory / "preprocessor_config.json"; fs::is_regular_file(file, error))
      return file.string();
  return "";
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds out which kind of tokenizer a path holds and opens it.

#include "mmc/Runtime/Data/Tokenizer.h"

#include "JsonTokenizer.h"
#include "SentencePieceTokenizer.h"

#include <filesystem>

using namespace mmc;
namespace fs = std::filesystem;

static StatusOr<std::unique_ptr<Tokenizer>> loadFile(const std::string &path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    return Status::badInput("tokenizer: no such file or directory: '" + path + "'");
  if (fs::path(path).extension() == ".json")
    return loadTokenizerJson(path);
  return loadSentencePiece(path);
}

static StatusOr<std::unique_ptr<Tokenizer>> loadDirectory(const std::string &path, bool plain) {
  std::error_code error;
  std::string model = (fs::path(path) / "tokenizer.model").string();
  std::string file = (fs::path(path) / "tokenizer.json").string();
  bool hasModel = fs::is_regular_file(model, error), hasFile = fs::is_regular_file(file, error);
  if (!hasModel && !hasFile)
    return Status::badInput("tokenizer: directory '" + path +
                            "' has neither tokenizer.model nor tokenizer.json");
  if (hasModel && plain)
    return loadSentencePiece(model);
  MMC_ASSIGN_OR_RETURN(SpecialTokens tokens, SpecialTokens::read(path));
  const std::string &name = tokens.tokenizerClass;
  bool llama =
      name.empty() || name == "LlamaTokenizer" || (name == "LlamaTokenizerFast" && !hasFile);
  if (!hasModel || (!llama && hasFile))
    return loadTokenizerJson(file);
  if (!tokens.configured)
    return loadSentencePiece(model);
  if (!llama)
    return Status::badInput("tokenizer: directory '" + path + "' is of the class '" + name +
                            "', whose rules around tokenizer.model are not known; LlamaTokenizer's "
                            "are. Give its tokenizer.json, or the file tokenizer.model for "
                            "sentencepiece by itself");
  return loadLlamaTokenizer(model, std::move(tokens));
}

StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::load(const std::string &path) {
  std::error_code error;
  return fs::is_directory(path, error) ? loadDirectory(path, false) : loadFile(path);
}

StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::loadPlain(const std::string &path) {
  std::error_code error;
  return fs::is_directory(path, error) ? loadDirectory(path, true) : loadFile(path);
}

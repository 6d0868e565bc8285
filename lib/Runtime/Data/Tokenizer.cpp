// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds out which kind of tokenizer a path holds and opens it.

#include "mmc/Runtime/Data/Tokenizer.h"

#include "SentencePieceTokenizer.h"

#include <filesystem>

using namespace mmc;

StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::load(const std::string &path) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path file = path;
  if (fs::is_directory(file, error)) {
    file /= "tokenizer.model";
    if (!fs::exists(file, error))
      return Status::badInput("tokenizer: directory '" + path +
                              "' has no tokenizer.model; sentencepiece models are the kind that "
                              "can be read");
  }
  if (!fs::is_regular_file(file, error))
    return Status::badInput("tokenizer: no such file or directory: '" + path + "'");
  if (file.extension() == ".json")
    return Status::badInput("tokenizer: '" + file.string() +
                            "' is of the tokenizer.json kind, which cannot be read; give the "
                            "tokenizer.model of the same checkpoint");
  return loadSentencePiece(file.string());
}

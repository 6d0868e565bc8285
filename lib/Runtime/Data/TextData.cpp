// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plain text files for language-model pre-training.

#include "mmc/Runtime/Data/TextData.h"

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Json.h"
#include "mmc/Runtime/Data/JsonFile.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

using namespace mmc;

namespace fs = std::filesystem;

Status TextDataset::addDocument(std::string_view text, const Tokenizer &tokenizer,
                                const TextOptions &options, Document document) {
  if (text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos)
    return Status::ok();
  auto tokens = tokenizer.encode(text);
  if (!tokens.isOk()) {
    std::string where = "'" + files[document.file] + "'";
    return tokens.status().context(document.line ? where + " line " + std::to_string(document.line)
                                                 : where);
  }
  int64_t begin = static_cast<int64_t>(ids.size());
  if (options.bos && tokenizer.bosId() != Tokenizer::kNone)
    ids.push_back(tokenizer.bosId());
  ids.insert(ids.end(), tokens->begin(), tokens->end());
  if (options.eos && tokenizer.eosId() != Tokenizer::kNone)
    ids.push_back(tokenizer.eosId());
  int64_t end = static_cast<int64_t>(ids.size());
  // A single token predicts nothing, so the last one starts no sample of its own.
  int64_t number = static_cast<int64_t>(documents.size()), part = 0;
  for (int64_t at = begin; at + 1 < end; at += options.seqLen - 1)
    samples.push_back({at, std::min(at + options.seqLen, end), number, part++});
  documents.push_back(document);
  return Status::ok();
}

Status TextDataset::addObject(std::string_view line, const Tokenizer &tokenizer,
                              const TextOptions &options, Document document) {
  if (line.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return Status::ok();
  const std::string where = "'" + files[document.file] + "' line " + std::to_string(document.line);
  nlohmann::json object = parseJson(line);
  if (!object.is_object())
    return Status::badInput(where + ": must be a JSON object with a \"text\"");
  auto text = requiredString(object, "text");
  if (!text.isOk())
    return text.status().context(where);
  return addDocument(*text, tokenizer, options, document);
}

static bool isJsonLines(const fs::path &file) { return file.extension() == ".jsonl"; }

Status TextDataset::addFile(const std::string &file, const Tokenizer &tokenizer,
                            const TextOptions &options) {
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(file));
  int64_t number = static_cast<int64_t>(files.size());
  files.push_back(file);
  const bool objects = isJsonLines(file);
  if (!objects && options.document == TextOptions::Document::File)
    return addDocument(text, tokenizer, options, {number, 0});
  int64_t line = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view content(text.data() + at, end - at);
    if (!content.empty() && content.back() == '\r')
      content.remove_suffix(1);
    const Document document = {number, ++line};
    MMC_RETURN_IF_ERROR(objects ? addObject(content, tokenizer, options, document)
                                : addDocument(content, tokenizer, options, document));
    at = end + 1;
  }
  return Status::ok();
}

StatusOr<std::unique_ptr<TextDataset>>
TextDataset::load(const std::string &path, const Tokenizer &tokenizer, const TextOptions &options) {
  if (options.seqLen < 2)
    return Status::badUsage("a text sample needs at least two tokens, got: seq-len " +
                            std::to_string(options.seqLen));
  std::vector<std::string> files;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
      if (it->path().extension() == ".txt" || isJsonLines(it->path()))
        files.push_back(it->path().string());
    if (error)
      return Status::io("cannot list '" + path + "': " + error.message());
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  std::unique_ptr<TextDataset> data(new TextDataset);
  for (const std::string &file : files)
    MMC_RETURN_IF_ERROR(data->addFile(file, tokenizer, options));
  if (data->samples.empty())
    return Status::badInput("'" + path + "' has no text to learn from (" +
                            std::to_string(files.size()) + " files read)");
  return data;
}

std::string TextDataset::id(int64_t index) const {
  const Range &range = samples[index];
  const Document &document = documents[range.document];
  std::string name = fs::path(files[document.file]).filename().string();
  if (document.line)
    name += ":" + std::to_string(document.line);
  if (range.part)
    name += "+" + std::to_string(range.part);
  return name;
}

StatusOr<Sample> TextDataset::sample(int64_t index) const {
  const Range &range = samples[index];
  Sample row;
  row.id = id(index);
  row.inputIds.assign(ids.begin() + range.begin, ids.begin() + range.end);
  row.labels = row.inputIds;
  row.labels[0] = kIgnoredLabel;
  row.uncutTokens = row.length();
  row.positionIds.resize(row.inputIds.size());
  std::iota(row.positionIds.begin(), row.positionIds.end(), 0);
  row.segmentIds.assign(row.inputIds.size(), 1);
  row.imageSlots.assign(row.inputIds.size(), -1);
  return row;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plain text files for language-model pre-training.

#ifndef MMC_RUNTIME_DATA_TEXTDATA_H
#define MMC_RUNTIME_DATA_TEXTDATA_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <memory>
#include <string>
#include <vector>

namespace mmc {

struct TextOptions {
  /// Most tokens of a sample.
  int64_t seqLen = 2048;
  /// What one document of a plain text file is. Lines that are empty or blank are none. In a
  /// `*.jsonl` file a document is the "text" of each line's object, line breaks and all.
  enum class Document { Line, File } document = Document::Line;
  /// Whether a document begins with BOS and ends with EOS (where the tokenizer has them).
  bool bos = true, eos = true;
};

/// Documents as token ids, cut into samples of at most seqLen tokens. Every token is a label
/// except a document's first one; where a document is cut, the next sample repeats the last token
/// of the one before, so that each token is predicted exactly once. Documents do not share a
/// sample; the batcher packs short ones into a row.
class TextDataset final : public Dataset {
public:
  /// Reads a file, or every `*.txt` and `*.jsonl` of a directory (in the order of their names).
  /// Fails when there is nothing to learn, and on a line of JSON that has no text.
  static StatusOr<std::unique_ptr<TextDataset>>
  load(const std::string &path, const Tokenizer &tokenizer, const TextOptions &options);

  int64_t size() const override { return static_cast<int64_t>(samples.size()); }
  /// "FILE", with ":LINE" where documents are lines, and "+PART" behind a cut.
  std::string id(int64_t index) const override;
  StatusOr<Sample> sample(int64_t index) const override;

private:
  struct Range {
    /// Tokens [begin, end) of `ids`.
    int64_t begin, end;
    /// The document, and which part of it this is.
    int64_t document, part;
  };
  struct Document {
    /// Index of its file, and its line counted from 1; 0: the whole file.
    int64_t file, line;
  };
  /// The text of one line of a `*.jsonl` file.
  Status addObject(std::string_view line, const Tokenizer &tokenizer, const TextOptions &options,
                   Document document);
  Status addFile(const std::string &file, const Tokenizer &tokenizer, const TextOptions &options);
  Status addDocument(std::string_view text, const Tokenizer &tokenizer, const TextOptions &options,
                     Document document);

  std::vector<int32_t> ids;
  std::vector<Range> samples;
  std::vector<Document> documents;
  std::vector<std::string> files;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_TEXTDATA_H

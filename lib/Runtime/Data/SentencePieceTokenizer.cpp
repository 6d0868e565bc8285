// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The sentencepiece kind of tokenizer: a thin cover over the library.

#include "SentencePieceTokenizer.h"
#include "SentencePieceEncoder.h"

#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"

using namespace mmc;

namespace {

class SentencePieceTokenizer final : public Tokenizer {
public:
  Status open(const std::string &file) {
    MMC_ASSIGN_OR_RETURN(std::string model, readFile(file));
    filesChecksum = crc32c(model.data(), model.size());
    if (Status status = encoder.open(model); !status.isOk())
      return Status::badInput("tokenizer: '" + file +
                              "' is no sentencepiece model: " + status.message());
    return Status::ok();
  }

  StatusOr<std::vector<int32_t>> encode(std::string_view text) const override {
    return encoder.encode(text);
  }

  StatusOr<std::vector<int32_t>> encodeWithSpecials(std::string_view text) const override {
    MMC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, encode(text));
    if (bosId() != kNone)
      ids.insert(ids.begin(), bosId());
    return ids;
  }

  StatusOr<std::string> decode(const std::vector<int32_t> &ids, bool) const override {
    // The library itself turns an unknown id into nothing; a wrong vocabulary must be heard of.
    for (int32_t id : ids)
      if (id < 0 || id >= vocabSize())
        return Status::badInput("tokenizer: ids must lie in [0, " + std::to_string(vocabSize()) +
                                "), got: " + std::to_string(id));
    std::string text;
    auto status = processor.Decode(std::vector<int>(ids.begin(), ids.end()), &text);
    if (!status.ok())
      return Status::badInput("tokenizer: cannot decode: " + status.ToString());
    return text;
  }

  int32_t bosId() const override { return processor.bos_id(); }
  int32_t eosId() const override { return processor.eos_id(); }
  int32_t unkId() const override { return processor.unk_id(); }
  int32_t padId() const override { return processor.pad_id(); }
  int64_t vocabSize() const override { return processor.GetPieceSize(); }
  int32_t idOf(const std::string &token) const override {
    int32_t id = processor.PieceToId(token);
    return processor.IsUnknown(id) && token != processor.IdToPiece(id) ? kNone : id;
  }

private:
  SentencePieceEncoder encoder;
  const sentencepiece::SentencePieceProcessor &processor = encoder.library();
};

} // namespace

StatusOr<std::unique_ptr<Tokenizer>> mmc::loadSentencePiece(const std::string &file) {
  auto tokenizer = std::make_unique<SentencePieceTokenizer>();
  MMC_RETURN_IF_ERROR(tokenizer->open(file));
  return std::unique_ptr<Tokenizer>(std::move(tokenizer));
}

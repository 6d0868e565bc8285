// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Throws random inputs at what reads other people's files: tokenizers, JSON, pictures, tar files.
//
// usage: DataFuzz [INPUTS [SEED [sentencepiece]]]      default 5000 inputs; scripts/fuzz runs it
// with sanitizers; with the last argument all inputs are models of sentencepiece
//
// Ends with one line of counts; exits 1 when text does not come back as it was promised, and by the
// sanitizer's or the watchdog's signal otherwise. Input i of a seed is the same in every run.

#include "Inputs.h"
#include "JsonRowScan.h"
#include "SentencePieceModels.h"
#include "UnicodeText.h"

#include "mmc/Runtime/Data/ConversationData.h"
#include "mmc/Runtime/Data/Image.h"
#include "mmc/Runtime/Data/PictureStore.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace mmc;
using namespace mmc::test;

namespace {

/// Seconds that one input may take: longer is a hang.
constexpr unsigned kPatience = 60;

struct Counts {
  uint64_t texts = 0, files = 0, models = 0, rows = 0, pictures = 0, archives = 0, accepted = 0,
           wrong = 0;
};

class Fuzzer {
public:
  Fuzzer() {
    for (const char *name : {"spm-llama", "spm-unigram", "llama-slow", "llama-slow-legacy",
                             "llama-fast", "llama-fast-metaspace", "llama-phi3", "bpe-llama3",
                             "bpe-llama3-merges", "bpe-qwen2", "bpe-phi", "bpe-neox"}) {
      std::string path = std::string(MMC_TEST_DATA) + "/tokenizer/" + name + "/model";
      auto tokenizer = Tokenizer::load(path);
      if (!tokenizer.isOk()) {
        std::fprintf(stderr, "%s\n", tokenizer.status().message().c_str());
        std::exit(1);
      }
      std::string kind = name;
      Promise promise = kind == "bpe-phi" || kind.rfind("bpe-llama3", 0) == 0 ? Promise::Text
                        : kind == "bpe-qwen2" || kind == "bpe-neox"           ? Promise::FormC
                        : kind == "spm-llama"                                 ? Promise::ValidText
                                                                              : Promise::Nothing;
      tokenizers.push_back({std::move(*tokenizer), promise});
    }
    for (const char *name : {"spm-llama", "spm-unigram"})
      models.push_back(goldenFile(std::string("tokenizer/") + name + "/model/tokenizer.model"));
    nlohmann::json table =
        nlohmann::json::parse(goldenFile("tokenizer/components/table.json"), nullptr, false);
    for (const nlohmann::json &entry : table)
      components.push_back(entry["file"].dump());
    for (const char *folder : {"image/files", "image-formats/files"})
      for (std::string &file : goldenFolder(folder))
        if (file.size() < 60000)
          pictures.push_back(std::move(file));
    list = R"([{"id": "a", "image": "x.png", "split": "train", "conversations": [{"from": "human",)"
           R"( "value": "<image>\nWhat\u00e9?"}, {"from": "gpt", "value": "A \"frog\"."}]},)"
           R"( {"id": 7, "conversations": [{"from": "gpt", "value": ""}], "x": [1e5, null, {}]}])";
    folder = std::filesystem::temp_directory_path() / ("mmc-fuzz-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    setenv("MMC_CACHE_DIR", "", 1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
  }
  ~Fuzzer() { std::filesystem::remove_all(folder); }

  void run(uint64_t seed, uint64_t input, bool onlySentencePiece) {
    Dice dice(seed * 0x9e3779b97f4a7c15 + input);
    if (onlySentencePiece)
      return sentencePieceModel(dice);
    switch (dice.below(16)) {
    case 0:
      return tokenizerFile(dice);
    case 1:
      return conversations(dice);
    case 2:
      return tarFile(dice);
    case 3:
    case 4:
    case 5:
      return jsonRows(dice);
    case 6:
    case 7:
    case 8:
    case 9:
      return picture(dice);
    case 10:
      return sentencePieceModel(dice);
    default:
      return text(dice);
    }
  }
  Counts counts;

private:
  /// What decode(encode(text)) gives.
  enum class Promise {
    Nothing,
    Text,      // with U+FFFD for broken sequences: byte-level BPE without a normalizer
    FormC,     // the same in normal form C
    ValidText, // valid text without U+2581, which stands for a blank: sentencepiece by itself
  };
  struct Kind {
    std::unique_ptr<Tokenizer> tokenizer;
    Promise promise;
  };

  /// Whether `back` is what the tokenizer promises for `source`.
  static bool isPromised(Promise promise, const std::string &source, const std::string &back) {
    std::string valid = toValidUtf8(source);
    switch (promise) {
    case Promise::Nothing:
      return true;
    case Promise::Text:
      return back == valid;
    case Promise::FormC: {
      // Special tokens are cut out before: what combines with their last character does not there.
      if (valid.find("|>") != std::string::npos)
        return true;
      auto form = normalizeUnicode(valid, NormalForm::C);
      return form.isOk() && back == *form;
    }
    case Promise::ValidText:
      return valid != source || source.find("\xe2\x96\x81") != std::string::npos || back == source;
    }
    return false;
  }

  void text(Dice &dice) {
    ++counts.texts;
    Kind &kind = tokenizers[dice.below(tokenizers.size())];
    std::string source = randomText(dice, dice.below(3) == 0);
    auto ids = kind.tokenizer->encodeWithSpecials(source);
    if (!ids.isOk())
      return;
    ++counts.accepted;
    for (int32_t id : *ids)
      counts.wrong += id < 0 || id >= kind.tokenizer->vocabSize();
    auto plain = kind.tokenizer->encode(source);
    auto back = kind.tokenizer->decode(*plain, false);
    if (!back.isOk() || !isPromised(kind.promise, source, *back)) {
      ++counts.wrong;
      std::fprintf(stderr, "DataFuzz: text does not come back: '%s'\n", source.c_str());
    }
    for (int32_t &id : *plain)
      id = static_cast<int32_t>(dice.below(kind.tokenizer->vocabSize() + 2)) - 1;
    (void)kind.tokenizer->decode(*plain, true).isOk();
  }

  void tokenizerFile(Dice &dice) {
    ++counts.files;
    bool model = dice.below(8) == 0;
    std::string path =
        model ? write("tokenizer.model", mutated(dice, models[dice.below(models.size())]))
              : write("tokenizer.json", mutated(dice, components[dice.below(components.size())]));
    auto tokenizer = Tokenizer::load(path);
    if (!tokenizer.isOk())
      return;
    ++counts.accepted;
    auto ids = (*tokenizer)->encodeWithSpecials(randomText(dice, true));
    if (ids.isOk())
      (void)(*tokenizer)->decode(*ids, true).isOk();
  }

  void sentencePieceModel(Dice &dice) {
    ++counts.models;
    // By itself, or in a folder with transformers' rules around it.
    bool llama = dice.below(4) == 0;
    std::string path = write("tokenizer.model", randomSentencePieceModel(dice));
    if (llama)
      write("tokenizer_config.json", dice.below(2) ? R"({"legacy": false})" : "{}");
    auto tokenizer = Tokenizer::load(llama ? folder.string() : path);
    if (!tokenizer.isOk()) {
      bool named = tokenizer.status().message().find(path) != std::string::npos;
      counts.wrong += !named;
      if (!named)
        std::fprintf(stderr, "DataFuzz: names no file: %s\n", tokenizer.status().message().c_str());
      return;
    }
    ++counts.accepted;
    std::string source = randomSentencePieceText(dice);
    // Now and then one of 10 MB, which is not decoded: the library takes 200 bytes for an id.
    const bool isLong = !source.empty() && dice.below(8192) == 0;
    while (isLong && source.size() < 10000000)
      source.append(source, 0, 10000000 - source.size());
    auto ids = (*tokenizer)->encodeWithSpecials(source);
    if (!ids.isOk())
      return;
    for (int32_t id : *ids)
      counts.wrong += id < 0 || id >= (*tokenizer)->vocabSize();
    if (!isLong)
      (void)(*tokenizer)->decode(*ids, dice.below(2)).isOk();
  }

  void jsonRows(Dice &dice) {
    ++counts.rows;
    JsonRowScan scan([](const ScannedRow &) { return Status::ok(); });
    std::string bytes = mutated(dice, list);
    size_t cut = dice.below(bytes.size() + 1);
    if (scan.feed(bytes.substr(0, cut)).isOk() && scan.feed(bytes.substr(cut)).isOk() &&
        scan.finish().isOk())
      ++counts.accepted;
  }

  void conversations(Dice &dice) {
    ++counts.rows;
    static const std::vector<std::string> templates = templateNames();
    ConversationDataOptions options;
    options.templateName = templates[dice.below(templates.size())];
    options.seqLen = static_cast<int64_t>(1 + dice.below(80));
    options.imageTokens = static_cast<int64_t>(dice.below(5));
    options.checkImages = false;
    const Tokenizer &tokenizer = *tokenizers[dice.below(tokenizers.size())].tokenizer;
    auto data =
        ConversationDataset::load(write("data.json", mutated(dice, list)), tokenizer, options);
    for (int64_t i = 0; data.isOk() && i < (*data)->size(); ++i)
      if (auto sample = (*data)->sample(i); sample.isOk()) {
        ++counts.accepted;
        counts.wrong += sample->labels.size() != sample->inputIds.size() ||
                        sample->imageSlots.size() != sample->inputIds.size();
      }
  }

  void picture(Dice &dice) {
    ++counts.pictures;
    counts.accepted +=
        decodeImage(mutated(dice, pictures[dice.below(pictures.size())]), "x").isOk();
  }

  void tarFile(Dice &dice) {
    ++counts.archives;
    std::string header(512, '\0'), bytes;
    std::snprintf(header.data(), 100, "%s", "a/x.png");
    std::snprintf(&header[124], 12, "%011o", 700);
    header[156] = "0Lx5"[dice.below(4)];
    header = mutated(dice, header);
    header.resize(512);
    // A right checksum lets the rest be looked at.
    unsigned sum = 0;
    std::fill_n(&header[148], 8, ' ');
    for (unsigned char byte : header)
      sum += byte;
    std::snprintf(&header[148], 8, "%06o", sum);
    for (int i = 0; i < 3; ++i)
      bytes += header + mutated(dice, std::string(1024, "30 path=abc\n"[dice.below(12)]));
    auto tar = TarFile::open(write("x.tar", bytes));
    if (tar.isOk()) {
      ++counts.accepted;
      (void)(*tar)->read("a/x.png").isOk();
    }
  }

  std::string write(const char *name, const std::string &bytes) {
    std::string path = (folder / name).string();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return path;
  }

  std::vector<Kind> tokenizers;
  std::vector<std::string> components, models, pictures;
  std::string list;
  std::filesystem::path folder;
};

} // namespace

int main(int argc, char **argv) {
  uint64_t inputs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5000;
  uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  bool onlySentencePiece = argc > 3 && std::string(argv[3]) == "sentencepiece";
  Fuzzer fuzzer;
  for (uint64_t i = 0; i < inputs; ++i) {
    alarm(kPatience);
    fuzzer.run(seed, i, onlySentencePiece);
  }
  alarm(0);
  const Counts &c = fuzzer.counts;
  std::printf("%llu inputs: %llu texts, %llu tokenizer files, %llu sentencepiece models, %llu JSON "
              "lists, %llu pictures, %llu "
              "tar files; %llu accepted, %llu wrong\n",
              (unsigned long long)inputs, (unsigned long long)c.texts, (unsigned long long)c.files,
              (unsigned long long)c.models, (unsigned long long)c.rows,
              (unsigned long long)c.pictures, (unsigned long long)c.archives,
              (unsigned long long)c.accepted, (unsigned long long)c.wrong);
  return c.wrong != 0;
}

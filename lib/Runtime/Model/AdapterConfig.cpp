// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Model/AdapterConfig.h"

#include "AdapterFormats.h"

#include "mmc/Runtime/Core/File.h"

#include <sys/stat.h>

using namespace mmc;

StatusOr<OrderedJson> mmc::numberOfWord(const std::string &name, const std::string &word) {
  OrderedJson value = OrderedJson::parse(word, nullptr, false);
  if (!value.is_number())
    return Status::badUsage("adapter: " + name + " must be a number, got: '" + word + "'");
  return value;
}

/// Splits "NAME KEY=VALUE …" at blanks outside of /expressions/, which end at a slash with a blank,
/// '=' or the end behind it.
static StatusOr<AdapterWords> wordsOf(const std::string &text) {
  AdapterWords words;
  bool inRegex = false;
  std::string word;
  size_t equals = std::string::npos;
  for (size_t i = 0; i <= text.size(); ++i) {
    char c = i < text.size() ? text[i] : ' ';
    if (i == text.size() && inRegex)
      return Status::badUsage("adapter: an expression has no closing '/', got: '" + word + "'");
    if (c == ' ' && !inRegex) {
      if (!word.empty() && equals == std::string::npos)
        return Status::badUsage("adapter: expected OPTION=VALUE, got: '" + word + "'");
      if (!word.empty())
        words.push_back({word.substr(0, equals), word.substr(equals + 1)});
      word.clear();
      equals = std::string::npos;
      continue;
    }
    char before = word.empty() ? ' ' : word.back();
    if (c == '/' && !inRegex && (before == '=' || before == '@'))
      inRegex = true;
    else if (c == '/' && inRegex &&
             (i + 1 >= text.size() || text[i + 1] == ' ' || text[i + 1] == '='))
      inRegex = false;
    else if (c == '=' && !inRegex && equals == std::string::npos)
      equals = word.size();
    word += c;
  }
  return words;
}

/// The format's spec, with `dropout` in place of the configuration's own.
static Status finish(AdapterConfig &adapter, OrderedJson &config, std::optional<double> dropout) {
  auto type = config.find("peft_type");
  if (type == config.end() || !type->is_string())
    return Status::badInput("peft_type must be LORA or MM_ADAPTER, got: none");
  std::string name = *type;
  if (name == "LORA") {
    if (dropout)
      config["lora_dropout"] = *dropout;
    MMC_ASSIGN_OR_RETURN(adapter.spec, specOfLora(config));
  } else if (name == "MM_ADAPTER") {
    if (dropout)
      config["dropout"] = *dropout;
    MMC_ASSIGN_OR_RETURN(adapter.spec, specOfMmAdapter(config));
  } else if (name == "MMC") {
    // A definition of the user's own: the spec itself.
    auto spec = config.find("spec");
    if (spec == config.end() || !spec->is_string() || config.size() != 2)
      return Status::badInput("peft_type MMC needs the key spec, a string, and no other");
    if (dropout)
      return Status::badUsage("a dropout cannot replace that of a definition of one's own; put "
                              "dropout=… into the adapter's spec");
    adapter.spec = *spec;
  } else {
    return Status::badInput("peft_type must be LORA or MM_ADAPTER, got: " + name);
  }
  adapter.config = config;
  return Status::ok();
}

static StatusOr<AdapterConfig> readDirectory(const std::string &directory,
                                             std::optional<double> dropout) {
  AdapterConfig adapter;
  adapter.directory = directory;
  std::string path = directory + "/adapter_config.json";
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(path));
  OrderedJson config = OrderedJson::parse(text, nullptr, false);
  if (!config.is_object())
    return Status::badInput(path + ": must be a JSON object");
  MMC_RETURN_IF_ERROR(finish(adapter, config, dropout).context(path));
  return adapter;
}

StatusOr<AdapterConfig> mmc::readAdapter(const std::string &argument,
                                         std::optional<double> dropout) {
  struct stat status;
  bool isDirectory = stat(argument.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  size_t end = std::min(argument.find(' '), argument.size());
  std::string name = argument.substr(0, end);
  bool isKnown = name == "lora" || name == "mm-adapter";
  // A lone word that is no adapter's name was meant as a directory; reading it says what is wrong.
  if (isDirectory || (!isKnown && argument.find('=') == std::string::npos))
    return readDirectory(argument, dropout);
  AdapterConfig adapter;
  OrderedJson config = {{"peft_type", "MMC"}, {"spec", argument}};
  if (isKnown) {
    MMC_ASSIGN_OR_RETURN(AdapterWords words, wordsOf(argument.substr(end)));
    MMC_ASSIGN_OR_RETURN(config, name == "lora" ? loraFromWords(words) : mmAdapterFromWords(words));
  }
  MMC_RETURN_IF_ERROR(finish(adapter, config, dropout).context("adapter '" + argument + "'"));
  return adapter;
}

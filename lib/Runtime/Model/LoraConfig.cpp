// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PEFT's LoraConfig.

#include "AdapterFormats.h"

#include <algorithm>
#include <set>

using namespace mmc;

/// Keys that say nothing about what is computed, or only together with a key that is refused. fan_in_fan_out is about
/// layers that lie transposed; PEFT itself sets it back at those that mmc has (torch.nn.Linear).
static const std::set<std::string> harmless = {
    "peft_type",       "task_type",     "auto_mapping",      "base_model_name_or_path", "revision", "inference_mode",
    "peft_version",    "megatron_core", "qalora_group_size", "runtime_config",
    "fan_in_fan_out"};

/// Keys that mmc follows.
static const std::set<std::string> supported = {
    "r",           "lora_alpha",   "lora_dropout",        "use_rslora",     "target_modules", "exclude_modules",
    "rank_pattern", "alpha_pattern", "layers_to_transform", "layers_pattern", "init_lora_weights", "modules_to_save", "bias"};

static bool isNothing(const OrderedJson &value) {
  return value.is_null() || (value.is_boolean() && !value.get<bool>()) ||
         ((value.is_object() || value.is_array() || value.is_string()) && value.size() == 0) || value == "";
}

static Status wrong(const std::string &key, const std::string &rule, const OrderedJson &value) {
  return Status::badInput(key + " must be " + rule + ", got: " + value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

/// Names that the spec can hold: no blanks, commas or semicolons.
static bool isPlain(const std::string &name) {
  return !name.empty() && name.find_first_of(" \t\r\n,;") == std::string::npos && name[0] != '/';
}

/// The value under `key` if it is there and not null.
static OrderedJson valueOf(const OrderedJson &config, const char *key) {
  auto found = config.find(key);
  return found == config.end() ? OrderedJson() : *found;
}

/// ["q_proj", "v_proj"] → "q_proj,v_proj"; one string stands for itself.
static StatusOr<std::string> listOf(const std::string &key, const OrderedJson &value) {
  OrderedJson list = value.is_string() ? OrderedJson::array({value}) : value;
  if (!list.is_array())
    return wrong(key, "a list of names", value);
  std::string text;
  for (const OrderedJson &name : list) {
    if (!name.is_string() || !isPlain(name.get<std::string>()))
      return wrong(key, "a list of names without blanks, commas or semicolons", value);
    text += (text.empty() ? "" : ",") + name.get<std::string>();
  }
  return text;
}

/// A string as a regular expression between slashes, where its own slashes cannot be taken for the end.
static StatusOr<std::string> regexOf(const std::string &key, const std::string &text) {
  for (size_t i = text.find('/'); i != std::string::npos; i = text.find('/', i + 1))
    if (i + 1 == text.size() || std::string(" \t\r\n;=").find(text[i + 1]) != std::string::npos)
      return wrong(key, "an expression without '/' before a blank, ';', '=' or its end", text);
  return "/" + text + "/";
}

/// target_modules, exclude_modules: a string is a regular expression over whole names, a list has names.
static StatusOr<std::string> choiceOf(const std::string &key, const OrderedJson &value) {
  if (!value.is_string())
    return listOf(key, value);
  std::string text = value, lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (key == "target_modules" && lower == "all-linear")
    return lower;
  return regexOf(key, text);
}

static StatusOr<std::string> layersOf(const OrderedJson &value) {
  OrderedJson list = value.is_array() ? value : OrderedJson::array({value});
  std::string text;
  for (const OrderedJson &layer : list) {
    if (!layer.is_number_integer() || layer.get<int64_t>() < 0)
      return wrong("layers_to_transform", "a number from 0 or a list of such", value);
    text += (text.empty() ? "" : ",") + layer.dump();
  }
  return text;
}

static StatusOr<std::string> patternsOf(const std::string &key, const std::string &option, const OrderedJson &value,
                                        bool whole) {
  std::string text;
  if (!value.is_object())
    return wrong(key, "a dictionary from expressions to numbers", value);
  for (auto &[pattern, number] : value.items()) {
    if (!number.is_number() || (whole && (!number.is_number_integer() || number.get<int64_t>() < 1)))
      return wrong(key + "[" + pattern + "]", whole ? "a whole number from 1" : "a number", number);
    MMC_ASSIGN_OR_RETURN(std::string regex, regexOf(key, pattern));
    text += " " + option + "@" + regex + "=" + number.dump();
  }
  return text;
}

/// How A and B start, as options of the definition.
static StatusOr<std::string> initOf(const OrderedJson &value) {
  if (value.is_null() || value == true)
    return std::string();
  if (value == false) // torch.nn.Linear's own: not the identity
    return std::string(" init_b=kaiming_uniform(2.23606797749979) identity=0");
  if (value == "gaussian")
    return std::string(" init_a=normal(0,{1/rank})");
  return wrong("init_lora_weights", "true, false or \"gaussian\"", value);
}

StatusOr<std::string> mmc::specOfLora(const OrderedJson &config) {
  for (auto &[key, value] : config.items()) {
    if (harmless.count(key) || supported.count(key) || isNothing(value))
      continue;
    return Status::badInput("mmc does not support " + key + ", got: " +
                            value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "; only its default is possible");
  }
  OrderedJson bias = valueOf(config, "bias");
  if (!bias.is_null() && bias != "none")
    return wrong("bias", "\"none\"", bias);
  OrderedJson rank = config.value("r", OrderedJson(8)), alpha = config.value("lora_alpha", OrderedJson(8));
  OrderedJson dropout = config.value("lora_dropout", OrderedJson(0.0)), rslora = config.value("use_rslora", OrderedJson(false));
  if (!rank.is_number_integer() || rank.get<int64_t>() < 1)
    return wrong("r", "a whole number from 1", rank);
  if (!alpha.is_number())
    return wrong("lora_alpha", "a number", alpha);
  if (!dropout.is_number() || dropout.get<double>() < 0 || dropout.get<double>() >= 1)
    return wrong("lora_dropout", "at least 0 and below 1", dropout);
  if (!rslora.is_boolean())
    return wrong("use_rslora", "true or false", rslora);

  std::string spec;
  OrderedJson saved = valueOf(config, "modules_to_save");
  if (!isNothing(saved)) {
    // First: what trains in full takes no adapter.
    MMC_ASSIGN_OR_RETURN(std::string modules, listOf("modules_to_save", saved));
    spec = "full targets=" + modules + "; ";
  }
  spec += "lora rank=" + rank.dump() + " alpha=" + alpha.dump();
  if (rslora.get<bool>())
    spec += " rslora=1";
  if (dropout.get<double>() > 0)
    spec += " dropout=" + dropout.dump();
  OrderedJson targets = valueOf(config, "target_modules"), exclude = valueOf(config, "exclude_modules");
  if (isNothing(targets))
    return wrong("target_modules", "names of modules, an expression or \"all-linear\"", targets);
  MMC_ASSIGN_OR_RETURN(std::string chosen, choiceOf("target_modules", targets));
  spec += " targets=" + chosen;
  if (!isNothing(exclude)) {
    MMC_ASSIGN_OR_RETURN(std::string excluded, choiceOf("exclude_modules", exclude));
    spec += " exclude=" + excluded;
  }
  OrderedJson layers = valueOf(config, "layers_to_transform"), pattern = valueOf(config, "layers_pattern");
  if (!isNothing(layers)) {
    if (chosen[0] == '/')
      return Status::badInput("layers_to_transform cannot be used when target_modules is an expression");
    MMC_ASSIGN_OR_RETURN(std::string numbers, layersOf(layers));
    spec += " layers=" + numbers;
  }
  if (!isNothing(pattern)) {
    if (isNothing(layers))
      return Status::badInput("layers_pattern needs layers_to_transform");
    MMC_ASSIGN_OR_RETURN(std::string names, listOf("layers_pattern", pattern));
    spec += " layers_pattern=" + names;
  }
  OrderedJson ranks = valueOf(config, "rank_pattern"), alphas = valueOf(config, "alpha_pattern");
  if (!isNothing(ranks)) {
    MMC_ASSIGN_OR_RETURN(std::string text, patternsOf("rank_pattern", "rank", ranks, /*whole=*/true));
    spec += text;
  }
  if (!isNothing(alphas)) {
    MMC_ASSIGN_OR_RETURN(std::string text, patternsOf("alpha_pattern", "alpha", alphas, /*whole=*/false));
    spec += text;
  }
  MMC_ASSIGN_OR_RETURN(std::string init, initOf(valueOf(config, "init_lora_weights")));
  return spec + init;
}

/// "a,b" → ["a", "b"]; "/x/" and all-linear → that expression as a string.
static OrderedJson modulesOfWord(const std::string &word) {
  if (word.size() >= 2 && word.front() == '/' && word.back() == '/')
    return word.substr(1, word.size() - 2);
  if (word == "all-linear")
    return word;
  OrderedJson list = OrderedJson::array();
  for (size_t begin = 0; begin <= word.size();) {
    size_t end = std::min(word.find(',', begin), word.size());
    if (end > begin)
      list.push_back(word.substr(begin, end - begin));
    begin = end + 1;
  }
  return list;
}

StatusOr<OrderedJson> mmc::loraFromWords(const AdapterWords &words) {
  OrderedJson config = {{"peft_type", "LORA"}, {"task_type", nullptr}, {"base_model_name_or_path", nullptr},
                        {"inference_mode", true}, {"r", 8}, {"lora_alpha", 8}, {"lora_dropout", 0.0},
                        {"use_rslora", false}, {"use_dora", false}, {"bias", "none"}, {"fan_in_fan_out", false},
                        {"init_lora_weights", true}, {"target_modules", nullptr}, {"exclude_modules", nullptr},
                        {"layers_to_transform", nullptr}, {"layers_pattern", nullptr},
                        {"rank_pattern", OrderedJson::object()}, {"alpha_pattern", OrderedJson::object()},
                        {"modules_to_save", nullptr}};
  static const std::map<std::string, std::string> numbers = {{"rank", "r"}, {"alpha", "lora_alpha"}, {"dropout", "lora_dropout"}};
  static const std::map<std::string, std::string> modules = {
      {"targets", "target_modules"}, {"exclude", "exclude_modules"}, {"layers_pattern", "layers_pattern"}, {"modules_to_save", "modules_to_save"}};
  for (auto &[name, word] : words) {
    size_t at = name.find('@');
    std::string key = name.substr(0, at);
    if (auto number = numbers.find(key); number != numbers.end()) {
      MMC_ASSIGN_OR_RETURN(OrderedJson value, numberOfWord(name, word));
      if (at == std::string::npos) {
        config[number->second] = value;
      } else if (key != "dropout") {
        std::string where = name.substr(at + 1);
        if (where.size() >= 2 && where.front() == '/' && where.back() == '/')
          where = where.substr(1, where.size() - 2);
        config[key + "_pattern"][where] = value;
      } else {
        return Status::badUsage("adapter lora: dropout is the same at all modules, got: " + name);
      }
    } else if (auto choice = modules.find(name); choice != modules.end()) {
      config[choice->second] = modulesOfWord(word);
    } else if (name == "layers") {
      config["layers_to_transform"] = OrderedJson::array();
      for (const OrderedJson &layer : modulesOfWord(word)) {
        MMC_ASSIGN_OR_RETURN(OrderedJson value, numberOfWord(name, layer));
        config["layers_to_transform"].push_back(value);
      }
    } else if (name == "rslora" && (word == "0" || word == "1" || word == "true" || word == "false")) {
      config["use_rslora"] = word == "1" || word == "true";
    } else if (name == "init" && (word == "true" || word == "false" || word == "gaussian")) {
      config["init_lora_weights"] = word == "gaussian" ? OrderedJson(word) : OrderedJson(word == "true");
    } else {
      return Status::badUsage("adapter lora: no option is written " + name + "=" + word +
                              "; options are rank, alpha, dropout, rslora=0|1, targets, exclude, layers, layers_pattern, "
                              "rank@MODULE, alpha@MODULE, init=true|false|gaussian, modules_to_save");
    }
  }
  return config;
}

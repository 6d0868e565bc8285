// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of conversation templates and their rendering.

#include "mmc/Runtime/Data/ConversationTemplate.h"

using namespace mmc;

using Style = ConversationTemplate::Style;
using Rules = ConversationTemplate::Rules;

static const char *const kUserSystem =
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives "
    "helpful, detailed, and polite answers to the user's questions.";
static const char *const kHumanSystem =
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives "
    "helpful, detailed, and polite answers to the human's questions.";
static const char *const kTagSystem =
    "A chat between a curious user and an artificial intelligence assistant. The assistant is able "
    "to understand the visual content that the user provides, and assist the user with a variety "
    "of tasks using natural language.The visual content will be provided with the following "
    "format: <Image>visual content</Image>.";
static const char *const kLlama2System =
    "You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, "
    "while being safe.  Your answers should not include any harmful, unethical, racist, sexist, "
    "toxic, dangerous, or illegal content. Please ensure that your responses are socially unbiased "
    "and positive in nature.\n\nIf a question does not make any sense, or is not factually "
    "coherent, explain why instead of answering something not correct. If you don't know the "
    "answer to a question, please don't share false information.";
static const char *const kLlavaLlama2System =
    "You are a helpful language and vision assistant. You are able to understand the visual "
    "content that the user provides, and assist the user with a variety of tasks using natural "
    "language.";
static const char *const kChatMlSystem = "<|im_start|>system\nAnswer the questions.";
static const char *const kMptSystem =
    "<|im_start|>system\nA conversation between a user and an LLM-based AI assistant. The "
    "assistant gives helpful and honest answers.";

static std::vector<ConversationTemplate> makeTable() {
  std::vector<ConversationTemplate> table;
  auto add = [&](const char *name, const char *system, Style style, const char *human,
                 const char *assistant, const char *separator, const char *separator2,
                 Rules rules = Rules::Llava, bool tags = false) {
    table.push_back({name, system, human, assistant, style, separator, separator2, rules, tags});
  };
  for (const char *name : {"plain", "v0_plain"})
    add(name, "", Style::Plain, "", "", "\n", "");
  for (const char *name : {"default", "v0", "llava_v0"})
    add(name, kHumanSystem, Style::Single, "Human", "Assistant", "###", "");
  add("v0_mmtag", kTagSystem, Style::Single, "Human", "Assistant", "###", "", Rules::Llava, true);
  for (const char *name : {"v1", "vicuna_v1"})
    add(name, kUserSystem, Style::Two, "USER", "ASSISTANT", " ", "</s>");
  add("llava_v1", kHumanSystem, Style::Two, "USER", "ASSISTANT", " ", "</s>");
  add("v1_mmtag", kTagSystem, Style::Two, "USER", "ASSISTANT", " ", "</s>", Rules::Llava, true);
  add("llama_2", kLlama2System, Style::Llama2, "USER", "ASSISTANT", "<s>", "</s>");
  add("llava_llama_2", kLlavaLlama2System, Style::Llama2, "USER", "ASSISTANT", "<s>", "</s>");
  add("mistral_instruct", "", Style::Llama2, "USER", "ASSISTANT", "", "</s>");
  const char *user = "<|im_start|>user\n", *assistant = "<|im_start|>assistant\n";
  for (const char *name : {"chatml_direct", "mistral_direct"})
    add(name, kChatMlSystem, Style::Mpt, user, assistant, "<|im_end|>", "");
  add("mpt", kMptSystem, Style::Mpt, user, assistant, "<|im_end|>", "");
  add("bunny", kUserSystem, Style::Two, "USER", "ASSISTANT", " ", "<|endoftext|>",
      Rules::BunnyNoBos);
  add("phi3", kUserSystem, Style::Two, "USER", "ASSISTANT", " ", "<|endoftext|>", Rules::BunnyAuto);
  add("minicpm", kUserSystem, Style::Two, "USER", "ASSISTANT", " ", "</s>", Rules::BunnyBos);
  add("llama", kUserSystem, Style::Two, "USER", "ASSISTANT", " ", "<|end_of_text|>",
      Rules::BunnyBos);
  return table;
}

static const std::vector<ConversationTemplate> &table() {
  static const std::vector<ConversationTemplate> templates = makeTable();
  return templates;
}

std::vector<std::string> mmc::templateNames() {
  std::vector<std::string> names;
  for (const ConversationTemplate &entry : table())
    names.push_back(entry.name);
  return names;
}

StatusOr<const ConversationTemplate *> mmc::findTemplate(const std::string &name) {
  std::string names;
  for (const ConversationTemplate &entry : table()) {
    if (entry.name == name)
      return &entry;
    names += (names.empty() ? "" : ", ") + entry.name;
  }
  return Status::badUsage("a conversation template must be one of " + names + ", got: '" + name +
                          "'");
}

static std::string renderLlama2(const ConversationTemplate &form, const std::vector<Turn> &turns) {
  std::string text;
  for (size_t i = 0; i < turns.size(); ++i) {
    std::string message = turns[i].text;
    if (message.empty())
      continue;
    if (i == 0 && !form.system.empty())
      message = "<<SYS>>\n" + form.system + "\n<</SYS>>\n\n" + message;
    if (i % 2 == 0)
      text += form.separator + "[INST] " + message + " [/INST]";
    else
      text += " " + message + " " + form.separator2;
  }
  // Python's lstrip("<s>") takes off these characters, in any order and number.
  size_t begin = form.separator.empty() ? 0 : text.find_first_not_of(form.separator);
  return begin == std::string::npos ? "" : text.substr(begin);
}

std::string ConversationTemplate::render(const std::vector<Turn> &turns) const {
  if (style == Style::Llama2)
    return renderLlama2(*this, turns);
  std::string text = system;
  if (style == Style::Plain) {
    for (size_t i = 0; i < turns.size(); ++i)
      if (!turns[i].text.empty())
        text += turns[i].text + (i % 2 == 0 ? separator : separator2);
    return text;
  }
  const bool two = style == Style::Two;
  text += separator;
  for (size_t i = 0; i < turns.size(); ++i) {
    text += role(turns[i].role);
    if (turns[i].text.empty()) {
      text += style == Style::Mpt ? "" : ":";
      continue;
    }
    text += (style == Style::Mpt ? "" : ": ") + turns[i].text;
    text += two && i % 2 == 1 ? separator2 : separator;
  }
  return text;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How LLaVA and Bunny write a conversation as one text.

#ifndef MMC_RUNTIME_DATA_CONVERSATIONTEMPLATE_H
#define MMC_RUNTIME_DATA_CONVERSATIONTEMPLATE_H

#include "mmc/Runtime/Core/Status.h"

#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// What stands for a picture in a message.
inline constexpr std::string_view kImageMark = "<image>";

struct Turn {
  /// 0: the human, 1: the assistant.
  int role = 0;
  std::string text;
};

/// One of LLaVA's `conv_templates` (c121f04) or Bunny's (08273ac).
struct ConversationTemplate {
  /// Plain: <image> and a caption. Single: "### Human: …\n", the oldest. Two: "USER: … ASSISTANT:
  /// …</s>". Llama2: "[INST] … [/INST] … </s>". Mpt: ChatML.
  enum class Style { Plain, Single, Two, Llama2, Mpt };
  /// Whose rules for label masks hold: LLaVA's, or Bunny's with or without a begin token (Auto: the
  /// tokenizer tells).
  enum class Rules { Llava, BunnyBos, BunnyNoBos, BunnyAuto };

  std::string name, system, human, assistant;
  Style style = Style::Two;
  std::string separator, separator2;
  Rules rules = Rules::Llava;
  /// Pictures are written <Image><image></Image>.
  bool imageTags = false;

  const std::string &role(int index) const { return index == 0 ? human : assistant; }

  /// The text of `turns`, which alternate from the human's; one without text leaves its role open.
  /// What generation starts from, and what training samples of the styles Two, Llama2 and Mpt are.
  std::string render(const std::vector<Turn> &turns) const;
};

/// The template of that name. BadUsage with all names for another one.
StatusOr<const ConversationTemplate *> findTemplate(const std::string &name);

/// The names that findTemplate knows.
std::vector<std::string> templateNames();

} // namespace mmc

#endif // MMC_RUNTIME_DATA_CONVERSATIONTEMPLATE_H

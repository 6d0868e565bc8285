// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matching of opcodes and modifiers with the table, and its listing.

#include "Table.h"

#include "mmc/Runtime/Emulator/Instructions.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

namespace mmc::emulator {

namespace {

struct Element {
  bool isOptional = false;
  std::vector<std::string_view> words;
};

std::vector<Element> parsePattern(std::string_view pattern) {
  std::vector<Element> elements;
  while (!pattern.empty()) {
    size_t end = std::min(pattern.find(' '), pattern.size());
    std::string_view part = pattern.substr(0, end);
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
    if (part.empty())
      continue;
    Element element;
    element.isOptional = part[0] == '[';
    if (part[0] == '[' || part[0] == '<')
      part = part.substr(1, part.size() - 2);
    while (!part.empty()) {
      size_t bar = std::min(part.find('|'), part.size());
      element.words.push_back(part.substr(0, bar));
      part.remove_prefix(std::min(bar + 1, part.size()));
    }
    elements.push_back(std::move(element));
  }
  return elements;
}

struct Table {
  Rows rows;
  std::vector<std::vector<Element>> patterns;
  std::unordered_map<std::string_view, std::vector<size_t>> byOpcode;

  Table() {
    addIntegerRows(rows);
    addCarryRows(rows);
    addShortProductRows(rows);
    addFloatRows(rows);
    addExtremeRows(rows);
    addMixedRows(rows);
    addHalfRows(rows);
    addApproximateRows(rows);
    addLogicRows(rows);
    addBitRows(rows);
    addCompareRows(rows);
    addSelectRows(rows);
    addMoveRows(rows);
    addAddressRows(rows);
    addConvertRows(rows);
    addPackedConvertRows(rows);
    addNarrowConvertRows(rows);
    addLoadStoreRows(rows);
    addBulkMemoryRows(rows);
    addAtomicRows(rows);
    addAtomicVectorRows(rows);
    addAsyncRows(rows);
    addControlRows(rows);
    addCallRows(rows);
    addStackRows(rows);
    addBulkRows(rows);
    addBulkStoreRows(rows);
    addBarrierRows(rows);
    addMbarrierRows(rows);
    addClusterRows(rows);
    addWarpRows(rows);
    addReduxRows(rows);
    addMatrixRows(rows);
    addMatrixAccessRows(rows);
    addWmmaRows(rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      patterns.push_back(parsePattern(rows[i].modifiers));
      byOpcode[rows[i].opcode].push_back(i);
    }
  }
};

const Table &table() {
  static const Table instance;
  return instance;
}

/// How far the modifiers agree with a row; all of them when `complete`.
struct Progress {
  size_t matched = 0;
  bool complete = false;
  std::vector<std::string_view> expected; ///< what could have come next
};

Progress match(const std::vector<Element> &pattern, const std::vector<Token> &modifiers) {
  Progress progress;
  for (const Element &element : pattern) {
    bool found = false;
    if (progress.matched < modifiers.size())
      for (std::string_view word : element.words)
        found |= word == modifiers[progress.matched].text;
    if (found) {
      ++progress.matched;
      progress.expected.clear();
      continue;
    }
    progress.expected.insert(progress.expected.end(), element.words.begin(), element.words.end());
    if (!element.isOptional)
      return progress;
  }
  progress.complete = progress.matched == modifiers.size();
  return progress;
}

/// 0 for words whose order means nothing, else what they are among: "f32.s32" is not "s32.f32".
int orderedAmong(std::string_view word) {
  for (std::string_view space : {"shared", "global", "local", "const", "param"})
    if (word.substr(0, word.find("::")) == space)
      return 1;
  return parseType(word) ? 2 : 0;
}

/// The modifiers in the row's order, for those that are written in another one, as ptxas has it:
/// any order, but types among themselves and state spaces among themselves in the row's. Empty:
/// they are not the row's.
std::vector<Token> inOrderOf(const std::vector<Element> &pattern,
                             const std::vector<Token> &modifiers) {
  std::vector<Token> ordered;
  std::vector<bool> isUsed(modifiers.size());
  size_t next[3] = {0, 0, 0}; // where the next one of each order may stand
  for (const Element &element : pattern) {
    size_t at = 0;
    while (at < modifiers.size() &&
           (isUsed[at] || std::find(element.words.begin(), element.words.end(),
                                    modifiers[at].text) == element.words.end()))
      ++at;
    if (at == modifiers.size()) {
      if (!element.isOptional)
        return {};
      continue;
    }
    if (int order = orderedAmong(modifiers[at].text)) {
      if (at < next[order])
        return {};
      next[order] = at;
    }
    isUsed[at] = true;
    ordered.push_back(modifiers[at]);
  }
  return ordered.size() == modifiers.size() ? ordered : std::vector<Token>();
}

bool accept(Instruction &instruction, const InstructionRow &row,
            const std::vector<Token> &modifiers) {
  instruction.row = &row;
  for (const Token &modifier : modifiers) {
    instruction.modifiers.push_back(modifier.text);
    if (std::optional<Type> type = parseType(modifier.text))
      instruction.types.push_back(*type);
  }
  return true;
}

} // namespace

const std::vector<InstructionRow> &instructionTable() { return table().rows; }

bool matchInstruction(Instruction &instruction, const std::vector<Token> &modifiers,
                      MatchError &error) {
  auto found = table().byOpcode.find(instruction.opcode);
  if (found == table().byOpcode.end()) {
    error.message = "instruction '" + instruction.text + "' is not supported";
    return false;
  }
  Progress best;
  bool any = false;
  for (size_t i : found->second) {
    Progress progress = match(table().patterns[i], modifiers);
    if (progress.complete)
      return accept(instruction, table().rows[i], modifiers);
    if (!any || progress.matched > best.matched)
      best = std::move(progress);
    else if (progress.matched == best.matched)
      best.expected.insert(best.expected.end(), progress.expected.begin(), progress.expected.end());
    any = true;
  }
  for (size_t i : found->second) {
    std::vector<Token> ordered = inOrderOf(table().patterns[i], modifiers);
    if (!ordered.empty())
      return accept(instruction, table().rows[i], ordered);
  }
  std::string prefix(instruction.opcode);
  for (size_t i = 0; i < best.matched; ++i)
    prefix += "." + std::string(modifiers[i].text);
  bool atEnd = best.matched >= modifiers.size();
  if (!atEnd)
    error.at = modifiers[best.matched].at;
  std::string expected;
  std::vector<std::string_view> seen;
  for (std::string_view word : best.expected) {
    if (std::find(seen.begin(), seen.end(), word) != seen.end())
      continue;
    seen.push_back(word);
    if (seen.size() > 40)
      continue;
    expected += (expected.empty() ? "." : " .") + std::string(word);
  }
  if (expected.empty())
    expected = "no further modifier";
  error.message =
      "'" + instruction.text + "' is not supported: after '" + prefix + "' expected " + expected +
      ", got: " +
      (atEnd ? std::string("nothing") : "." + std::string(modifiers[best.matched].text));
  return false;
}

static std::string operandCountProblem(const InstructionRow &row, size_t count) {
  size_t minimum = 0, maximum = 0;
  bool isOptional = false;
  unsigned braces = 0;
  for (const char *c = row.operands; *c; ++c) {
    bool separates = *c == ',' && !braces;
    // "[, c]" is optional, "[a]" is an address.
    if (*c == '[' && c[1] == ',')
      isOptional = true;
    braces += *c == '{';
    braces -= *c == '}';
    if (separates || c == row.operands) {
      ++maximum;
      minimum += !isOptional;
    }
  }
  if (std::strncmp(row.operands, "[,", 2) == 0)
    maximum -= 1; // everything is optional
  if (count >= minimum && count <= maximum)
    return "";
  std::string needed = minimum == maximum
                           ? std::to_string(minimum)
                           : std::to_string(minimum) + " to " + std::to_string(maximum);
  return "takes " + needed + " operands (" + row.operands + "), got: " + std::to_string(count);
}

std::string settleOperandCount(Instruction &instruction) {
  const size_t count = instruction.operands.size();
  std::string problem = operandCountProblem(*instruction.row, count);
  if (problem.empty())
    return problem;
  std::vector<Token> modifiers(instruction.modifiers.size());
  for (size_t i = 0; i < modifiers.size(); ++i)
    modifiers[i].text = instruction.modifiers[i];
  for (size_t i : table().byOpcode.at(instruction.opcode))
    if (match(table().patterns[i], modifiers).complete &&
        operandCountProblem(table().rows[i], count).empty()) {
      instruction.row = &table().rows[i];
      return "";
    }
  return problem;
}

std::string supportedInstructions() {
  std::map<InstructionClass, std::string> sections;
  for (size_t i = 0; i < table().rows.size(); ++i) {
    const InstructionRow &row = table().rows[i];
    std::string line = std::string("- `") + row.opcode;
    for (const Element &element : table().patterns[i]) {
      bool several = element.words.size() > 1 || element.isOptional;
      line += several ? "{" : "";
      for (size_t w = 0; w < element.words.size(); ++w)
        line += (w ? ",." : ".") + std::string(element.words[w]);
      line += several ? (element.isOptional ? "}" : "}!") : "";
    }
    line += std::string(*row.operands ? " " : "") + row.operands + "`";
    if (row.minimumSm)
      line += ", from sm_" + std::to_string(row.minimumSm) + (row.isSpecific ? "a" : "");
    sections[row.kind] += line + "\n";
  }
  std::string text;
  for (const auto &[kind, lines] : sections)
    text += (text.empty() ? "### " : "\n### ") + std::string(nameOf(kind)) + "\n\n" + lines;
  return text;
}

} // namespace mmc::emulator

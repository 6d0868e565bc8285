// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes model files as a person would: names that say what a value is, lines of at most 120
// columns.

#include "ModelWriter.h"

#include <charconv>

namespace mmc::import {

static constexpr size_t kColumns = 120;

std::string Value::type() const {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += (size == kDynamic ? "?" : std::to_string(size)) + "x";
  return text + element + ">";
}

std::string floatText(double number) {
  char buffer[32];
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof(buffer), number).ptr);
  size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') == std::string::npos)
    mantissa += ".0";
  if (e == std::string::npos)
    return mantissa;
  // "e-06" as people write it: "e-6".
  size_t digits = text.find_first_not_of("+-0", e + 1);
  return mantissa + (text[e + 1] == '-' ? "e-" : "e") + text.substr(digits);
}

static std::string join(const std::vector<Value> &values, bool types) {
  std::string text;
  for (const Value &value : values)
    text += (text.empty() ? "" : ", ") + (types ? value.type() : value.name);
  return text;
}

void ModelWriter::comment(const std::string &text) {
  std::string indent(2 * depth, ' ');
  std::string line = indent + "//";
  size_t start = 0;
  while (start < text.size()) {
    size_t end = std::min(text.find(' ', start), text.size());
    if (line.size() + 1 + end - start > kColumns) {
      content += line + '\n';
      line = indent + "//";
    }
    line += ' ' + text.substr(start, end - start);
    start = end + 1;
  }
  content += line + '\n';
}

void ModelWriter::wrapped(const std::string &statement) {
  std::string indent(2 * depth, ' '), rest = statement;
  auto breakAt = [&](size_t space) {
    content += indent + rest.substr(0, space) + '\n';
    rest = rest.substr(space + 1);
    indent = std::string(2 * depth + 4, ' ');
  };
  // What stands before column `end` of the rest, cut behind its commas until it fits.
  auto cut = [&](size_t end) {
    while (indent.size() + end > kColumns) {
      size_t comma = rest.rfind(", ", kColumns - indent.size() - 1);
      if (comma == std::string::npos)
        break;
      breakAt(comma + 1);
      end -= comma + 2;
    }
    return end;
  };
  for (const char *before : {" scaling ", " : ", " -> "}) {
    size_t at = rest.rfind(before);
    if (at != std::string::npos && indent.size() + rest.size() > kColumns)
      breakAt(cut(at));
  }
  cut(rest.size());
  content += indent + rest + '\n';
}

void ModelWriter::line(const std::string &statement) { wrapped(statement); }

void ModelWriter::open(const std::string &statement) {
  wrapped(statement + " {");
  ++depth;
}

void ModelWriter::close() {
  --depth;
  content += std::string(2 * depth, ' ') + "}\n";
}

/// `items` between parentheses, as many to a line as fit behind column `start`, or one where
/// `oneEach`.
static std::string parenthesized(const std::vector<std::string> &items, size_t start,
                                 bool oneEach) {
  std::string text = "(", padding(start + 1, ' ');
  size_t column = start + 1;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0 && (oneEach || column + items[i].size() + 3 > kColumns)) {
      text.back() = '\n';
      text += padding;
      column = padding.size();
    }
    std::string item = items[i] + (i + 1 < items.size() ? ", " : ")");
    text += item;
    column += item.size();
  }
  return items.empty() ? "()" : text;
}

static std::vector<std::string> portTexts(const std::vector<Port> &ports, bool names) {
  std::vector<std::string> texts;
  for (const Port &port : ports)
    texts.push_back((names ? port.value.name + ": " : "") + port.value.type() +
                    (port.batchName.empty() ? "" : " {mmc.name = \"" + port.batchName + "\"}"));
  return texts;
}

void ModelWriter::open(const Function &function) {
  std::string indent(2 * depth, ' ');
  std::string head = indent + "func.func " + function.name;
  bool batch = !function.arguments.empty() && !function.arguments[0].batchName.empty();
  head += parenthesized(portTexts(function.arguments, true), head.size(), batch);

  std::vector<std::string> results = portTexts(function.results, false);
  bool bare = results.size() == 1 && function.results[0].batchName.empty();
  std::string flat = bare ? " -> " + results[0] : " -> " + parenthesized(results, 0, false);
  size_t lineStart = head.rfind('\n') + 1;
  if (head.size() - lineStart + flat.size() + 2 <= kColumns && flat.find('\n') == std::string::npos)
    head += flat;
  else
    head += "\n    " + indent + "-> " +
            (bare ? results[0] : parenthesized(results, indent.size() + 7, false));

  std::string attributes =
      function.group.empty() ? "" : " attributes {mmc.group = \"" + function.group + "\"}";
  lineStart = head.rfind('\n') + 1;
  if (head.size() - lineStart + attributes.size() + 2 > kColumns)
    head += "\n   " + indent;
  content += head + attributes + " {\n";
  ++depth;
}

void ModelWriter::closeWithReturn(const std::vector<Value> &values) {
  line("return " + join(values, false) + " : " + join(values, true));
  close();
}

Value ModelWriter::param(const std::string &name, const std::string &key,
                         std::vector<int64_t> shape, const std::string &settings) {
  Value value{"%" + name, std::move(shape)};
  line(value.name + " = mmc.param \"" + key + "\"" + settings + " : " + value.type());
  return value;
}

Value ModelWriter::op(const std::string &mnemonic, const std::vector<Value> &operands,
                      const std::string &settings, const Value &result) {
  line(result.name + " = mmc." + mnemonic + " " + join(operands, false) + settings + " : " +
       join(operands, true));
  return result;
}

Value ModelWriter::op(const std::string &name, const std::string &mnemonic,
                      const std::vector<Value> &operands, const std::string &settings) {
  return op(mnemonic, operands, settings, operands[0].named("%" + name));
}

Value ModelWriter::linear(const std::string &name, const Value &input, const std::string &key,
                          int64_t out, bool bias) {
  Value result = input.named("%" + name);
  result.shape.back() = out;
  Value weight = param("w" + name, key + ".weight", {out, input.shape.back()});
  if (!bias)
    return op("linear", {input, weight}, "", result);
  return biasedLinear(input, weight, param("b" + name, key + ".bias", {out}), result);
}

Value ModelWriter::biasedLinear(const Value &input, const Value &weight, const Value &bias,
                                const Value &result) {
  line(result.name + " = mmc.linear " + input.name + ", " + weight.name + " bias " + bias.name +
       " : " + join({input, weight, bias}, true));
  return result;
}

Value ModelWriter::rmsNorm(const std::string &suffix, const Value &input, const std::string &key,
                           double eps) {
  Value weight = param("g" + suffix, key + ".weight", {input.shape.back()});
  return op("n" + suffix, "rms_norm", {input, weight}, " eps(" + floatText(eps) + ")");
}

Value ModelWriter::layerNorm(const std::string &suffix, const Value &input, const std::string &key,
                             double eps) {
  Value weight = param("g" + suffix, key + ".weight", {input.shape.back()});
  Value bias = param("b" + suffix, key + ".bias", {input.shape.back()});
  return op("n" + suffix, "layer_norm", {input, weight, bias}, " eps(" + floatText(eps) + ")");
}

Value ModelWriter::reshape(const std::string &name, const Value &input,
                           std::vector<int64_t> shape) {
  Value result{"%" + name, std::move(shape), input.element};
  line(result.name + " = mmc.reshape " + input.name + " : " + input.type() + " to " +
       result.type());
  return result;
}

Value ModelWriter::slice(const std::string &name, const Value &input, size_t axis, int64_t start,
                         int64_t size) {
  Value result = input.named("%" + name);
  result.shape[axis] = size;
  return op("slice", {input},
            " axis(" + std::to_string(axis) + ") at(" + std::to_string(start) + ") size(" +
                std::to_string(size) + ")",
            result);
}

Value ModelWriter::attention(const std::string &name, const Value &query, const Value &key,
                             const Value &value, const Value *segments, int64_t heads,
                             int64_t kvHeads) {
  Value result = query.named("%" + name);
  std::vector<Value> operands = {query, key, value};
  std::string text = result.name + " = mmc.attention " + join(operands, false);
  if (segments) {
    text += " segments " + segments->name;
    operands.push_back(*segments);
  }
  line(text + " heads(" + std::to_string(heads) + ") kv_heads(" + std::to_string(kvHeads) + ")" +
       (segments ? " causal" : "") + " : " + join(operands, true) + " -> " + result.type());
  return result;
}

Value ModelWriter::call(const std::string &name, const std::string &function,
                        const std::vector<Value> &operands, const Value &result) {
  Value value = result.named("%" + name);
  line(value.name + " = call " + function + "(" + join(operands, false) + ") : (" +
       join(operands, true) + ") -> " + value.type());
  return value;
}

} // namespace mmc::import

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Execution.h"

#include "../Jit/EntryRun.h"

#include "mmc/Runtime/Core/Random.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace mmc;
using namespace mmc::test;

static DType typeOf(Kind kind, DType element) {
  switch (kind) {
  case Kind::Element:
    return element;
  case Kind::Wide:
    return element == DType::F64 ? DType::F64 : DType::F32;
  case Kind::Single:
    return DType::F32;
  case Kind::Index:
    return DType::I32;
  case Kind::Counter:
    return DType::I64;
  }
  return element;
}

static std::string textOf(DType type) {
  std::string name(nameOf(type));
  for (char &c : name)
    c = std::tolower(c);
  return name;
}

static std::string tensorText(const Shape &shape, DType type) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + textOf(type) + ">";
}

/// Half the distance between two numbers of the type around 1: of exact arithmetic, what storing costs.
static long double roundoffOf(DType type) {
  switch (type) {
  case DType::F64:
    return 0x1p-53L;
  case DType::F32:
    return 0x1p-24L;
  case DType::BF16:
    return 0x1p-8L;
  default:
    return 0;
  }
}

/// The function @case<index>.
static std::string functionOf(const Case &c, size_t index, DType element) {
  std::map<std::string, std::string> types = {{"E", textOf(element)}};
  std::string arguments, results, names, values;
  for (const Operand &operand : c.operands) {
    const std::string &type = types[operand.name] = tensorText(operand.shape, typeOf(operand.kind, element));
    arguments += (arguments.empty() ? "%" : ", %") + operand.name + ": " + type;
  }
  for (size_t i = 0; i < c.results.size(); ++i) {
    const std::string &type = types[std::to_string(i)] =
        tensorText(c.results[i].shape, typeOf(c.results[i].kind, element));
    results += (i ? ", " : "") + type;
    names += (i ? ", %r" : "%r") + std::to_string(i);
  }
  std::string text;
  for (size_t at = 0; at < c.text.size(); ++at) {
    if (c.text[at] != '$') {
      text += c.text[at];
      continue;
    }
    size_t end = at + 1;
    while (end < c.text.size() && (std::isalnum(c.text[end]) || c.text[end] == '_'))
      ++end;
    text += types.at(c.text.substr(at + 1, end - at - 1));
    at = end - 1;
  }
  return "func.func @case" + std::to_string(index) + "(" + arguments + ") -> (" + results + ") {\n  " + names +
         " = mmc." + c.op + " " + text + "\n  return " + names + " : " + results + "\n}\n";
}

static Array toArray(const Tensor &tensor) {
  Array array(tensor.shape());
  std::vector<double> values(tensor.count());
  if (tensor.dtype() == DType::F64) // bit for bit
    std::memcpy(values.data(), tensor.data(), tensor.bytes());
  else
    convert(tensor.dtype(), tensor.data(), DType::F64, values.data(), values.size());
  for (int64_t i = 0; i < array.count(); ++i)
    array[i] = values[i];
  return array;
}

static void assign(Tensor &tensor, const std::vector<double> &values) {
  for (int64_t i = 0; i < tensor.count(); ++i) {
    if (tensor.dtype() == DType::I32)
      tensor.as<int32_t>()[i] = static_cast<int32_t>(values[i]);
    else if (tensor.dtype() == DType::I64)
      tensor.as<int64_t>()[i] = static_cast<int64_t>(values[i]);
  }
  if (isFloat(tensor.dtype()))
    convert(DType::F64, values.data(), tensor.dtype(), tensor.data(), values.size());
}

static std::vector<double> valuesOf(const Operand &operand, uint32_t stream) {
  std::vector<double> values = operand.values;
  RandomStream random{/*seed=*/7, /*step=*/0, stream};
  bool integer = operand.kind == Kind::Index || operand.kind == Kind::Counter;
  for (int64_t i = values.size(); i < elementCount(operand.shape); ++i)
    values.push_back(integer ? operand.low + static_cast<double>(random.bits(i) % (operand.high - operand.low + 1))
                             : random.normal(i));
  return values;
}

/// The operands in the entry's buffers, and as the reference is to see them.
static Arrays fillOperands(const Case &c, EntryRun &run) {
  Arrays operands;
  for (size_t i = 0; i < c.operands.size(); ++i) {
    assign(run.inputs[i], valuesOf(c.operands[i], i));
    operands[c.operands[i].name] = toArray(run.inputs[i]);
  }
  if (!c.derive)
    return operands;
  c.derive(operands);
  for (size_t i = 0; i < c.operands.size(); ++i) {
    Array &array = operands[c.operands[i].name];
    std::vector<double> values;
    for (int64_t e = 0; e < array.count(); ++e)
      values.push_back(static_cast<double>(array[e].value));
    assign(run.inputs[i], values);
    array = toArray(run.inputs[i]);
  }
  return operands;
}

static long double rounded(long double value, DType type) {
  Tensor tensor(type, {});
  assign(tensor, {static_cast<double>(value)});
  return toArray(tensor)[0].value;
}

static void compare(const Tensor &tensor, const Array &expected, const Result &result, DType element) {
  ASSERT_EQ(tensor.dtype(), typeOf(result.kind, element));
  ASSERT_EQ(tensor.shape(), expected.shape());
  const long double compute = roundoffOf(result.precise ? DType::F64 : typeOf(Kind::Wide, element));
  const long double store = roundoffOf(tensor.dtype());
  Array got = toArray(tensor);
  for (int64_t i = 0; i < got.count(); ++i) {
    const Real &want = expected[i];
    long double value = want.value;
    long double tolerance = 2 * compute * want.error + roundoffOf(element) * want.stored + store * std::fabs(value);
    if (want.error == 0) { // nothing is computed: equal, after the one rounding that the result's type asks for
      value = rounded(want.value, tensor.dtype());
      tolerance = 0;
    }
    long double off = std::fabs(got[i].value - value);
    ASSERT_TRUE(off <= tolerance) << "element " << i << " of " << toString(tensor.shape()) << ": "
                                  << double(got[i].value) << " != " << double(value) << ", off by " << double(off)
                                  << " > " << double(tolerance);
  }
}

void mmc::test::checkExecution(const std::vector<Case> &cases, DType dtype) {
  CompileRequest request;
  request.dtype = dtype;
  std::string text;
  for (size_t i = 0; i < cases.size(); ++i) {
    text += functionOf(cases[i], i, dtype);
    request.entries.push_back("case" + std::to_string(i));
  }
  std::unique_ptr<Program> program = compileText(text, request);
  ASSERT_NE(program, nullptr);
  std::vector<Tensor> parameters;
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case &c = cases[i];
    SCOPED_TRACE(functionOf(c, i, dtype));
    EntryRun run(*program, request.entries[i], parameters), threaded(*program, request.entries[i], parameters);
    ASSERT_TRUE(run.entry() && run.inputs.size() == c.operands.size() && run.outputs.size() == c.results.size());
    Arrays operands = fillOperands(c, run);
    fillOperands(c, threaded);
    run.run(/*threads=*/1);
    threaded.run(/*threads=*/3);
    std::vector<Array> expected = c.reference(operands);
    ASSERT_EQ(expected.size(), c.results.size());
    for (size_t r = 0; r < expected.size(); ++r) {
      compare(run.outputs[r], expected[r], c.results[r], dtype);
      EXPECT_EQ(std::memcmp(run.outputs[r].data(), threaded.outputs[r].data(), run.outputs[r].bytes()), 0)
          << "threads change result " << r;
    }
  }
}

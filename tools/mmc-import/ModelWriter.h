// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes model files as a person would: names that say what a value is, lines of at most 120
// columns.

#ifndef MMC_TOOLS_MMC_IMPORT_MODELWRITER_H
#define MMC_TOOLS_MMC_IMPORT_MODELWRITER_H

#include <cstdint>
#include <string>
#include <vector>

namespace mmc::import {

/// Stands for `?` in a shape.
constexpr int64_t kDynamic = -1;

/// A name of the model file ("%x") with its type.
struct Value {
  std::string name;
  std::vector<int64_t> shape;
  std::string element = "bf16";

  /// "tensor<?x?x256xbf16>"
  std::string type() const;
  /// The same type under another name.
  Value named(std::string other) const { return {std::move(other), shape, element}; }
};

/// An argument or a result of a function. `batchName`, where not empty, becomes its mmc.name.
struct Port {
  Value value;
  std::string batchName;
};

/// A function's head: what stands before its body.
struct Function {
  std::string name; ///< "@logits", "private @language_model"
  std::vector<Port> arguments, results;
  std::string group; ///< mmc.group, or empty
};

/// Collects the text. The ops return their result, whose shape follows from the operands as in the
/// dialect; a result's name is given without `%`, and its parameters are named after it: %wq, %bq
/// of %q.
class ModelWriter {
public:
  /// The file so far.
  const std::string &text() const { return content; }

  void blank() { content += '\n'; }
  void comment(const std::string &text);
  /// One statement, broken before its types where it is too long.
  void line(const std::string &statement);
  /// A line that opens a block ("… {"), and the end of one.
  void open(const std::string &statement);
  void close();
  void open(const Function &function);
  /// `return` and the end of the function.
  void closeWithReturn(const std::vector<Value> &values);

  Value param(const std::string &name, const std::string &key, std::vector<int64_t> shape,
              const std::string &settings = "");
  /// `mmc.<mnemonic> <operands> <settings>`, typed with the operands' types, giving `result`.
  Value op(const std::string &mnemonic, const std::vector<Value> &operands,
           const std::string &settings, const Value &result);
  /// An op whose result has the type of its first operand.
  Value op(const std::string &name, const std::string &mnemonic, const std::vector<Value> &operands,
           const std::string &settings = "");
  /// Weight (and bias) under `key`, [out, in], and the op.
  Value linear(const std::string &name, const Value &input, const std::string &key, int64_t out,
               bool bias);
  Value biasedLinear(const Value &input, const Value &weight, const Value &bias,
                     const Value &result);
  /// Weight (and bias) are named %g<suffix> (%b<suffix>), the result %n<suffix>.
  Value rmsNorm(const std::string &suffix, const Value &input, const std::string &key, double eps);
  Value layerNorm(const std::string &suffix, const Value &input, const std::string &key,
                  double eps);
  Value reshape(const std::string &name, const Value &input, std::vector<int64_t> shape);
  Value slice(const std::string &name, const Value &input, size_t axis, int64_t start,
              int64_t size);
  /// Not causal and without segments where `segments` is null.
  Value attention(const std::string &name, const Value &query, const Value &key, const Value &value,
                  const Value *segments, int64_t heads, int64_t kvHeads);
  Value call(const std::string &name, const std::string &function,
             const std::vector<Value> &operands, const Value &result);

private:
  void wrapped(const std::string &statement);

  std::string content;
  int depth = 0;
};

/// A number as MLIR reads a float: "1.0e-5", "0.5".
std::string floatText(double number);

} // namespace mmc::import

#endif // MMC_TOOLS_MMC_IMPORT_MODELWRITER_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Plan/Passes.h"

#include "Lifetimes.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

namespace mmc {
#define GEN_PASS_DEF_REUSEOPERANDSPASS
#include "mmc/Transforms/Plan/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Whether the kernel may write `result` over `operand`. An op behind the first one could overwrite the place
/// before the operand is read; an op that is not element-wise could read what another tile has overwritten; and
/// with a second result, the first op could be computed in that one's loop, behind this one's.
bool mayReuse(func::FuncOp kernel, unsigned operand, unsigned result) {
  Block &body = kernel.getBody().front();
  BlockArgument argument = body.getArgument(operand);
  Value written = body.getTerminator()->getOperand(result);
  Operation *first = &body.front();
  if (body.getTerminator()->getNumOperands() != 1 || argument.getType() != written.getType() || !argument.hasOneUse() || *argument.getUsers().begin() != first)
    return false;
  unsigned index = argument.getUses().begin()->getOperandNumber();
  auto fusible = dyn_cast<FusibleOpInterface>(first);
  if (!fusible || !llvm::is_contained(fusible.getTileSpace().reusable, index))
    return false;
  if (written.getDefiningOp() == first && llvm::hasSingleElement(body.without_terminator()))
    return true;
  return llvm::all_of(body.without_terminator(), [&](Operation &op) {
    auto other = dyn_cast<FusibleOpInterface>(op);
    return other && other.getTileSpace().elementwise &&
           llvm::all_of(op.getResultTypes(), [&](Type type) {
             return cast<ShapedType>(type).getShape() == cast<ShapedType>(written.getType()).getShape();
           });
  });
}

struct ReuseOperandsPass : mmc::impl::ReuseOperandsPassBase<ReuseOperandsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(kKernelAttr) && !function.isExternal())
        choose(function, symbols);
    markKernels(symbols);
  }

private:
  void choose(func::FuncOp function, SymbolTable &symbols) {
    Lifetimes lifetimes(function);
    DenseMap<Value, const LaunchValue *> known;
    for (const LaunchValue &value : lifetimes.values)
      known[value.value()] = &value;
    for (auto [position, launch] : llvm::enumerate(lifetimes.launches)) {
      SmallVector<Value> roots;
      for (Value operand : launch.getOperands())
        roots.push_back(throughViews(operand));
      SmallVector<int64_t> inPlace(launch.getNumResults(), -1);
      for (Value result : launch.getResults()) {
        if (known[result]->output)
          continue;
        unsigned r = cast<OpResult>(result).getResultNumber();
        for (unsigned o = 0; o < roots.size() && inPlace[r] < 0; ++o) {
          const LaunchValue *value = known.lookup(roots[o]);
          bool dies = value && !value->output && value->last == static_cast<int>(position) &&
                      llvm::count(roots, roots[o]) == 1 && !llvm::is_contained(inPlace, int64_t(o));
          if (dies && value->bytes == bytesOf(result.getType()))
            inPlace[r] = considered(launch, symbols, o, r) ? int64_t(o) : -1;
        }
      }
      if (llvm::any_of(inPlace, [](int64_t operand) { return operand >= 0; }))
        launch->setAttr(kInPlaceAttr, DenseI64ArrayAttr::get(&getContext(), inPlace));
    }
  }

  static bool considered(LaunchOp launch, SymbolTable &symbols, unsigned operand, unsigned result) {
    bool may = mayReuse(symbols.lookup<func::FuncOp>(launch.getKernel()), operand, result);
    std::string text = llvm::formatv("result {0} {1} be written over operand {2}, which is read here for the last time",
                                     result, may ? "can" : "cannot", operand);
    if (may)
      remark::passed(launch.getLoc(), remark::RemarkOpts::name("in-place").category("mmc-reuse-operands")) << text;
    else
      remark::missed(launch.getLoc(), remark::RemarkOpts::name("not-in-place").category("mmc-reuse-operands"))
          << text + ": kernel '" + launch.getKernel().str() + "' may still read it behind its first write";
    return may;
  }

  /// The most frequent use of a kernel keeps its name; the others get copies.
  void markKernels(SymbolTable &symbols) {
    llvm::MapVector<StringRef, llvm::MapVector<Attribute, SmallVector<LaunchOp>>> uses;
    getOperation().walk([&](LaunchOp launch) { uses[launch.getKernel()][launch->getAttr(kInPlaceAttr)].push_back(launch); });
    for (auto &[name, patterns] : uses) {
      auto kernel = symbols.lookup<func::FuncOp>(name);
      auto frequent = std::max_element(patterns.begin(), patterns.end(), [](const auto &a, const auto &b) {
        return a.second.size() < b.second.size();
      });
      // Copies first: they are made of the kernel without an attribute.
      for (auto &[pattern, launches] : patterns) {
        if (pattern == frequent->first)
          continue;
        auto copy = cast<func::FuncOp>(kernel->clone());
        copy.setName((name + (pattern ? "_in_place" : "_apart")).str());
        mark(copy, pattern);
        symbols.insert(copy, Block::iterator(kernel));
        for (LaunchOp launch : launches)
          launch.setKernel(copy.getName());
      }
      mark(kernel, frequent->first);
    }
  }

  static void mark(func::FuncOp kernel, Attribute pattern) {
    if (pattern)
      kernel->setAttr(kInPlaceAttr, pattern);
  }
};

} // namespace

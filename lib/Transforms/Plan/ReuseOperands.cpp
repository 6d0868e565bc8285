// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Plan/Passes.h"

#include "Lifetimes.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

namespace mmc {
#define GEN_PASS_DEF_REUSEOPERANDSPASS
#include "mmc/Transforms/Plan/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Whether the kernel may write `result` over `operand`. An op behind the first one could overwrite
/// the place before the operand is read; an op that is not element-wise could read what another
/// tile has overwritten; and with a second result, the first op could be computed in that one's
/// loop, behind this one's.
bool mayReuse(func::FuncOp kernel, unsigned operand, unsigned result) {
  // A kernel whose body is elsewhere, or is cut into tiles already, is not known well enough.
  if (!kernel || kernel.isExternal() ||
      kernel.getBody().front().getTerminator()->getNumOperands() != 1)
    return false;
  Block &body = kernel.getBody().front();
  BlockArgument argument = body.getArgument(operand);
  Value written = body.getTerminator()->getOperand(result);
  Operation *first = &body.front();
  if (argument.getType() != written.getType() || !argument.hasOneUse() ||
      *argument.getUsers().begin() != first)
    return false;
  unsigned index = argument.getUses().begin()->getOperandNumber();
  auto fusible = dyn_cast<FusibleOpInterface>(first);
  if (!fusible || !llvm::is_contained(fusible.getTileSpace().reusable, index))
    return false;
  if (written.getDefiningOp() == first && llvm::hasSingleElement(body.without_terminator()))
    return cast<OpResult>(written).getResultNumber() == 0;
  return llvm::all_of(body.without_terminator(), [&](Operation &op) {
    auto other = dyn_cast<FusibleOpInterface>(op);
    return other && other.getTileSpace().elementwise &&
           llvm::all_of(op.getResultTypes(), [&](Type type) {
             return cast<ShapedType>(type).getShape() ==
                    cast<ShapedType>(written.getType()).getShape();
           });
  });
}

/// What the caller knows an input or parameter as; null for values of the entry's own.
StringAttr nameOf(Value value) {
  if (auto param = value.getDefiningOp<ParamOp>())
    return param.getNameAttr();
  auto argument = dyn_cast<BlockArgument>(value);
  auto function =
      argument ? cast<func::FuncOp>(argument.getOwner()->getParentOp()) : func::FuncOp();
  return function ? function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "mmc.name")
                  : StringAttr();
}

struct ReuseOperandsPass : mmc::impl::ReuseOperandsPassBase<ReuseOperandsPass> {
  using Base::Base;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    // What the input says is not trusted: the choice is made anew.
    getOperation().walk([](Operation *op) {
      op->removeAttr(kInPlaceAttr);
      op->removeAttr(kMayAliasAttr);
    });
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(kKernelAttr) && !function.isExternal())
        entries.push_back(function);
    if (enable) {
      for (func::FuncOp entry : entries)
        choose(entry, symbols);
      markKernels(symbols);
    }
    for (func::FuncOp entry : entries)
      markShared(entry, symbols);
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
    std::string text = llvm::formatv(
        "result {0} {1} be written over operand {2}, which is read here for the last time", result,
        may ? "can" : "cannot", operand);
    if (may)
      remark::passed(launch.getLoc(),
                     remark::RemarkOpts::name("in-place").category("mmc-reuse-operands"))
          << text;
    else
      remark::missed(launch.getLoc(),
                     remark::RemarkOpts::name("not-in-place").category("mmc-reuse-operands"))
          << text + ": kernel '" + launch.getKernel().str() +
                 "' may still read it behind its first write";
    return may;
  }

  /// The most frequent use of a kernel keeps its name; the others get copies.
  void markKernels(SymbolTable &symbols) {
    llvm::MapVector<StringRef, llvm::MapVector<Attribute, SmallVector<LaunchOp>>> uses;
    getOperation().walk([&](LaunchOp launch) {
      uses[launch.getKernel()][launch->getAttr(kInPlaceAttr)].push_back(launch);
    });
    for (auto &[name, patterns] : uses) {
      auto kernel = symbols.lookup<func::FuncOp>(name);
      if (!kernel)
        continue; // the contract of Fuse speaks of it
      auto frequent =
          std::max_element(patterns.begin(), patterns.end(), [](const auto &a, const auto &b) {
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

  /// Says at the kernels which buffers the caller may give twice: for an output and for what it is
  /// the new value of.
  void markShared(func::FuncOp entry, SymbolTable &symbols) {
    Lifetimes lifetimes(entry);
    for (const LaunchValue &value : lifetimes.values) {
      auto name = value.output ? entry.getResultAttrOfType<StringAttr>(*value.output, "mmc.name")
                               : StringAttr();
      LaunchOp launch = value.launch;
      auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
      if (!name || !kernel)
        continue;
      for (auto [index, operand] : llvm::enumerate(launch.getOperands())) {
        if (nameOf(throughViews(operand)) != name)
          continue;
        llvm::SmallSetVector<int64_t, 8> buffers;
        if (auto known = kernel->getAttrOfType<DenseI64ArrayAttr>(kMayAliasAttr))
          buffers.insert(known.asArrayRef().begin(), known.asArrayRef().end());
        buffers.insert(index);
        buffers.insert(launch.getNumOperands() + value.result);
        SmallVector<int64_t> sorted(buffers.begin(), buffers.end());
        llvm::sort(sorted);
        kernel->setAttr(kMayAliasAttr, DenseI64ArrayAttr::get(&getContext(), sorted));
      }
    }
  }

  static void mark(func::FuncOp kernel, Attribute pattern) {
    if (pattern)
      kernel->setAttr(kInPlaceAttr, pattern);
  }
};

} // namespace

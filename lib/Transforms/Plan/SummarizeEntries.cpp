// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Plan/Passes.h"

#include "Lifetimes.h"
#include "mmc/Dialect/Cost.h"

#include <array>
#include <map>

namespace mmc {
#define GEN_PASS_DEF_SUMMARIZEENTRIESPASS
#include "mmc/Transforms/Plan/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// How many values the peak is explained by.
constexpr size_t kPeakValues = 5;

/// Bytes of the arena that the values take; values that share a place count once.
int64_t covered(ArrayRef<const LaunchValue *> values,
                function_ref<int64_t(const LaunchValue &)> offsetOf) {
  SmallVector<std::pair<int64_t, int64_t>> places;
  for (const LaunchValue *value : values)
    places.push_back({offsetOf(*value), offsetOf(*value) + value->bytes});
  llvm::sort(places);
  int64_t bytes = 0, end = 0;
  for (auto [from, to] : places) {
    bytes += std::max<int64_t>(0, to - std::max(from, end));
    end = std::max(end, to);
  }
  return bytes;
}

class Summary {
public:
  explicit Summary(func::FuncOp function)
      : function(function), module(function->getParentOfType<ModuleOp>()), lifetimes(function),
        builder(function.getContext()) {}

  DictionaryAttr build() {
    findPeak();
    return builder.getDictionaryAttr(
        {builder.getNamedAttr("classes", classes()), builder.getNamedAttr("kept", kept()),
         builder.getNamedAttr("live_bytes", builder.getI64IntegerAttr(peakBytes)),
         builder.getNamedAttr("peak", peakValues())});
  }

private:
  DictionaryAttr entry(ArrayRef<std::pair<StringRef, Attribute>> members) {
    SmallVector<NamedAttribute> attributes;
    for (auto [name, value] : members)
      attributes.push_back(builder.getNamedAttr(name, value));
    return builder.getDictionaryAttr(attributes);
  }

  func::FuncOp kernelOf(LaunchOp launch) {
    return module.lookupSymbol<func::FuncOp>(launch.getKernel());
  }

  /// Arithmetic per op; bytes per launch, what it reads and writes, in the class that computes most
  /// in it.
  ArrayAttr classes() {
    std::array<int64_t, kCostClasses> flops{}, bytes{};
    for (LaunchOp launch : lifetimes.launches) {
      std::array<int64_t, kCostClasses> own{};
      unsigned main = static_cast<unsigned>(CostClass::Movement);
      kernelOf(launch).getBody().front().walk([&](Operation *op) {
        if (isa<func::ReturnOp>(op))
          return;
        Cost cost = costOf(op, trains(op, launch));
        auto kind = static_cast<unsigned>(cost.kind);
        own[kind] += cost.flops;
        if (own[kind] > own[main])
          main = kind;
      });
      for (unsigned kind = 0; kind < kCostClasses; ++kind)
        flops[kind] += own[kind];
      for (Value value : llvm::concat<Value>(launch.getOperands(), launch.getResults()))
        bytes[main] += bytesOf(value.getType());
    }
    SmallVector<Attribute> list;
    for (unsigned kind = 0; kind < kCostClasses; ++kind)
      if (flops[kind] || bytes[kind])
        list.push_back(
            entry({{"name", builder.getStringAttr(mmc::nameOf(static_cast<CostClass>(kind)))},
                   {"flops", builder.getI64IntegerAttr(flops[kind])},
                   {"bytes", builder.getI64IntegerAttr(bytes[kind])}}));
    return builder.getArrayAttr(list);
  }

  static bool onlyCopies(func::FuncOp kernel) {
    return kernel.getNumArguments() == 1 &&
           llvm::all_of(kernel.getBody().front().without_terminator(),
                        [](Operation &op) { return isa<CastOp, CopyOp, ReshapeOp>(op); });
  }

  /// Whether the weight of an op within a kernel comes from a parameter that trains.
  bool trains(Operation *op, LaunchOp launch) {
    if (op->getNumOperands() < 2)
      return false;
    Value weight = op->getOperand(1);
    while (weight.getDefiningOp() && isa<ReshapeOp, CastOp>(weight.getDefiningOp()))
      weight = weight.getDefiningOp()->getOperand(0);
    auto argument = dyn_cast<BlockArgument>(weight);
    if (!argument)
      return false;
    Value operand = throughViews(launch->getOperand(argument.getArgNumber()));
    // In bf16 a trained parameter, f32, is rounded by a kernel of its own.
    for (auto rounding = operand.getDefiningOp<LaunchOp>();
         rounding && onlyCopies(kernelOf(rounding)); rounding = operand.getDefiningOp<LaunchOp>())
      operand = throughViews(rounding.getOperand(0));
    auto param = operand.getDefiningOp<ParamOp>();
    return param && param.getTrainable();
  }

  /// The launches that the loss, the function's first result, needs are the forward pass. What they
  /// make and later launches read is kept for the backward pass; values of one kernel and type are
  /// told together.
  ArrayAttr kept() {
    DenseSet<Operation *> forward;
    SmallVector<Value> pending;
    if (function.getName() == "gradients" && function.getNumResults() > 0)
      pending.push_back(function.getBody().front().getTerminator()->getOperand(0));
    while (!pending.empty()) {
      auto launch = throughViews(pending.pop_back_val()).getDefiningOp<LaunchOp>();
      if (launch && forward.insert(launch).second)
        llvm::append_range(pending, launch.getOperands());
    }
    struct Group {
      int64_t count = 0, bytes = 0;
      size_t order;
    };
    std::map<std::string, Group> groups;
    for (const LaunchValue &value : lifetimes.values) {
      if (!forward.contains(value.launch) || value.output || !readBehind(value.value(), forward))
        continue;
      auto [group, isNew] =
          groups.try_emplace(nameOf(value, /*withParameter=*/false), Group{0, 0, groups.size()});
      ++group->second.count;
      group->second.bytes += value.bytes;
    }
    SmallVector<std::pair<std::string, Group>> order(groups.begin(), groups.end());
    llvm::sort(order, [](const auto &a, const auto &b) {
      return a.second.bytes != b.second.bytes ? a.second.bytes > b.second.bytes
                                              : a.second.order < b.second.order;
    });
    SmallVector<Attribute> list;
    for (auto &[name, group] : order)
      list.push_back(entry({{"name", builder.getStringAttr(name)},
                            {"count", builder.getI64IntegerAttr(group.count)},
                            {"bytes", builder.getI64IntegerAttr(group.bytes)}}));
    return builder.getArrayAttr(list);
  }

  bool readBehind(Value value, const DenseSet<Operation *> &forward) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      if (isa<ReshapeOp>(user))
        return readBehind(user->getResult(0), forward);
      return lifetimes.position.contains(user) && !forward.contains(user);
    });
  }

  /// "silu_mul_3 of model.layers.0.mlp.gate_proj : tensor<…>".
  static std::string nameOf(const LaunchValue &value, bool withParameter) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    stream << LaunchOp(value.launch).getKernel();
    if (withParameter)
      for (Value operand : LaunchOp(value.launch).getOperands())
        if (auto param = throughViews(operand).getDefiningOp<ParamOp>()) {
          stream << " of " << param.getName();
          break;
        }
    stream << " : " << value.value().getType();
    return text;
  }

  int64_t offsetOf(const LaunchValue &value) {
    return LaunchOp(value.launch)->getAttrOfType<DenseI64ArrayAttr>(kOffsetsAttr)[value.result];
  }

  /// The launch at which most of the arena is in use, and what lives there.
  void findPeak() {
    std::vector<SmallVector<const LaunchValue *>> living(lifetimes.launches.size());
    for (const LaunchValue &value : lifetimes.values)
      if (!value.output)
        for (int at = value.first; at <= value.last; ++at)
          living[at].push_back(&value);
    for (auto &values : living) {
      int64_t bytes = covered(values, [&](const LaunchValue &value) { return offsetOf(value); });
      if (bytes > peakBytes) {
        peakBytes = bytes;
        atPeak = values;
      }
    }
    // Values lie in order of their launches in one vector, so their addresses break ties.
    llvm::sort(atPeak, [](const LaunchValue *a, const LaunchValue *b) {
      return a->bytes != b->bytes ? a->bytes > b->bytes : a < b;
    });
  }

  ArrayAttr peakValues() {
    SmallVector<Attribute> list;
    for (const LaunchValue *value : ArrayRef(atPeak).take_front(kPeakValues))
      list.push_back(entry({{"name", builder.getStringAttr(nameOf(*value, /*withParameter=*/true))},
                            {"bytes", builder.getI64IntegerAttr(value->bytes)}}));
    return builder.getArrayAttr(list);
  }

  func::FuncOp function;
  ModuleOp module;
  Lifetimes lifetimes;
  Builder builder;
  int64_t peakBytes = 0;
  SmallVector<const LaunchValue *> atPeak;
};

/// Every value has a place, and every kernel is there and not cut into tiles yet.
LogicalResult checkPlanned(func::FuncOp function) {
  if (!function->getAttrOfType<IntegerAttr>(kArenaAttr))
    return function.emitError() << "'@" << function.getName()
                                << "' must have been planned to be summarized; "
                                << "--mmc-plan-memory gives it an arena";
  auto module = function->getParentOfType<ModuleOp>();
  for (LaunchOp launch : function.getOps<LaunchOp>()) {
    auto offsets = launch->getAttrOfType<DenseI64ArrayAttr>(kOffsetsAttr);
    if (!offsets || offsets.size() != launch.getNumResults())
      return launch.emitOpError("must have an offset for each result to be summarized, got: ")
             << (offsets ? offsets.size() : 0) << " != " << launch.getNumResults()
             << "; --mmc-plan-memory gives it one";
    auto kernel = module.lookupSymbol<func::FuncOp>(launch.getKernel());
    // A kernel that is cut into tiles takes the index of one first.
    bool isCut = kernel && kernel.getNumArguments() != launch.getNumOperands();
    if (!kernel || kernel.isExternal() || isCut)
      return launch.emitOpError("must name a kernel with a body of mmc ops to be summarized, got: ")
             << launch.getKernelAttr() << (isCut ? ", cut into tiles" : ", a declaration");
  }
  return success();
}

struct SummarizeEntriesPass : mmc::impl::SummarizeEntriesPassBase<SummarizeEntriesPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function->hasAttr(kKernelAttr) || function.isExternal())
        continue;
      if (failed(checkPlanned(function)))
        return signalPassFailure();
      function->setAttr(kSummaryAttr, Summary(function).build());
    }
  }
};

} // namespace

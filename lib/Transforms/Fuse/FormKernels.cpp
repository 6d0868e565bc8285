// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Fuse/Passes.h"

#include "mmc/Transforms/Fuse/GroupTiling.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"

namespace mmc {
#define GEN_PASS_DEF_FORMKERNELSPASS
#include "mmc/Transforms/Fuse/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Ops that will be one kernel, in order; they run where the last one stands.
struct Group {
  SmallVector<Operation *> ops;
  /// The roots of a kernel of several parts (shared-input linears); one otherwise.
  SmallVector<Operation *> roots;
};

/// Ops on whole tensors; one with indices among its operands is a tile of one.
static bool mayBeInKernel(Operation *op) {
  return isa<FusibleOpInterface>(op) &&
         llvm::all_of(op->getOperandTypes(), llvm::IsaPred<RankedTensorType>);
}

/// Largest number of linears in one launch.
constexpr size_t kMaxParts = 8;

class Grouping {
public:
  explicit Grouping(func::FuncOp function) : function(function) {}

  /// The kernels of a function, in the order in which they run.
  SmallVector<Group *> run(bool enable) {
    for (Operation &op : function.getBody().front()) {
      if (!mayBeInKernel(&op))
        continue;
      position[&op] = position.size();
      groups.push_back(std::make_unique<Group>(Group{{&op}, {&op}}));
      groupOf[&op] = groups.back().get();
    }
    if (enable) {
      for (Operation &op : function.getBody().front())
        if (groupOf.contains(&op))
          joinProducers(&op);
      mergeSharedInputs();
    }
    SmallVector<Group *> alive;
    for (auto &group : groups)
      if (!group->ops.empty())
        alive.push_back(group.get());
    return alive;
  }

private:
  int last(const Group *group) { return position.lookup(group->ops.back()); }

  /// Ops that are worth computing where their operand is: they only read it once, in place.
  static bool joinsItsProducer(Operation *op) {
    if (isa<RotaryOp, RouteOp, MaskSlotsOp, RouteGradExpertOp>(op))
      return true;
    return cast<FusibleOpInterface>(op).getTileSpace().elementwise;
  }

  /// Element-wise work that may as well be done by whoever reads the result row by row.
  static bool joinsRowwise(Operation *producer, Operation *consumer) {
    return isa<RmsNormOp, LayerNormOp, SoftmaxOp, RmsNormGradOp, LayerNormGradOp, SoftmaxGradOp>(
               consumer) &&
           cast<FusibleOpInterface>(producer).getTileSpace().elementwise;
  }

  /// Users outside the two groups must run after where the merged group would.
  bool mayMerge(const Group *early, const Group *late) {
    int at = std::max(last(early), last(late));
    for (const Group *group : {early, late})
      for (Operation *op : group->ops)
        for (Operation *user : op->getUsers()) {
          Group *other = groupOfUser(user);
          if (other && other != early && other != late && last(other) <= at)
            return false;
          if (!other && user->getNumResults() && reachesBefore(user, early, late, at))
            return false;
        }
    return true;
  }

  Group *groupOfUser(Operation *user) { return groupOf.lookup(user); }

  /// A view (reshape) stands between kernels: its users count.
  bool reachesBefore(Operation *view, const Group *early, const Group *late, int at) {
    for (Operation *user : view->getUsers()) {
      Group *other = groupOf.lookup(user);
      // Through a view a value comes back into the group in another shape: that cannot be one
      // kernel.
      if (other && (other == early || other == late || last(other) <= at))
        return true;
      if (!other && user->getNumResults() && reachesBefore(user, early, late, at))
        return true;
    }
    return false;
  }

  void merge(Group *into, Group *from) {
    for (Operation *op : from->ops)
      groupOf[op] = into;
    into->ops.append(from->ops);
    llvm::sort(into->ops, [&](Operation *a, Operation *b) { return position[a] < position[b]; });
    from->ops.clear();
  }

  void joinProducers(Operation *op) {
    Group *mine = groupOf[op];
    for (Value operand : op->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      Group *other = producer ? groupOf.lookup(producer) : nullptr;
      if (!other || other == mine || !(joinsItsProducer(op) || joinsRowwise(producer, op)))
        continue;
      if (isa<AttentionOp, AttentionGradOp, CachedAttentionOp>(producer))
        continue;
      SmallVector<Operation *> both(other->ops);
      both.append(mine->ops);
      llvm::sort(both, [&](Operation *a, Operation *b) { return position[a] < position[b]; });
      if (failed(tileGroup(both, op)) || !outputsAreCut(both, op) || !mayMerge(other, mine)) {
        remark::missed(op->getLoc(),
                       remark::RemarkOpts::name("not-fused").category("mmc-form-kernels"))
            << ("not computed with its operand's " + producer->getName().getStringRef()).str();
        continue;
      }
      merge(mine, other);
      mine->roots = {op};
      remark::passed(op->getLoc(), remark::RemarkOpts::name("fused").category("mmc-form-kernels"))
          << ("computed with its operand's " + producer->getName().getStringRef()).str();
    }
  }

  /// Every value that leaves the group must be cut along all tile dimensions: a tile writes only
  /// its own part.
  bool outputsAreCut(ArrayRef<Operation *> ops, Operation *root) {
    FailureOr<GroupTiling> tiling = tileGroup(ops, root);
    if (failed(tiling))
      return false;
    for (Operation *op : ops)
      for (Value result : op->getResults()) {
        if (result.use_empty() || llvm::all_of(result.getUsers(), [&](Operation *user) {
              return llvm::is_contained(ops, user);
            }))
          continue;
        for (int d = 0; d < int(tiling->extents.size()); ++d)
          if (tiling->extents[d] > 1 &&
              llvm::none_of(tiling->values[result], [d](TiledDim t) { return t.dim == d; }))
            return false;
      }
    return true;
  }

  /// The operand that a contraction reads whole rows of; what shared-input linears share.
  static Value sharedInput(Operation *root) {
    if (auto linear = dyn_cast<LinearOp>(root))
      return linear.getInput();
    return {};
  }

  void mergeSharedInputs() {
    llvm::MapVector<Value, SmallVector<Group *>> byInput;
    for (auto &group : groups) {
      if (group->ops.empty())
        continue;
      for (Operation *op : group->ops)
        if (Value input = sharedInput(op); input && group->ops.front() == op)
          byInput[input].push_back(group.get());
    }
    for (auto &[input, sharing] : byInput) {
      Group *first = nullptr;
      for (Group *next : sharing) {
        if (!first) {
          first = next;
          continue;
        }
        if (first->roots.size() >= kMaxParts || dependsOn(next, first) || !mayMerge(first, next)) {
          first = next;
          continue;
        }
        SmallVector<Operation *> roots = first->roots;
        roots.append(next->roots);
        merge(next, first);
        next->roots = roots;
        first = next;
      }
    }
  }

  bool dependsOn(Group *group, Group *on) {
    for (Operation *op : group->ops)
      for (Value operand : op->getOperands())
        if (Operation *producer = operand.getDefiningOp())
          if (groupOf.lookup(producer) == on)
            return true;
    return false;
  }

  func::FuncOp function;
  DenseMap<Operation *, int> position;
  std::vector<std::unique_ptr<Group>> groups;
  DenseMap<Operation *, Group *> groupOf;
};

struct FormKernelsPass : mmc::impl::FormKernelsPassBase<FormKernelsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(kKernelAttr) && !function.isExternal())
        entries.push_back(function);
    for (func::FuncOp entry : entries) {
      separateReturns(entry);
      Grouping grouping(entry);
      for (Group *group : grouping.run(enable))
        outline(entry, *group);
    }
  }

private:
  /// Every returned value gets a kernel result of its own, perhaps seen through views: parameters,
  /// arguments and values returned twice are copied.
  void separateReturns(func::FuncOp entry) {
    Operation *terminator = entry.getBody().front().getTerminator();
    OpBuilder builder(terminator);
    llvm::SmallPtrSet<Value, 8> seen;
    for (OpOperand &operand : terminator->getOpOperands()) {
      Value value = operand.get(), source = value;
      while (auto view = source.getDefiningOp<ReshapeOp>())
        source = view.getInput();
      Operation *producer = source.getDefiningOp();
      if (!isa<RankedTensorType>(value.getType()))
        continue;
      if (producer && mayBeInKernel(producer) && seen.insert(source).second)
        continue;
      operand.set(CopyOp::create(builder, entry.getLoc(), value));
    }
  }

  /// A group runs where its last op stands: views of what its earlier ops make move behind it.
  static void moveViewsAfter(Operation *launch, Value value) {
    for (Operation *user : value.getUsers())
      if (isa<ReshapeOp>(user)) {
        if (user->isBeforeInBlock(launch))
          user->moveAfter(launch);
        moveViewsAfter(user, user->getResult(0));
      }
  }

  void outline(func::FuncOp entry, Group &group) {
    llvm::SetVector<Value> inputs;
    SmallVector<Value> outputs;
    for (Operation *op : group.ops) {
      for (Value operand : op->getOperands())
        if (!operand.getDefiningOp() || !llvm::is_contained(group.ops, operand.getDefiningOp()))
          inputs.insert(operand);
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(),
                         [&](Operation *user) { return !llvm::is_contained(group.ops, user); }))
          outputs.push_back(result);
    }
    OpBuilder builder(group.ops.back());
    if (outputs.empty()) { // nobody wants it
      for (Operation *op : llvm::reverse(group.ops))
        op->erase();
      return;
    }
    func::FuncOp kernel = kernelFor(group, inputs.getArrayRef(), outputs);
    SmallVector<Type> types;
    for (Value output : outputs)
      types.push_back(output.getType());
    auto launch = LaunchOp::create(builder, group.ops.back()->getLoc(), types,
                                   FlatSymbolRefAttr::get(kernel), inputs.getArrayRef());
    for (auto [output, result] : llvm::zip(outputs, launch.getResults())) {
      output.replaceAllUsesExcept(result, launch);
      moveViewsAfter(launch, result);
    }
    for (Operation *op : llvm::reverse(group.ops))
      op->erase();
  }

  /// The kernel function with this body, made unless an equal one exists.
  func::FuncOp kernelFor(Group &group, ArrayRef<Value> inputs, ArrayRef<Value> outputs) {
    SmallVector<Type> inputTypes, outputTypes;
    for (Value input : inputs)
      inputTypes.push_back(input.getType());
    for (Value output : outputs)
      outputTypes.push_back(output.getType());
    OpBuilder builder(&getContext());
    auto kernel = func::FuncOp::create(UnknownLoc::get(&getContext()), "kernel",
                                       builder.getFunctionType(inputTypes, outputTypes));
    kernel.setPrivate();
    kernel->setAttr(kKernelAttr, builder.getUnitAttr());
    Block *body = kernel.addEntryBlock();
    builder.setInsertionPointToStart(body);
    IRMapping mapping;
    mapping.map(inputs, body->getArguments());
    std::string stem;
    for (Operation *op : group.ops) {
      builder.clone(*op, mapping)->setLoc(UnknownLoc::get(&getContext()));
      if (stem.size() < 40)
        stem += (stem.empty() ? "" : "_") + op->getName().stripDialect().str();
    }
    SmallVector<Value> results;
    for (Value output : outputs)
      results.push_back(mapping.lookup(output));
    func::ReturnOp::create(builder, UnknownLoc::get(&getContext()), results);

    std::string text;
    llvm::raw_string_ostream stream(text);
    kernel->print(stream, OpPrintingFlags().useLocalScope().enableDebugInfo(false));
    auto [found, isNew] = byText.try_emplace(text, kernel);
    if (!isNew) {
      kernel->erase();
      return found->second;
    }
    kernel.setName(stem + "_" + std::to_string(byText.size() - 1));
    getOperation().push_back(kernel);
    return kernel;
  }

  llvm::StringMap<func::FuncOp> byText;
};

} // namespace

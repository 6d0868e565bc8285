// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Adapters/Passes.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/GlobPattern.h"

namespace mmc {
#define GEN_PASS_DEF_SELECTTRAINABLEPASS
#include "mmc/Transforms/Adapters/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

StringRef groupOf(ParamOp param) {
  auto group = param->getAttrOfType<StringAttr>("mmc.group");
  return group ? group.getValue() : "";
}

struct SelectTrainablePass : mmc::impl::SelectTrainablePassBase<SelectTrainablePass> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk([&](ParamOp param) {
      if (param->getParentOfType<func::FuncOp>())
        params[param.getName()].push_back(param);
    });
    llvm::SetVector<StringRef> selected;
    if (failed(select(selected)))
      return signalPassFailure();
    for (auto &[name, uses] : params)
      for (ParamOp param : uses)
        mark(param, selected.contains(name));
  }

private:
  /// Fills in the names that the option asks for. Selection is by name, so that a parameter trains
  /// in all functions or in none.
  LogicalResult select(llvm::SetVector<StringRef> &selected) {
    SmallVector<StringRef> words;
    StringRef(train).split(words, ',', -1, /*KeepEmpty=*/false);
    if (words.empty())
      return getOperation().emitError("train must name groups or patterns of parameters, got: '")
             << train << "'; " << describeGroups();
    // "adapters,connector" is for models with either, so only all groups together must match
    // something.
    SmallVector<StringRef> groups;
    size_t inGroups = 0;
    for (StringRef word : words) {
      word = word.trim();
      bool isGroup = llvm::is_contained({"adapters", "connector", "llm", "vision"}, word);
      FailureOr<size_t> count =
          isGroup ? selectGroup(word, selected) : selectPattern(word, selected);
      if (failed(count))
        return failure();
      if (isGroup) {
        groups.push_back(word);
        inGroups += *count;
      } else if (*count == 0) {
        return getOperation().emitError("train: no parameter matches '")
               << word << "'; " << describeGroups();
      }
    }
    if (!groups.empty() && inGroups == 0)
      return getOperation().emitError("train: no parameter is in group '")
             << llvm::join(groups, "' or '") << "'; " << describeGroups();
    return success();
  }

  FailureOr<size_t> selectGroup(StringRef group, llvm::SetVector<StringRef> &selected) {
    size_t count = 0;
    for (auto &[name, uses] : params)
      if (llvm::any_of(uses, [&](ParamOp param) { return groupOf(param) == group; })) {
        selected.insert(name);
        ++count;
      }
    return count;
  }

  FailureOr<size_t> selectPattern(StringRef text, llvm::SetVector<StringRef> &selected) {
    llvm::Expected<llvm::GlobPattern> pattern =
        llvm::GlobPattern::create(text == "all" ? "*" : text);
    if (!pattern)
      return getOperation().emitError("train: '")
             << text << "' is not a pattern: " << llvm::toString(pattern.takeError());
    size_t count = 0;
    for (auto &[name, uses] : params)
      if (pattern->match(name)) {
        selected.insert(name);
        ++count;
      }
    return count;
  }

  std::string describeGroups() {
    llvm::SetVector<StringRef> groups;
    for (auto &[name, uses] : params)
      for (ParamOp param : uses)
        if (!groupOf(param).empty())
          groups.insert(groupOf(param));
    if (groups.empty())
      return "no parameter of this model has a group; use patterns over names, or all";
    return "groups of this model: " + llvm::join(groups, ", ") +
           "; or use patterns over names, or all";
  }

  /// A trainable parameter is updated in f32, so it is stored in f32; what computes with it sees
  /// its old type.
  void mark(ParamOp param, bool trains) {
    param.setTrainable(trains);
    auto type = cast<RankedTensorType>(param.getType());
    if (!trains || type.getElementTypeBitWidth() >= 32)
      return;
    OpBuilder builder(param.getContext());
    builder.setInsertionPointAfter(param);
    param.getResult().setType(cast<RankedTensorType>(type.clone(builder.getF32Type())));
    auto narrow = CastOp::create(builder, param.getLoc(), type, param.getResult());
    param.getResult().replaceAllUsesExcept(narrow.getResult(), narrow);
  }

  llvm::MapVector<StringRef, SmallVector<ParamOp>> params;
};

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Adapters/Passes.h"

#include "AdapterSpec.h"
#include "Definitions.h"
#include "Instantiate.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"

namespace mmc {
#define GEN_PASS_DEF_INSERTADAPTERSPASS
#include "mmc/Transforms/Adapters/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// The ops that read a module's weight, casts looked through.
SmallVector<OpOperand *> readersOf(ParamOp param) {
  SmallVector<OpOperand *> readers;
  SmallVector<Value> values{param.getResult()};
  while (!values.empty())
    for (OpOperand &use : values.pop_back_val().getUses()) {
      if (auto cast = dyn_cast<CastOp>(use.getOwner()))
        values.push_back(cast.getResult());
      else
        readers.push_back(&use);
    }
  // Uses are listed last first.
  std::reverse(readers.begin(), readers.end());
  return readers;
}

struct InsertAdaptersPass : mmc::impl::InsertAdaptersPassBase<InsertAdaptersPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string error;
    std::optional<std::vector<AdapterClause>> clauses = parseAdapterSpec(spec, error);
    if (!clauses) {
      module.emitError("adapter '") << spec << "': " << error;
      return signalPassFailure();
    }
    for (auto function : module.getOps<func::FuncOp>())
      if (Attribute name = function->getAttr("mmc.adapter")) {
        function.emitOpError("has an adapter already, got: ") << name << "; one insertion takes several, separated by ';'";
        return signalPassFailure();
      }
    for (const AdapterClause &clause : *clauses)
      if (failed(clause.definition == "full" && !clause.isPath ? trainInFull(clause) : insert(clause)))
        return signalPassFailure();
    for (auto function : module.getOps<func::FuncOp>())
      function->setAttr("mmc.adapter", StringAttr::get(&getContext(), spec));
  }

private:
  /// The base's modules that have a weight: every `<module>.weight`, in the order of the file.
  llvm::MapVector<StringRef, SmallVector<ParamOp>> modules() {
    llvm::MapVector<StringRef, SmallVector<ParamOp>> found;
    getOperation().walk([&](ParamOp param) {
      StringRef name = param.getName();
      if (param->getParentOfType<func::FuncOp>() && groupOf(param) != "adapters" && name.consume_back(".weight"))
        found[name].push_back(param);
    });
    return found;
  }

  static StringRef groupOf(ParamOp param) {
    auto group = param->getAttrOfType<StringAttr>("mmc.group");
    return group ? group.getValue() : "";
  }

  LogicalResult insert(const AdapterClause &clause) {
    OwningOpRef<ModuleOp> file = loadDefinition(clause.definition, clause.isPath, getOperation().getLoc());
    if (!file)
      return failure();
    AdapterOp definition = *file->getOps<AdapterOp>().begin();
    auto sites = definition.getOptions().getAs<ArrayAttr>("sites");
    if (!sites || !llvm::all_of(sites, llvm::IsaPred<StringAttr>))
      return definition.emitOpError("must say what it goes on: options {sites = [\"mmc.linear\"], …}");

    auto all = modules();
    unsigned taken = 0;
    llvm::StringMap<bool> matched;
    for (auto &[module, params] : all) {
      if (!selects(clause, module, params, sites))
        continue;
      if (std::optional<StringRef> entry = clause.targets.match(module))
        matched[*entry] = true;
      for (ParamOp param : params)
        if (failed(insertAt(param, module, definition, sites, clause)))
          return failure();
      ++taken;
    }
    if (taken == 0)
      return nothingMatches(clause, all);
    for (const std::string &name : clause.targets.names)
      if (!clause.targets.allLinear && !clause.targets.regex && !matched.count(name))
        if (failed(unmatched(clause, name)))
          return failure();
    return success();
  }

  /// A name of several that no module has: a warning, unless PEFT finds the module under that name. A head that shares
  /// the embedding's table has no weight of its own here, while PEFT adapts or copies it.
  LogicalResult unmatched(const AdapterClause &clause, const std::string &name) {
    ParamOp tied;
    bool hasHead = false;
    getOperation().walk([&](ParamOp param) {
      if (!param->getParentOfType<func::FuncOp>())
        return;
      hasHead |= param.getName().ends_with("lm_head.weight");
      if (isTied(param))
        tied = param;
    });
    if (tied && !hasHead && clause.selects("lm_head") && StringRef("lm_head").ends_with(name))
      return tied.emitOpError("is the weight of the head too (tied embeddings); mmc cannot give the head an adapter or a "
                              "weight of its own, got: target '")
             << name << "' of '" << clause.definition << "'; leave it out";
    getOperation().emitWarning("adapter '") << clause.definition << "': no module matches target '" << name << "'";
    return success();
  }

  /// A table that is looked up and multiplied with.
  static bool isTied(ParamOp param) {
    SmallVector<OpOperand *> readers = readersOf(param);
    return llvm::any_of(readers, [](OpOperand *use) { return isa<EmbeddingOp>(use->getOwner()); }) &&
           llvm::any_of(readers, [](OpOperand *use) { return isa<LinearOp>(use->getOwner()); });
  }

  /// `all-linear`, as in PEFT, leaves out the head; it also leaves out what the definition cannot go on.
  bool selects(const AdapterClause &clause, StringRef module, ArrayRef<ParamOp> params, ArrayAttr sites) {
    if (!clause.group.empty() && llvm::any_of(params, [&](ParamOp param) { return groupOf(param) != clause.group; }))
      return false;
    if (!clause.targets.allLinear)
      return clause.selects(module);
    if (clause.exclude.match(module) || module == "lm_head" || module.ends_with(".lm_head"))
      return false;
    if (!clause.layers.empty()) {
      std::optional<int64_t> layer = clause.layerOf(module);
      if (!layer || !llvm::is_contained(clause.layers, *layer))
        return false;
    }
    return llvm::all_of(params, [&](ParamOp param) {
      return llvm::all_of(readersOf(param), [&](OpOperand *use) { return isSite(use, sites); });
    });
  }

  static bool isSite(OpOperand *use, ArrayAttr sites) {
    return use->getOperandNumber() == 1 && llvm::any_of(sites.getAsValueRange<StringAttr>(), [&](StringRef name) {
             return use->getOwner()->getName().getStringRef() == name;
           });
  }

  LogicalResult insertAt(ParamOp param, StringRef module, AdapterOp definition, ArrayAttr sites,
                         const AdapterClause &clause) {
    for (OpOperand *use : readersOf(param)) {
      Operation *site = use->getOwner();
      if (!isSite(use, sites)) {
        InFlightDiagnostic error = site->emitOpError("cannot take adapter '");
        error << clause.definition << "', which goes on ";
        llvm::interleaveComma(sites.getAsValueRange<StringAttr>(), error);
        error << "; exclude=" << module << " leaves it out";
        return failure();
      }
      if (!adapted.insert(site).second)
        return site->emitOpError("takes one adapter, and is a site of two clauses, got: '") << module << "' for "
                                                                                          << clause.definition << " again";
      FailureOr<SiteValues> values = valuesAt(site, module, definition, clause);
      if (failed(values))
        return failure();
      // Counted per function, so that an entry alone and with others is the same.
      int64_t index = sitesOf[site->getParentOfType<func::FuncOp>()]++;
      values->stream = index;
      FailureOr<Value> result = instantiate(definition, site, *values);
      if (failed(result))
        return failure();
      // For ProveIdentity, which takes the marks away: what replaces what.
      auto number = IntegerAttr::get(IntegerType::get(&getContext(), 64), index);
      if (clause.prove) {
        site->setAttr("mmc.adapted", number);
        result->getDefiningOp()->setAttr("mmc.adapts", number);
      }
      remark::passed(site->getLoc(), remark::RemarkOpts::name("adapted").category("mmc-insert-adapters"))
          << clause.definition << " at " << module;
    }
    return success();
  }

  /// PEFT's modules_to_save: the parameters of the chosen modules train in full, and are stored with the
  /// adapters, under the adapters' names.
  LogicalResult trainInFull(const AdapterClause &clause) {
    SmallVector<std::pair<ParamOp, StringRef>> chosen;
    getOperation().walk([&](ParamOp param) {
      if (!param->getParentOfType<func::FuncOp>() || groupOf(param) == "adapters")
        return;
      // A module may be named that holds others: an MLP, a whole layer.
      for (StringRef module = param.getName().rsplit('.').first; !module.empty(); module = module.rsplit('.').first) {
        if (clause.selects(module)) {
          chosen.push_back({param, module});
          return;
        }
        if (!module.contains('.'))
          return;
      }
    });
    if (chosen.empty())
      return getOperation().emitError("adapter 'full': no module matches targets=") << clause.targets.text;
    for (auto &[param, module] : chosen)
      if (isTied(param))
        return param.emitOpError("is the weight of the embedding and of the head (tied embeddings); mmc cannot train one of "
                                 "them in full and keep the other, as PEFT does, got: '")
               << module << "'; leave it out";
    for (const std::string &name : clause.targets.names)
      if (!clause.targets.regex && llvm::none_of(chosen, [&](auto &entry) { return entry.second.ends_with(name); }) &&
          failed(unmatched(clause, name)))
        return failure();
    std::string as = "base_model.model.{site}";
    for (const AdapterSetting &setting : clause.settings) {
      if (setting.option != "as" || setting.where)
        return getOperation().emitError("adapter 'full': it has no option '") << setting.option << "'; options are as";
      as = setting.value;
    }
    for (auto &[param, module] : chosen) {
      std::string old = param.getName().str(), error;
      SiteValues values;
      values.words["site"] = module.str();
      std::optional<std::string> name = values.fill(as, error);
      if (!name)
        return param.emitOpError("cannot be renamed to '") << as << "': " << error;
      param.setName(*name + old.substr(module.size()));
      // A fresh adapter starts from the base's own value.
      param.setInit("parameter(" + old + ")");
      param->setAttr("mmc.group", StringAttr::get(&getContext(), "adapters"));
      remark::passed(param.getLoc(), remark::RemarkOpts::name("full").category("mmc-insert-adapters")) << old;
    }
    return success();
  }

  LogicalResult nothingMatches(const AdapterClause &clause,
                               const llvm::MapVector<StringRef, SmallVector<ParamOp>> &all) {
    InFlightDiagnostic error = getOperation().emitError("adapter '");
    error << clause.definition << "': no module matches targets=" << clause.targets.text;
    if (!clause.group.empty())
      error << " in group '" << clause.group << "'";
    if (!clause.layers.empty())
      error << " in the given layers";
    if (!all.empty())
      error << "; modules are named as '" << all.begin()[all.size() / 2].first << "'";
    return failure();
  }

  llvm::DenseSet<Operation *> adapted;
  llvm::DenseMap<Operation *, int64_t> sitesOf; ///< how many a function has so far
};

} // namespace

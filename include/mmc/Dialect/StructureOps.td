// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What gives a model file its structure: parameters, repeated blocks, adapter definitions.

#ifndef MMC_DIALECT_STRUCTURE_OPS
#define MMC_DIALECT_STRUCTURE_OPS

include "mmc/Dialect/MmcBase.td"
include "mlir/IR/SymbolInterfaces.td"

def ParamOp : Mmc_Op<"param", [Pure]> {
  let summary = "A parameter, named by its key in the checkpoint";
  let description = [{
    The name may hold `{i}`-like placeholders: expressions of the indices of enclosing `mmc.repeat`s
    (`{i}`, `{4*j+i}`), and in an adapter definition `{name}`. `trainable` marks a parameter that the
    optimizer updates; a parameter without it is frozen, a compile-time constant. In an adapter
    definition `dims` gives the shape in terms of the site (`in`, `out`) and the adapter's options;
    `init` says how a parameter that no checkpoint provides is initialised.

    ```mlir
    %w = mmc.param "model.layers.{i}.self_attn.q_proj.weight" : tensor<4096x4096xbf16>
    %a = mmc.param trainable "{name}.lora_A.weight" dims ["rank", "in"] init("kaiming_uniform(sqrt(5))") : tensor<?x?xbf16>
    ```
  }];
  let arguments = (ins StrAttr:$name, UnitAttr:$trainable, OptionalAttr<StrArrayAttr>:$dims,
                       OptionalAttr<StrAttr>:$init);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = [{
    (`trainable` $trainable^)? $name (`dims` $dims^)? (`init` `(` $init^ `)`)? attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def RepeatOp : Mmc_Op<"repeat", [SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "A block written once and stamped out for every index";
  let description = [{
    Computes the body for each index from `lower` to `upper` (exclusive). Iteration values are handed on;
    values that the body yields beyond them are collected: the pieces of all iterations, concatenated
    along `axis`. Specialize unrolls it, filling the index into parameter names.

    ```mlir
    %h:2 = mmc.repeat i = 0 to 12 iter(%x = %h0) collect axis(1)
        -> (tensor<?x50x768xf32>, tensor<?x12x768xf32>) { … mmc.yield %y, %cls : tensor<?x50x768xf32>, tensor<?x1x768xf32> }
    ```
  }];
  let arguments = (ins StrAttr:$index, I64Attr:$lower, I64Attr:$upper, OptionalAttr<I64Attr>:$axis,
                       Variadic<Mmc_Tensor>:$inits);
  let results = (outs Variadic<Mmc_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Number of results that are handed from iteration to iteration; the rest are collected.
    unsigned getNumIterated() { return getInits().size(); }
  }];
}

def YieldOp : Mmc_Op<"yield", [Pure, Terminator, ParentOneOf<["RepeatOp", "AdapterOp"]>]> {
  let summary = "Ends the body of a repeat or of an adapter definition";
  let arguments = (ins Variadic<Mmc_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
}

def AdapterOp : Mmc_Op<"adapter", [Symbol, IsolatedFromAbove, SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "The definition of an adapter";
  let description = [{
    A function of a site: `%input` is the data input of an op of the frozen base, `%output` what the op
    computes; the definition yields what takes the place of `%output`. `options` are the definition's own
    settings with their defaults, numbers that attributes of its ops may name. Instantiated by
    `--mmc-insert-adapters`.

    ```mlir
    mmc.adapter @lora(%x: tensor<?x?x?xf32>, %y: tensor<?x?x?xf32>) options {rank = 8, alpha = 16.0} { … }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, DictionaryAttr:$options);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
}

#endif // MMC_DIALECT_STRUCTURE_OPS

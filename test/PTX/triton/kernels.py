# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels that Triton compiles to PTX, into this folder, for sm_80 and sm_120. The results are checked in: tests need no
Triton. Usage: TRITON_DISABLE_LINE_INFO=1 TRITON_DEFAULT_FP_FUSION=1 python3 kernels.py, with Triton 3.9."""

import pathlib

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource


@triton.jit
def softmax(x, o, n, BLOCK: tl.constexpr):
    row, i = tl.program_id(0), tl.arange(0, BLOCK)
    v = tl.load(x + row * n + i, mask=i < n, other=-float("inf"))
    v = tl.exp(v - tl.max(v, 0))
    tl.store(o + row * n + i, v / tl.sum(v, 0), mask=i < n)


@triton.jit
def layer_norm(x, weight, bias, o, n, BLOCK: tl.constexpr):
    row, i = tl.program_id(0), tl.arange(0, BLOCK)
    v = tl.load(x + row * n + i, mask=i < n, other=0.0)
    d = tl.where(i < n, v - tl.sum(v, 0) / n, 0.0)
    y = d * tl.rsqrt(tl.sum(d * d, 0) / n + 1e-5)
    tl.store(o + row * n + i, y * tl.load(weight + i, mask=i < n) + tl.load(bias + i, mask=i < n), mask=i < n)


@triton.jit
def matmul(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """Pipelined: cp.async, ldmatrix, mma.sync."""
    rm, rn = tl.program_id(0) * BM + tl.arange(0, BM), tl.program_id(1) * BN + tl.arange(0, BN)
    total = tl.zeros((BM, BN), dtype=tl.float32)
    for k in tl.range(0, K, BK, num_stages=3):
        rk = k + tl.arange(0, BK)
        total = tl.dot(tl.load(a + rm[:, None] * K + rk[None, :]), tl.load(b + rk[:, None] * N + rn[None, :]), total)
    tl.store(c + rm[:, None] * N + rn[None, :], total)


@triton.jit
def attention(q, k, v, o, T, scale, BM: tl.constexpr, BN: tl.constexpr, D: tl.constexpr):
    """Causal, with running maxima."""
    rm, rd = tl.program_id(0) * BM + tl.arange(0, BM), tl.arange(0, D)
    base = tl.program_id(1) * T * D
    queries = tl.load(q + base + rm[:, None] * D + rd[None, :])
    most = tl.full((BM,), -float("inf"), tl.float32)
    total = tl.zeros((BM,), tl.float32)
    sums = tl.zeros((BM, D), tl.float32)
    for start in range(0, (tl.program_id(0) + 1) * BM, BN):
        rn = start + tl.arange(0, BN)
        keys = tl.load(k + base + rn[:, None] * D + rd[None, :])
        values = tl.load(v + base + rn[:, None] * D + rd[None, :])
        scores = tl.where(rm[:, None] >= rn[None, :], tl.dot(queries, tl.trans(keys)) * scale, -float("inf"))
        more = tl.maximum(most, tl.max(scores, 1))
        p, shrink = tl.exp(scores - more[:, None]), tl.exp(most - more)
        total = total * shrink + tl.sum(p, 1)
        sums = tl.dot(p.to(values.dtype), values, sums * shrink[:, None])
        most = more
    tl.store(o + base + rm[:, None] * D + rd[None, :], sums / total[:, None])


@triton.jit
def sort(x, o, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    tl.store(o + i, tl.sort(tl.load(x + i)))


@triton.jit
def locked(lock, o, BLOCK: tl.constexpr):
    """Blocks take turns in adding one."""
    while tl.atomic_cas(lock, 0, 1) == 1:
        pass
    i = tl.arange(0, BLOCK)
    tl.store(o + i, tl.load(o + i) + 1.0)
    tl.debug_barrier()
    tl.atomic_xchg(lock, 0)


KERNELS = [
    (softmax, {"x": "*fp32", "o": "*fp32", "n": "i32"}, {"BLOCK": 256}),
    (layer_norm, {"x": "*fp32", "weight": "*fp32", "bias": "*fp32", "o": "*fp32", "n": "i32"}, {"BLOCK": 256}),
    (matmul, {"a": "*fp16", "b": "*fp16", "c": "*fp32", "M": "i32", "N": "i32", "K": "i32"}, {"BM": 32, "BN": 64, "BK": 32}),
    (attention, {"q": "*bf16", "k": "*bf16", "v": "*bf16", "o": "*fp32", "T": "i32", "scale": "fp32"}, {"BM": 32, "BN": 32, "D": 32}),
    (sort, {"x": "*fp32", "o": "*fp32"}, {"BLOCK": 128}),
    (locked, {"lock": "*i32", "o": "*fp32"}, {"BLOCK": 128}),
]
# Sizes that are multiples of 16 bytes are known to be, as Triton's own launcher finds out.
ALIGNED = (matmul, attention)

for kernel, signature, constants in KERNELS:
    for chip in (80, 120):
        divisible = {
            (i,): [["tt.divisibility", 16]] for i, t in enumerate(signature.values()) if kernel in ALIGNED and t != "fp32"
        }
        names = list(signature) + list(constants)
        source = ASTSource(
            kernel,
            {**signature, **{name: "constexpr" for name in constants}},
            {(names.index(name),): value for name, value in constants.items()},
            divisible,
        )
        compiled = triton.compile(source, target=GPUTarget("cuda", chip, 32), options={"num_warps": 4, "ptx_version": 88})
        name = kernel.fn.__name__
        pathlib.Path(__file__).with_name(f"{name}.sm_{chip}.ptx").write_text(compiled.asm["ptx"])
        print(name, chip, "shared memory:", compiled.metadata.shared)

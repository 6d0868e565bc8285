# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Matrix products of awkward sizes under every instruction set that the host has, against float64.

usage: instruction_sets.py WORK_DIR

A linear and both its gradients: between them every operand lies along k and across it. Inputs are bf16 numbers, so
products are exact and only sums round; what is compared are f32 results, and bf16 results within half a unit."""

import json
import pathlib
import random
import struct
import subprocess
import sys

ROWS_COLUMNS_DEPTH = [(1, 1, 1), (5, 7, 3), (13, 17, 33), (3, 33, 66), (65, 48, 16), (26, 130, 35), (7, 19, 1031)]
RECIPES = ["avx2", "avx512", "avx512-bf16", "amx"]

MODULE = """func.func @logits(%x: tensor<{m}x{k}x{t}> {{mmc.name = "x"}}, %w: tensor<{n}x{k}x{t}> {{mmc.name = "w"}},
    %g: tensor<{m}x{n}x{t}> {{mmc.name = "g"}}) -> (tensor<{m}x{n}xf32> {{mmc.name = "y"}},
    tensor<{m}x{k}xf32> {{mmc.name = "dx"}}, tensor<{n}x{k}xf32> {{mmc.name = "dw"}}) {{
  %y = mmc.linear %x, %w : tensor<{m}x{k}x{t}>, tensor<{n}x{k}x{t}>
  %dx = mmc.linear_grad_input %g, %w : tensor<{m}x{n}x{t}>, tensor<{n}x{k}x{t}> -> tensor<{m}x{k}x{t}>
  %dw = mmc.linear_grad_weight %g, %x : tensor<{m}x{n}x{t}>, tensor<{m}x{k}x{t}> -> tensor<{n}x{k}xf32>
  %yf = mmc.cast %y : tensor<{m}x{n}x{t}> to tensor<{m}x{n}xf32>
  %dxf = mmc.cast %dx : tensor<{m}x{k}x{t}> to tensor<{m}x{k}xf32>
  return %yf, %dxf, %dw : tensor<{m}x{n}xf32>, tensor<{m}x{k}xf32>, tensor<{n}x{k}xf32>
}}
"""


def bf16_bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0] >> 16


def bf16(value):
    return struct.unpack("<f", struct.pack("<I", bf16_bits(value) << 16))[0]


def write(path, tensors, dtype):
    header, content = {}, b""
    for name, rows in tensors.items():
        flat = [value for row in rows for value in row]
        data = struct.pack(f"<{len(flat)}f", *flat) if dtype == "F32" else struct.pack(f"<{len(flat)}H", *map(bf16_bits, flat))
        header[name] = {"dtype": dtype, "shape": [len(rows), len(rows[0])], "data_offsets": [len(content), len(content) + len(data)]}
        content += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)


def read(path):
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    result = {}
    for name, entry in json.loads(content[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            result[name] = struct.unpack(f"<{(end - begin) // 4}f", content[8 + size + begin : 8 + size + end])
    return result


def product(a, b):
    """a·bᵀ with the sum of magnitudes, which bounds the error, beside each element."""
    columns = [[(sum(x * y for x, y in zip(row, other)), sum(abs(x * y) for x, y in zip(row, other))) for other in b] for row in a]
    return [pair for row in columns for pair in row]


def transposed(rows):
    return [list(column) for column in zip(*rows)]


def check(work, shape, dtype, recipe):
    """False when the host lacks the recipe."""
    m, n, k = shape
    module, inputs, outputs = work / "module.mlir", work / "inputs.safetensors", work / "outputs.safetensors"
    module.write_text(MODULE.format(m=m, n=n, k=k, t=dtype))
    chance = random.Random(repr(shape))
    x, w, g = ([[bf16(chance.uniform(-2, 2)) for _ in range(c)] for _ in range(r)] for r, c in ((m, k), (n, k), (m, n)))
    write(inputs, {"x": x, "w": w, "g": g}, "F32" if dtype == "f32" else "BF16")
    done = subprocess.run(["mmc-run", module, "--entry=logits", f"--inputs={inputs}", f"--outputs={outputs}", f"--dtype={dtype}",
                           f"--cpu-features={recipe}", "--cache-dir=none"], capture_output=True, text=True)
    if done.returncode and "which this processor lacks" in done.stderr:
        return False
    if done.returncode:
        sys.exit(f"{recipe} {dtype} {shape}: {done.stdout}{done.stderr}")
    got = read(outputs)
    want = {"y": product(x, w), "dx": product(g, transposed(w)), "dw": product(transposed(g), transposed(x))}
    for name, pairs in want.items():
        if len(got[name]) != len(pairs):
            sys.exit(f"{recipe} {dtype} {shape}: {name} has {len(got[name])} elements, not {len(pairs)}")
        for i, (value, (exact, magnitude)) in enumerate(zip(got[name], pairs)):
            # Rounding of up to 1031 sums, far above what they come to; dw is f32 in both cases.
            bound = magnitude * 2e-6 + (abs(exact) / 256 if dtype == "bf16" and name != "dw" else 0) + 1e-30
            if not abs(value - exact) <= bound:
                sys.exit(f"{recipe} {dtype} {shape}: {name}[{i}] = {value}, exact {exact}, bound {bound}")
    return True


def main():
    work = pathlib.Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    for recipe in RECIPES:
        for dtype in ("f32", "bf16"):
            if all(check(work, shape, dtype, recipe) for shape in ROWS_COLUMNS_DEPTH):
                print(f"{recipe} {dtype}: right")
            else:
                print(f"{recipe} {dtype}: not on this processor")


if __name__ == "__main__":
    main()

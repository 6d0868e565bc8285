#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the kernels that mmc forms for a model in the emulated GPU, each against the CPU's result.

Every kernel becomes an entry function of its own: mmc-run computes it on the CPU, mmc-opt turns it
into PTX, and mmc-ptx-run executes that on the same inputs, where no violation may be reported.
Exits 1 if a kernel differs or violates.
"""

import argparse
import array
import json
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

TYPES = {"f32": ("F32", 4), "bf16": ("BF16", 2), "i32": ("I32", 4), "i64": ("I64", 8), "f64": ("F64", 8)}


def write_tensors(path, tensors):
    header, data = {}, b""
    for name, (dtype, shape, raw) in sorted(tensors.items(), key=lambda t: (-len(t[1][2]) % 8, t[0])):
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def read_tensors(path):
    raw = open(path, "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    body = raw[8 + size :]
    return {n: (h["dtype"], h["shape"], body[h["data_offsets"][0] : h["data_offsets"][1]]) for n, h in header.items()}


def floats(dtype, raw):
    if dtype == "BF16":
        raw = b"".join(b"\0\0" + raw[i : i + 2] for i in range(0, len(raw), 2))
        dtype = "F32"
    return array.array({"F32": "f", "F64": "d", "I32": "i", "I64": "q"}[dtype], raw)


def parse_type(text):
    parts = re.fullmatch(r"tensor<((?:\d+x)*)(\w+)>", text)
    shape = [int(d) for d in parts[1].split("x") if d]
    return shape, parts[2]


def make_input(rng, shape, kind):
    count = math.prod(shape)
    dtype, size = TYPES[kind]
    if kind == "i64":
        raw = struct.pack(f"<{count}q", *[rng.randrange(1000) for _ in range(count)])
    elif kind == "i32":
        raw = struct.pack(f"<{count}i", *[rng.randrange(2) for _ in range(count)])
    elif kind == "f64":
        raw = struct.pack(f"<{count}d", *[rng.uniform(0.1, 1) for _ in range(count)])
    else:
        raw = struct.pack(f"<{count}f", *[rng.uniform(0.1, 1) for _ in range(count)])
        if kind == "bf16":
            raw = b"".join(raw[i + 2 : i + 4] for i in range(0, len(raw), 4))
    return dtype, shape, raw


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def kernels_of(plan):
    """name, [argument types], [result types], body of each kernel."""
    pattern = r"^  func\.func private @(\w+)\(([^\n]*?)\) -> ([^\n]*?) attributes \{[^\n]*mmc\.kernel[^\n]*?\} \{\n(.*?)^  \}"
    for name, arguments, results, body in re.findall(pattern, plan, re.M | re.S):
        yield name, re.findall(r"%arg\d+: (tensor<[^>]*>)", arguments), re.findall(r"tensor<[^>]*>", results), body


def entry_text(name, arguments, results, body):
    inputs = ", ".join(f'%arg{i}: {t} {{mmc.name = "x{i}"}}' for i, t in enumerate(arguments))
    outputs = ", ".join(f'{t} {{mmc.name = "r{i}"}}' for i, t in enumerate(results))
    return f"  func.func @entry_{name}({inputs}) -> ({outputs}) {{\n{body}  }}\n"


def compare(got, want, tolerance):
    a, b = floats(*got[::2]), floats(*want[::2])
    if len(a) != len(b):
        return "another number of elements"
    largest = max([abs(v) for v in b] + [1e-30])
    worst = max((abs(x - y) for x, y in zip(a, b)), default=0)
    if not all(x == x for x in a) or not worst <= tolerance * largest:
        return f"differs by {worst:g} of {largest:g}"
    return None


def test(tools, folder, kernel, rng):
    """None, or what is wrong; the second value is False when the kernel could not be taken alone."""
    name, arguments, results, body = kernel
    module = os.path.join(folder, name + ".mlir")
    with open(module, "w") as f:
        f.write("module {\n" + entry_text(*kernel) + "}\n")
    inputs = {f"x{i}": make_input(rng, *parse_type(t)) for i, t in enumerate(arguments)}
    outputs = {}
    for i, t in enumerate(results):
        shape, kind = parse_type(t)
        outputs[f"r{i}"] = (TYPES[kind][0], shape, bytes(TYPES[kind][1] * math.prod(shape)))
    file, cpu = os.path.join(folder, "in.safetensors"), os.path.join(folder, "cpu.safetensors")
    write_tensors(file, {**inputs, **outputs})
    code, text = run(f"{tools}/mmc-run", module, f"--entry=entry_{name}", f"--inputs={file}", f"--outputs={cpu}", "--dtype=bf16", "--cache-dir=none")
    if code:
        return "the CPU: " + text.strip()[:300], False
    ptx, lowered = os.path.join(folder, name + ".ptx"), os.path.join(folder, name + ".lowered")
    code, text = run(f"{tools}/mmc-opt", module, f"--mmc-compile=entries=entry_{name} target=cuda chip=sm_80 dump-ptx={ptx} dtype=bf16", "-o", lowered)
    if code:
        return "the compiler: " + text.strip()[:300], False
    text = open(lowered).read()
    launches = re.findall(r"(%\S+) = mmc\.launch @(\w+)\(([^)]*)\)", text)
    if len(launches) != 1:
        return f"{len(launches)} launches", False
    kernel_name = launches[0][1]
    operands = re.findall(r"%\w+", launches[0][2])
    attributes = re.search(rf"func\.func private @{kernel_name}\(.*attributes \{{(.*)\}}", text)[1]
    number = lambda key: int((re.search(rf"mmc\.{key} = (\d+)", attributes) or [0, 0])[1])
    command = [f"{tools}/mmc-ptx-run", ptx, f"--kernel={kernel_name}", f"--grid={number('tiles')}", f"--block={number('threads')}",
               f"--inputs={file}", f"--outputs={folder}/gpu.safetensors", "--quiet"]
    for operand in operands:
        source = operand
        while not source.startswith("%arg"):
            made = re.search(rf"^\s*{re.escape(source)} = \S+ (%\w+)", text, re.M)
            if not made:
                return f"an operand that is no argument: {source}", False
            source = made[1]
        command.append(f"--arg=buffer:x{source[4:]}")
    command += [f"--arg=buffer:r{i}" for i in range(len(results))]
    if number("workspace"):
        command.append(f"--arg=scratch:{number('tiles') * number('workspace')}")
    code, text = run(*command)
    if code:
        return "the emulator: " + text.strip()[:800], True
    got, want = read_tensors(f"{folder}/gpu.safetensors"), read_tensors(cpu)
    for i, t in enumerate(results):
        problem = compare(got[f"r{i}"], want[f"r{i}"], 2e-2 if "bf16" in "".join(arguments + results) else 2e-5)
        if problem:
            return f"result {i} {problem}", True
    return None, True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a model file")
    parser.add_argument("options", help="what --mmc-compile takes beyond target and to")
    parser.add_argument("--bin", help="where the tools are (default: in PATH)")
    parser.add_argument("--sample", type=int, default=1, help="take every N-th kernel")
    parser.add_argument("--filter", default="", help="only kernels with this in their names")
    flags = parser.parse_args()
    tools = flags.bin or os.path.dirname(shutil.which("mmc-opt") or "")
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        plan = os.path.join(folder, "plan.mlir")
        code, text = run(f"{tools}/mmc-opt", flags.model, f"--mmc-compile={flags.options} target=cuda to=plan", "-o", plan)
        if code:
            sys.exit(text)
        kernels = [k for k in kernels_of(open(plan).read()) if flags.filter in k[0]]
        kernels = kernels[:: flags.sample]
        passed, alone, failed = 0, [], 0
        for kernel in kernels:
            problem, taken = test(tools, folder, kernel, rng)
            if problem and taken:
                failed += 1
                print(f"{kernel[0]}: {problem}", flush=True)
            elif problem:
                alone.append(f"{kernel[0]} ({problem})")
            else:
                passed += 1
    for name in alone:
        print("not taken alone:", name)
    print(f"{passed} kernels agree, {failed} do not, {len(alone)} could not be taken alone")
    sys.exit(1 if failed or not passed else 0)


main()

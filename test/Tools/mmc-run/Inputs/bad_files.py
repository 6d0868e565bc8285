# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs and weights of test/Train/Inputs/tiny.mlir: good ones, and some that are wrong in one way each."""

import pathlib
import struct
import sys

TEST = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(TEST / "Train/Inputs"))
import runs

ids = [i % 7 for i in range(6)]
shapes = {"embed.weight": [2000, 24], "norm.weight": [24], "layer.weight": [24, 24], "head.weight": [2000, 24]}


def inputs(folder, name, ids=ids, labels=ids, shape=(2, 3), dtype="I32", drop=None):
    tensors = {key: (dtype if key == "input_ids" else "I32", list(shape), values)
               for key, values in (("input_ids", ids), ("labels", labels)) if key != drop}
    runs.write_safetensors(folder / f"{name}.safetensors", tensors)


def weights(folder, name, **spoilt):
    """Weights in which spoilt[key] = (dtype, shape, values), or None for one that is not there."""
    tensors = {}
    for key, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        tensors[key] = ("F32", shape, [0.01 * (i % 5) for i in range(count)])
    for key, tensor in spoilt.items():
        tensors[key.replace("_", ".")] = tensor
    runs.write_safetensors(folder / f"{name}.safetensors", {key: tensor for key, tensor in tensors.items() if tensor})


def write(folder):
    inputs(folder, "good")
    inputs(folder, "token", ids=ids[:-1] + [2000])
    inputs(folder, "negative", ids=[-1] + ids[1:])
    inputs(folder, "label", labels=ids[:-1] + [2000])
    inputs(folder, "floats", dtype="F32")
    inputs(folder, "unlabelled", drop="labels")
    inputs(folder, "flat", shape=(6,))
    weights(folder, "weights")
    weights(folder, "nan", norm_weight=("F32", [24], [float("nan")] * 24))
    weights(folder, "infinite", norm_weight=("F32", [24], [1.0] * 23 + [float("inf")]))
    weights(folder, "missing", layer_weight=None, norm_weight=None)
    weights(folder, "shape", layer_weight=("F32", [24, 25], [0.0] * 600))
    weights(folder, "whole", norm_weight=("I32", [24], [1] * 24))
    for name in ("good", "weights"):
        content = (folder / f"{name}.safetensors").read_bytes()
        (folder / f"{name}-short.safetensors").write_bytes(content[:-5])
        (folder / f"{name}-header.safetensors").write_bytes(content[:20])
    (folder / "huge-header.safetensors").write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "text.safetensors").write_bytes(struct.pack("<Q", 12) + b"not a header")

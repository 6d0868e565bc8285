# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes batch files that must be refused, each wrong in one way, and one that is right."""

import sys

import runs

folder = sys.argv[1]
ids = [i % 7 for i in range(12)]


def write(name, ids=ids, labels=None, shape=(2, 2, 3)):
    tensors = {"input_ids": ("I32", list(shape), ids), "labels": ("I32", list(shape), labels or ids)}
    runs.write_safetensors(f"{folder}/{name}.safetensors", tensors)


write("good")
write("token", ids=ids[:-1] + [2000])
write("negative", ids=[-1] + ids[1:])
write("label", labels=ids[:-1] + [2000])
write("unlabelled", labels=[-100] * 12)
write("flat", shape=(4, 3))
runs.write_safetensors(f"{folder}/floats.safetensors", {
    "input_ids": ("F32", [2, 2, 3], ids), "labels": ("I32", [2, 2, 3], ids)})
runs.write_safetensors(f"{folder}/lonely.safetensors", {"input_ids": ("I32", [2, 2, 3], ids)})
good = open(f"{folder}/good.safetensors", "rb").read()
open(f"{folder}/truncated.safetensors", "wb").write(good[:-5])
open(f"{folder}/empty.txt", "w").close()

# Weights of the tiny model, one of them with a NaN.
weights = {"embed.weight": [2000, 24], "norm.weight": [24], "layer.weight": [24, 24], "head.weight": [2000, 24]}


def write_weights(name, spoil=lambda tensors: None):
    tensors = {}
    for key, shape in weights.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        tensors[key] = ("F32", shape, [0.01 * (i % 5) for i in range(count)])
    spoil(tensors)
    runs.write_safetensors(f"{folder}/{name}.safetensors", tensors)


def with_nan(tensors):
    tensors["norm.weight"][2][3] = float("nan")


def huge(tensors):
    for key, value in (("embed.weight", 1e3), ("head.weight", 3e38)):
        tensors[key] = ("F32", [2000, 24], [value] * 48000)


write_weights("weights")
write_weights("nan-weights", with_nan)
write_weights("huge-weights", huge)
write_weights("short-weights", lambda tensors: tensors.pop("layer.weight"))

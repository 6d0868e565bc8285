# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what mmc-data pixels wrote for one file with a golden of image-scales: names, shape, and values within 1e-5.

usage: compare_tiles.py GOT.safetensors EXPECTED.safetensors PREPROCESS@TILE:FILE
"""

import array
import json
import pathlib
import struct
import sys


def tensors(path):
    """(dtype, shape, values) of each tensor of a safetensors file, by name."""
    content = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    result = {}
    for name, entry in json.loads(content[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            result[name] = entry["dtype"], entry["shape"], array.array("f", content[8 + size + begin : 8 + size + end])
    return result


got, expected, key = tensors(sys.argv[1]), tensors(sys.argv[2])[sys.argv[3]], sys.argv[3]
name = "pixel_values:" + key.split(":", 1)[1]
if list(got) != [name]:
    sys.exit(f"one tensor, {name}, was expected, got: {list(got)}")
if got[name][:2] != expected[:2]:
    sys.exit(f"{key}: {got[name][:2]} != {expected[:2]}")
worst = max(abs(a - b) for a, b in zip(got[name][2], expected[2]))
if not worst <= 1e-5:
    sys.exit(f"{key}: values differ by {worst}")
print(f"{key}: equal, {expected[1]}")

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs causal attention of one head over a long row, and recomputes a few of its rows: long_attention.py WORK"""

import array
import json
import math
import pathlib
import random
import struct
import subprocess
import sys

TOKENS, WIDTH = 8192, 128
# f32 sums of up to 8,192 weights that add up to 1, of values below 1: far below this.
ABSOLUTE = 1e-5

work = pathlib.Path(sys.argv[1])
kind = f"tensor<1x{TOKENS}x{WIDTH}xf32>"
(work / "attention.mlir").write_text(f"""
func.func @attend(%q: {kind} {{mmc.name = "q"}}, %k: {kind} {{mmc.name = "k"}}, %v: {kind} {{mmc.name = "v"}}) -> ({kind} {{mmc.name = "y"}}) {{
  %y = mmc.attention %q, %k, %v heads(1) kv_heads(1) causal : {kind}, {kind}, {kind} -> {kind}
  return %y : {kind}
}}
""")
rng = random.Random(1)
data = {name: array.array("f", (rng.random() - 0.5 for _ in range(TOKENS * WIDTH))) for name in "qkv"}
header, place = {}, 0
for name, values in data.items():
    header[name] = {"dtype": "F32", "shape": [1, TOKENS, WIDTH], "data_offsets": [place, place + 4 * len(values)]}
    place += 4 * len(values)
text = json.dumps(header).encode()
(work / "in.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(values.tobytes() for values in data.values()))


def row(values, t):
    return values[t * WIDTH : (t + 1) * WIDTH]


def expected(t):
    query = row(data["q"], t)
    scores = [sum(a * b for a, b in zip(query, row(data["k"], s))) / math.sqrt(WIDTH) for s in range(t + 1)]
    weights = [math.exp(score - max(scores)) for score in scores]
    total = sum(weights)
    result = [0.0] * WIDTH
    for s, weight in enumerate(weights):
        for d, value in enumerate(row(data["v"], s)):
            result[d] += weight / total * value
    return result


rows = {t: expected(t) for t in (0, 1, TOKENS // 2, TOKENS - 1)}
for threads in (1, 3):
    subprocess.run(["mmc-run", work / "attention.mlir", "--entry=attend", f"--inputs={work}/in.safetensors",
                    f"--outputs={work}/out.safetensors", "--dtype=f32", f"--threads={threads}"], check=True)
    content = (work / "out.safetensors").read_bytes()
    got = array.array("f", content[8 + struct.unpack("<Q", content[:8])[0] :])
    for t, want in rows.items():
        worst = max(abs(a - b) for a, b in zip(row(got, t), want))
        if not worst <= ABSOLUTE:
            sys.exit(f"{threads} threads, token {t}: off by {worst}")
print(f"attention of {TOKENS} tokens agrees")

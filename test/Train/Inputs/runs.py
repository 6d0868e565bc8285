# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What the tests of mmc-train share: a data set, runs, and what two runs must agree in.

import json
import pathlib
import random
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent.parent / "golden"


def make_text(path, lines=40, seed=3):
    """A text file of short documents of made-up words."""
    words = random.Random(seed)
    with open(path, "w") as out:
        for _ in range(lines):
            count = words.randint(3, 9)
            out.write(" ".join("".join(words.choices("aeioklmnrst", k=words.randint(2, 6))) for _ in range(count)) + "\n")


def command(work, output, *flags):
    """A run of the tiny model on work/text.txt; all parameters train."""
    return [
        "mmc-train", str(HERE / "tiny.mlir"), "--weights=init:5", f"--data={work}/text.txt", f"--output={output}",
        f"--tokenizer={GOLDEN}/tokenizer/spm-llama/model", "--train=all", "--batch-size=2", "--seq-len=16,32",
        "--gradient-accumulation=2", "--lr=0.01", "--warmup-steps=3", "--weight-decay=0.1", "--max-grad-norm=1",
        "--seed=11", "--threads=1", f"--cache-dir={work}/cache", *flags,
    ]


def run(*args):
    """Runs to the end, which must be good."""
    done = subprocess.run(args, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{args}: exit {done.returncode}\n{done.stderr}")
    return done


def metrics(output):
    """The lines of metrics.jsonl, without what a clock says."""
    lines = [json.loads(line) for line in (pathlib.Path(output) / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        line.pop("step_seconds", None)
        line.pop("tokens_per_second", None)
    return lines


def must_agree(one, two):
    """Result files byte for byte, and all metrics."""
    files = sorted(path.name for path in pathlib.Path(one).glob("*.safetensors"))
    if not files or files != sorted(path.name for path in pathlib.Path(two).glob("*.safetensors")):
        sys.exit(f"result files differ: {files} in {one}, others in {two}")
    for name in files:
        if (pathlib.Path(one) / name).read_bytes() != (pathlib.Path(two) / name).read_bytes():
            sys.exit(f"{name} differs between {one} and {two}")
    if metrics(one) != metrics(two):
        sys.exit(f"metrics differ between {one} and {two}")


def write_safetensors(path, tensors):
    """Writes {name: (dtype, shape, values)} with I32 or F32 values."""
    header, data = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}{'i' if dtype == 'I32' else 'f'}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs mmc-run on every kind of bad input; each must be refused by one message, and leave nothing behind: errors.py WORK"""

import pathlib
import re
import resource
import subprocess
import sys

import bad_files

work = pathlib.Path(sys.argv[1])
model = bad_files.TEST / "Train/Inputs/tiny.mlir"
GOOD = {"entry": "loss", "weights": "weights.safetensors", "inputs": "good.safetensors", "dtype": "f32"}

# What is changed, what the message must say (a pattern), exit status.
CASES = [
    ({"weights": "none.safetensors"}, r"none\.safetensors: No such file or directory", 1),
    ({"weights": "."}, r"\.: has neither model\.safetensors nor model\.safetensors\.index\.json", 1),
    ({"inputs": "none.safetensors"}, r"none\.safetensors: No such file or directory", 1),
    ({"inputs": "."}, r"\.: ", 1),
    ({"model": "none.mlir"}, r"none\.mlir: No such file or directory", 1),
    ({"model": "text.safetensors"}, r"cannot read the model file .*text\.safetensors", 1),
    ({"weights": "weights-short.safetensors"}, r"weights-short\.safetensors: .*the file is truncated", 1),
    ({"weights": "weights-header.safetensors"}, r"weights-header\.safetensors: ", 1),
    ({"inputs": "good-short.safetensors"}, r"good-short\.safetensors: .*the file is truncated", 1),
    ({"inputs": "good-header.safetensors"}, r"good-header\.safetensors: ", 1),
    ({"inputs": "huge-header.safetensors"}, r"huge-header\.safetensors: ", 1),
    ({"inputs": "empty.safetensors"}, r"empty\.safetensors: ", 1),
    ({"inputs": "text.safetensors"}, r"text\.safetensors: ", 1),
    ({"weights": "shape.safetensors"}, r"layer\.weight has another shape, got: \[24, 25\] != \[24, 24\]", 1),
    ({"weights": "whole.safetensors"}, r"norm\.weight has a dtype that cannot be converted, got: I32", 1),
    ({"weights": "nan.safetensors"}, r"norm\.weight has a value that is not finite at element 0", 1),
    ({"weights": "infinite.safetensors"}, r"norm\.weight has a value that is not finite at element 23", 1),
    ({"weights": "missing.safetensors"}, r"2 of the model's 4 parameters .*norm\.weight.*layer\.weight", 1),
    ({"weights": None}, r"4 of the model's 4 parameters cannot be loaded \(--weights, --adapter\)", 1),
    ({"weights": "init:one"}, r"--weights=init:SEED needs a non-negative whole number, got: 'init:one'", 2),
    ({"inputs": "token.safetensors"}, r"input_ids\[1, 2\] must lie in \[0, 2000\), got: 2000", 1),
    ({"inputs": "negative.safetensors"}, r"input_ids\[0, 0\] must lie in \[0, 2000\), got: -1", 1),
    ({"inputs": "label.safetensors"}, r"labels\[1, 2\] must be -100 or lie in \[0, 2000\), got: 2000", 1),
    ({"inputs": "floats.safetensors"}, r"input_ids has a dtype that cannot be converted, got: F32 to I32", 1),
    ({"inputs": "unlabelled.safetensors"}, r"'labels' has no size", 1),
    ({"inputs": "flat.safetensors"}, r"'input_ids' must have rank 2, got: 1 != 2", 1),
    ({"entry": "hidden_states"}, r"hidden_states", 1),
    ({"entry": "gradients"}, r"adapters,connector|no parameter", 1),
    ({"entry": "gradients", "train": "none.*"}, r"none\.\*", 1),
    ({"adapter": "none"}, r"none", 1),
    ({"check": "none.safetensors"}, r"none\.safetensors: No such file or directory", 1),
    ({"dtype": "f16"}, r"--dtype must be bf16, f32 or f64, got: 'f16'", 2),
    ({"device": "tpu"}, r"--device must be .*, got: 'tpu'", 2),
    ({"cpu-features": "sse"}, r"--cpu-features must be .*, got: 'sse'", 2),
    ({"nonsense": "1"}, r"Unknown command line argument '--nonsense=1'", 2),
    ({"entry": None}, r"--entry option: must be specified", 2),
    ({"threads": "two"}, r"'two' value invalid", 2),
    ({"outputs": "none/out.safetensors"}, r"none/out\.safetensors", 1),
    ({"outputs": "inputs"}, r"inputs.*no regular file", 1),
]


def call(change, **limits):
    settings = {"model": str(model), "outputs": "out.safetensors", **GOOD, **change}
    flags = [f"--{key}={value}" for key, value in settings.items() if key != "model" and value is not None]
    return subprocess.run(["mmc-run", settings["model"], "--cache-dir=../cache", *flags], cwd=work / "in",
                          capture_output=True, text=True, **limits)


def refused(change, pattern, status, **limits):
    before = sorted(path.name for path in (work / "in").iterdir())
    done = call(change, **limits)
    problems = []
    if done.returncode != status:
        problems.append(f"exit status {done.returncode} != {status}")
    if not re.search(pattern, done.stderr, re.S) or len(re.findall("^mmc-run: (?!Did)", done.stderr, re.M)) != 1:
        problems.append(f"message must be one with {pattern!r}")
    if done.stdout:
        problems.append(f"printed {done.stdout!r}")
    left = sorted(path.name for path in (work / "in").iterdir())
    if left != before:
        problems.append(f"left {set(left) - set(before)} behind")
    if problems:
        print(change, *problems, done.stderr, sep="\n  ")
    return not problems


(work / "in" / "inputs").mkdir(parents=True)
bad_files.write(work / "in")
good = all([refused(*case) for case in CASES])
# A disk that is full after 1000 bytes; the compiled code is in the cache by then.
logits = {"entry": "logits"}
done = call(logits)
if done.returncode or not (work / "in/out.safetensors").exists():
    sys.exit(f"a good run failed: {done.stderr}")
good &= refused({**logits, "outputs": "full.safetensors"}, r"cannot write .*full\.safetensors.*: ", 1,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
sys.exit(0 if good else 1)

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains LaVIN-tiny's fresh adapters for one step of learning rate 0 and judges what is written, the initial values, by
golden/lavin/lavin-init: the same tensors under the rules and tolerances of its case.json. initial_values.py WORK"""

import json
import math
import pathlib
import subprocess
import sys

import runs

sys.path.insert(0, str(runs.GOLDEN.parent))
import check_goldens

work, case = pathlib.Path(sys.argv[1]), runs.GOLDEN / "lavin/lavin-tiny"
facts = json.loads((runs.GOLDEN / "lavin/lavin-init/init.json").read_text())["lavin-tiny"]["0"]


def initial(seed, name):
    output = work / name
    runs.run("mmc-train", work / "model.mlir", f"--weights={case}/model-hf/llm", f"--weights={case}/model-hf/vision",
             "--adapter=mm-adapter rank=8", "--train=adapters,connector", f"--data={case}/train.batches.safetensors",
             "--dtype=f32", "--lr=0", "--min-lr=0", "--schedule=constant", "--weight-decay=0", "--steps=1", f"--seed={seed}",
             f"--cache-dir={work}/cache", f"--output={output}")
    return check_goldens.tensors(output / "adapter_model.safetensors")


def problem(name, values, rule):
    """What a tensor breaks of its rule; None when nothing."""
    count = len(values)
    if rule["kind"] == "zero":
        return None if all(value == 0 for value in values) else "must be zero"
    mean = sum(values) / count
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / count)
    if rule["kind"] == "normal":
        ok = abs(deviation - 1) < 6 / math.sqrt(2 * count)
    else:
        bound = rule["bound"]
        if not max(map(abs, values)) <= bound:
            return f"exceeds {bound}: {max(map(abs, values))}"
        ok = count < 100 or abs(deviation - bound / math.sqrt(3)) < 2 * bound / math.sqrt(count)
    # Of two numbers the deviation says nothing about where their mean may lie.
    if count >= 100 and not abs(mean) < 6 * deviation / math.sqrt(count):
        return f"has mean {mean}"
    return None if ok else f"has standard deviation {deviation}"


runs.run("mmc-import", f"--llm={case}/model-hf/llm", f"--vision={case}/model-hf/vision", "--connector=lavin", "-o",
         work / "model.mlir")
tensors, again, others = initial(3, "one"), initial(3, "again"), initial(4, "other")
problems = sorted(f"{name}: {'missing' if name in facts else 'unknown'}" for name in facts.keys() ^ tensors.keys())
for name in facts.keys() & tensors.keys():
    rule = dict(facts[name])
    size = math.prod(rule["shape"])
    # The neck is as wide inside as a user likes; without a file it has LaVIN's width.
    if name.startswith("adapter_proj.") and len(tensors[name]) != size:
        hidden = len(tensors["adapter_proj.conv_A.bias"])
        width = len(tensors[name]) // hidden
        size = width * hidden if name != "adapter_proj.conv_B.bias" else len(tensors[name])
        if rule["kind"] == "uniform":
            rule["bound"] = math.sqrt(6 / (width + hidden)) * (1 + 2**-22)
    if len(tensors[name]) != size:
        problems.append(f"{name}: has {len(tensors[name])} elements, not {size}")
    elif wrong := problem(name, tensors[name], rule):
        problems.append(f"{name}: {wrong}")
    if tensors[name] != again[name]:
        problems.append(f"{name}: is not the same again")
    if rule["kind"] != "zero" and tensors[name] == others[name]:
        problems.append(f"{name}: does not depend on the seed")
drawn = [tuple(tensors[name][:2]) for name in tensors if any(tensors[name])]
if len(set(drawn)) != len(drawn):
    problems.append("two tensors begin with the same numbers")
if problems:
    sys.exit("\n".join(problems))
print(f"{len(facts)} initial tensors are as LaVIN's")

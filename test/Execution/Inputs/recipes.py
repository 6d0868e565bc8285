# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs golden cases with every recipe of instructions that this processor has, within the cases' own tolerances:
recipes.py WORK CASE…"""

import json
import pathlib
import re
import subprocess
import sys

TEST = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TEST))
import check_goldens

# What native means on the processors of a fleet, in f32 (the others differ in bf16 alone).
RECIPES = ("avx2", "avx512")

for name in sys.argv[2:]:
    case, work = TEST / "golden" / name, pathlib.Path(sys.argv[1]) / name
    work.mkdir(parents=True)
    spec = json.loads((case / "runs.json").read_text())
    tools = pathlib.Path(subprocess.run(["which", "mmc-run"], capture_output=True, text=True).stdout.strip()).parent
    check_goldens.import_case(case, spec["import"], tools, work)
    run = next(run for run in spec["runs"] if run["entry"] == "gradients")
    for recipe in RECIPES:
        done = subprocess.run(
            ["mmc-run", work / "model.mlir", f"--entry={run['entry']}", *check_goldens.common(case, run),
             f"--inputs={case / run['inputs']}", f"--check={case / run['expected']}", f"--rtol={run['rtol']}",
             f"--atol={run['atol']}", f"--cpu-features={recipe}", "--cache-dir=none"], capture_output=True, text=True)
        lacks = re.search(r"needs (\S+), which this processor lacks", done.stderr)
        if done.returncode and not lacks:
            sys.exit(f"{name} with {recipe}: {done.stdout}{done.stderr}")
        print(f"{name}: {recipe}", f"is skipped, the processor lacks {lacks[1]}" if lacks else "agrees")

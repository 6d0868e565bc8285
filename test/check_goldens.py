# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Imports, runs and trains every case of test/golden that has a runs.json, and generates text for every case whose
case.json has prompts, with the tools of build/bin; compares with what the reference implementations computed, within
the case's own tolerances, texts to the letter.

usage: check_goldens.py BUILD_DIR JUNIT_FILE [CASE…]     e.g. check_goldens.py build golden.xml lm/llama-mha
"""

import array
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml


def tensors(path):
    """The f32 tensors of a safetensors file, by name."""
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    result = {}
    for name, entry in json.loads(content[8 : 8 + size]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            result[name] = array.array("f", content[8 + size + begin : 8 + size + end])
    return result


def error(got, want):
    """Largest difference, relative to the largest expected value; infinite for NaN or another size."""
    if len(got) != len(want):
        return math.inf
    worst = max((abs(a - b) for a, b in zip(got, want)), default=0.0)
    if any(math.isnan(a) for a in got):
        return math.inf
    return worst / max(max((abs(b) for b in want), default=0.0), 1e-30)


def call(*command):
    process = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=900)
    if process.returncode:
        raise AssertionError(f"exit status {process.returncode}\n" + (process.stdout + process.stderr)[-3000:])
    return process.stdout


def common(case, run):
    arguments = [f"--weights={case / weights}" for weights in run["weights"]]
    if run.get("adapter"):
        arguments.append(f"--adapter={case / run['adapter']}")
    if run.get("train"):
        arguments.append(f"--train={run['train']}")
    return arguments + ["--dtype=f32"]


def import_case(case, run, tools, work):
    arguments = []
    for argument in run:
        flag, value = argument.split("=", 1)
        arguments.append(f"{flag}={case / value if (case / value).exists() else value}")
    call(tools / "mmc-import", *arguments, "-o", work / "model.mlir")


def run_entry(case, run, tools, work):
    call(tools / "mmc-run", work / "model.mlir", f"--entry={run['entry']}", *common(case, run),
         f"--inputs={case / run['inputs']}", f"--check={case / run['expected']}", f"--rtol={run['rtol']}", f"--atol={run['atol']}")


def train(case, run, tools, work):
    output = work / run["settings"]
    call(tools / "mmc-train", work / "model.mlir", *common(case, run), f"--data={case / run['data']}", f"--output={output}", *run["flags"])
    lines = map(json.loads, (output / "metrics.jsonl").read_text().splitlines())
    steps = [line for line in lines if "loss" in line]
    tolerance = run["tolerance"]
    for key, expected in json.loads((case / run["settings"]).read_text()).items():
        if key in ("loss", "lr", "grad_norm"):
            off = error([step[key] for step in steps], expected)
            assert off <= tolerance[key], f"{key} is off, got: {off:.3g} > {tolerance[key]}"
    trained = {}
    for file in ("adapter_model.safetensors", "model.safetensors", "mm_projector.safetensors"):
        if (output / file).exists():
            trained.update(tensors(output / file))
    for name, expected in tensors(case / run["final"]).items():
        assert name in trained, f"{name} is not among the results"
        off = error(trained[name], expected)
        assert off <= tolerance["final"], f"{name} is off, got: {off:.3g} > {tolerance['final']}"


LAVIN = {"import": ["--llm=model-hf/llm", "--vision=model-hf/vision", "--connector=lavin"],
         "weights": ["model-hf/llm", "model-hf/vision"], "adapters": {"paper": "adapter", "compat": "adapter-compat"}}


def generate(case, run, tools, work):
    """Greedy, with and without key/value cache: the tokens of whole rows, as many as the reference has."""
    prompt, expected = run["prompt"], run["expected"]
    command = [tools / "mmc-generate", work / "model.mlir", *common(case, run), f"--image={case / prompt['image']}",
               f"--prompt={prompt['text']}", f"--max-new-tokens={len(expected['tokens'])}", "--ignore-eos"]
    for way in ([], ["--full-forward"]):
        text = call(*command, *way)
        assert text == expected["text"] + "\n", f"text differs {way}, got: {text!r} != {expected['text']!r}"


def generations(case):
    """The jobs of a case with prompts."""
    spec = json.loads((case / "case.json").read_text())
    jobs = []
    for routing, adapter in LAVIN["adapters"].items() if "prompts" in spec else []:
        for i, prompt in enumerate(spec["prompts"]):
            run = {"weights": LAVIN["weights"], "adapter": adapter, "prompt": prompt,
                   "expected": spec["expected"][routing]["full_forward"][i]}
            jobs.append((f"generate:{routing}:{i}", generate, run))
    return [("import", import_case, LAVIN["import"]), *jobs] if jobs else []


def runs(case):
    """The jobs of a case with a runs.json."""
    if not (case / "runs.json").exists():
        return []
    spec = json.loads((case / "runs.json").read_text())
    jobs = [("import", import_case, spec["import"])]
    jobs += [(f"{run['entry']}:{run['expected']}", run_entry, run) for run in spec["runs"]]
    return jobs + [(f"train:{run['settings']}", train, run) for run in spec["train"]]


def main():
    build, report = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    root = pathlib.Path(__file__).resolve().parent / "golden"
    suite = xml.Element("testsuite", name="golden")
    failures = 0
    for file in sorted(root.glob("*/*/case.json")):
        case, name = file.parent, file.parent.relative_to(root)
        if sys.argv[3:] and str(name) not in sys.argv[3:]:
            continue
        jobs = runs(case) or generations(case)
        with tempfile.TemporaryDirectory() as work:
            for title, job, argument in jobs:
                test = xml.SubElement(suite, "testcase", classname=f"golden.{name}", name=title)
                try:
                    job(case, argument, build / "bin", pathlib.Path(work))
                except (AssertionError, OSError, KeyError, subprocess.TimeoutExpired) as problem:
                    failures += 1
                    xml.SubElement(test, "failure").text = f"{type(problem).__name__}: {problem}"
                    print(f"{name} {title}: {problem}", flush=True)
    xml.ElementTree(suite).write(report)
    print(f"{len(suite) - failures} of {len(suite)} pass")
    return 1 if failures or not len(suite) else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs that differ in their number of threads, and in where they were resumed, must agree."""

import pathlib
import sys

import runs

work = pathlib.Path(sys.argv[1])
work.mkdir(parents=True)
runs.make_text(work / "text.txt")
for threads in (1, 2, 3, 7):
    command = runs.command(work, work / str(threads), "--steps=12", "--save-every=5")
    command[command.index("--threads=1")] = f"--threads={threads}"
    runs.run(*command)
    runs.must_agree(work / "1", work / str(threads))
# Settings come from the checkpoint; the run goes into a directory of its own.
runs.run("mmc-train", f"--resume={work}/2/checkpoint-10", f"--output={work}/again", "--threads=2")
if [line["step"] for line in runs.metrics(work / "again")] != [11, 12]:
    sys.exit("a run resumed elsewhere has the steps that it made")
if (work / "again/model.safetensors").read_bytes() != (work / "1/model.safetensors").read_bytes():
    sys.exit("a run resumed elsewhere ends with other parameters")
print("threads do not matter")

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kills a run at random moments, resumes it each time, and compares the end with a run that nobody disturbed."""

import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import runs

work = pathlib.Path(sys.argv[1])
work.mkdir(parents=True)
runs.make_text(work / "text.txt")
flags = ["--epochs=16", "--save-every=3", "--keep=2"]

began = time.monotonic()
runs.run(*runs.command(work, work / "whole", *flags))
length = time.monotonic() - began
steps = runs.metrics(work / "whole")[-1]["step"]

moments = random.Random()
kills = {signal.SIGKILL: 0, signal.SIGINT: 0}


def ended_early():
    """Whether the run ended before it was killed twice: then it starts anew, with shorter waits."""
    global length
    if kills[signal.SIGKILL] >= 2:
        return False
    shutil.rmtree(work / "killed")
    length /= 2
    return True


for attempt in range(60):
    process = subprocess.Popen(runs.command(work, work / "killed", *flags, "--resume"), stderr=subprocess.PIPE, text=True)
    # The first kills come where compiling, loading and the first steps are.
    wait = moments.uniform(0, length * (0.2 if attempt < 4 else 0.7))
    kind = signal.SIGINT if attempt % 3 == 2 else signal.SIGKILL
    try:
        process.communicate(timeout=wait)
    except subprocess.TimeoutExpired:
        process.send_signal(kind)
        message = process.communicate(timeout=60)[1]
        if process.returncode == 0:  # it had just finished
            if ended_early():
                continue
            break
        if kind == signal.SIGINT and process.returncode not in (130, -signal.SIGINT):
            sys.exit(f"SIGINT: exit {process.returncode}\n{message}")
        if process.returncode == 130 and "go on with" not in message:
            sys.exit(f"SIGINT does not say how to go on:\n{message}")
        kills[kind] += 1
        continue
    if process.returncode:
        sys.exit(f"resumed run: exit {process.returncode}")
    if not ended_early():
        break
runs.run(*runs.command(work, work / "killed", *flags, "--resume"))
if kills[signal.SIGKILL] < 2:
    sys.exit(f"only {kills[signal.SIGKILL]} kills came in time: the run is too short")
runs.must_agree(work / "whole", work / "killed")
print(f"{steps} steps, {kills[signal.SIGKILL]} kills, {kills[signal.SIGINT]} interrupts: the same bytes")

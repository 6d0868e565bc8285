# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs every pass of mmc-opt by itself on every module that the tests and models have: most are not what the pass is made
for, and then it must leave them alone or say why not. Usage: every_pass.py FOLDER…"""

import pathlib
import re
import subprocess
import sys
import tempfile


def run(option, text):
    """The exit status; a signal is negative."""
    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as file:
        file.write(text)
        file.flush()
        command = ["mmc-opt", file.name, option, "--split-input-file", "-o", "/dev/null"]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300).returncode


modules = []
for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).rglob("*.mlir")):
        modules += [(path, part) for part in re.split(r"^// -----$", path.read_text(), flags=re.M)]
help_text = subprocess.run(["mmc-opt", "--help"], capture_output=True, text=True, check=True).stdout
passes = sorted(set(re.findall(r"^ +(--mmc-[a-z0-9-]+)", help_text, re.M)) - {"--mmc-compile"})
assert len(passes) > 30 and len(modules) > 300, (len(passes), len(modules))

together = "\n// -----\n".join(part for _, part in modules)
failures = 0
for option in passes:
    if run(option, together) in (0, 1):
        continue
    for path, part in modules:
        status = run(option, part)
        if status not in (0, 1):
            failures += 1
            print(f"{option} on a module of {path}: exit status {status}\n{part.strip()[:400]}")
print(f"{len(passes)} passes on {len(modules)} modules: {failures} failures")
sys.exit(failures != 0)

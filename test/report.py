# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sums up a directory of test runs. Every run NAME has left NAME.status (exit status), NAME.log (output)
and, unless it crashed, NAME.xml (JUnit). Prints what failed and why, then one line: N passed, N failed."""

import pathlib
import sys
import xml.etree.ElementTree


def read(path):
    """Names of passed tests, (name, message) of failed ones, and names of skipped ones, of a JUnit file."""
    passed, failed, skipped = [], [], []
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        problems = case.findall("failure") + case.findall("error")
        if problems:
            failed.append((name, "\n".join(p.text or p.get("message") or "" for p in problems)))
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped.append(name)
        else:
            passed.append(name)
    return passed, failed, skipped


def main(results):
    passed = failed = skipped = 0
    for status_file in sorted(results.glob("*.status")):
        run = status_file.stem
        status = status_file.read_text().strip()
        try:
            good, bad, left_out = read(status_file.with_suffix(".xml"))
        except (OSError, xml.etree.ElementTree.ParseError):
            good, bad, left_out = [], [], []
        # A run that ends badly without a failed test to blame crashed, perhaps before its first test.
        if (status != "0" and not bad) or not (good or bad or left_out):
            log = status_file.with_suffix(".log").read_text(errors="replace").splitlines()
            reason = {"124": "timed out", "137": "timed out"}.get(status, f"crashed or ran nothing, exit status {status}")
            bad.append((run, "\n".join([reason, *log[-20:]])))
        for name, message in bad:
            print(f"FAILED {name}\n{message}")
        for name in left_out:
            print(f"skipped {name}")
        passed += len(good)
        failed += len(bad)
        skipped += len(left_out)
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))

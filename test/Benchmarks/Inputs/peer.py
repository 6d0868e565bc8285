# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Stands in for the peer: half a second a step; 500 s to the first."""
import argparse, json, sys

parser = argparse.ArgumentParser()
for option in ("--train", "--dtype", "--steps", "--reps"):
    parser.add_argument(option, required=True)
if parser.parse_args().train == "lora":
    sys.exit("the peer has no lora")
print("a line that is not the result")
print(json.dumps({"ms": {"median": 500}, "startup_s": {"to_first_step": 500}}))

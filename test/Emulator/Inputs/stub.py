"""Prints C with every function of the driver that a program calls, doing nothing: a library to link against."""

import re
import subprocess
import sys

symbols = subprocess.run(["llvm-nm", "--undefined-only", sys.argv[1]], check=True, capture_output=True, text=True).stdout
for name in sorted(set(re.findall(r"\bcu[A-Z]\w+", symbols))):
    print(f"int {name}(void) {{ return 999; }}")

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lists what of the emulator's instruction table no program in the given folders uses: rows, and words of rows.
Fails when there are any.

  mkdir kept && MMC_KEEP_PTX=kept build/test/Unit/EmulatorInstructionTest
  test/PTX/instruction_coverage.py kept test/PTX/corpus test/PTX/triton test/PTX/violations
"""

import collections
import pathlib
import re
import sys

TABLE = pathlib.Path(__file__).resolve().parents[2] / "lib/Runtime/Emulator/Instructions.md"
INSTRUCTION = re.compile(r"(?:^|[;{}\n:])\s*(?:@!?[%\w]+\s+)?([a-z][a-z0-9_]*)((?:\.[A-Za-z0-9_:]+)*)(?=[\s;])")


def elements_of(pattern):
    """[(is optional, words)] of ".a{.b,.c}!{.d}"."""
    elements = []
    for part in re.finditer(r"\{([^}]*)\}(!?)|\.([A-Za-z0-9_:]+)", pattern):
        if part.group(3):
            elements.append((False, [part.group(3)]))
        else:
            elements.append((part.group(2) != "!", [word.lstrip(".") for word in part.group(1).split(",")]))
    return elements


def match(elements, modifiers):
    """The (element, word) pairs that a row's elements take of the modifiers, or None."""
    taken = []
    for number, (is_optional, words) in enumerate(elements):
        if len(taken) < len(modifiers) and modifiers[len(taken)] in words:
            taken.append((number, modifiers[len(taken)]))
        elif not is_optional:
            return None
    return taken if len(taken) == len(modifiers) else None


def modifiers_of(use):
    """The modifiers of a match of INSTRUCTION."""
    return [word for word in re.split(r"\.(?=[A-Za-z0-9_])", use.group(2)) if word]


def read_table():
    """{opcode: [(text of the row, elements)]}"""
    rows = collections.defaultdict(list)
    for line in TABLE.read_text().splitlines():
        if row := re.match(r"- `([a-z0-9_]+)([^` ]*)([^`]*)`", line):
            rows[row.group(1)].append((row.group(0)[3:-1], elements_of(row.group(2))))
    return rows


def main(folders):
    table = read_table()
    used = {opcode: [collections.Counter() for _ in rows] for opcode, rows in table.items()}
    seen = set()
    for folder in folders:
        for path in pathlib.Path(folder).glob("*.ptx"):
            for use in INSTRUCTION.finditer(path.read_text()):
                if use.group() in seen or use.group(1) not in table:
                    continue
                seen.add(use.group())
                for (_, elements), counter in zip(table[use.group(1)], used[use.group(1)]):
                    taken = match(elements, modifiers_of(use))
                    if taken is not None:
                        counter.update(taken + ["row"])
    count = missing = 0
    for opcode, rows in table.items():
        for (text, elements), counter in zip(rows, used[opcode]):
            words = [word for number, (_, words) in enumerate(elements) for word in words if not counter[(number, word)]]
            count += 1
            if not counter["row"]:
                print("never:", text)
                missing += 1
            elif words:
                print(text, "without:", " ".join(words))
                missing += len(words)
    print(f"{count} rows; rows and words that nothing uses: {missing}")
    return missing > 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Asks the emulator and NVIDIA's assembler whether they take the same forms of instructions.

Of each row of the instruction table, programs that the tests run are changed in one instruction: other optional modifiers,
other choices of the row, with --chips another .target. Types, vectors, shapes and state spaces stay, as the operands depend on
them. Prints what one takes and the other does not, and fails when there is any.

  mkdir kept && MMC_KEEP_PTX=kept build/test/Unit/EmulatorInstructionTest
  test/PTX/assembler_agreement.py kept --tool=build/bin/mmc-ptx-run --forms=150
"""

import argparse
import collections
import concurrent.futures
import pathlib
import random
import re
import subprocess
import tempfile

from instruction_coverage import INSTRUCTION, match, modifiers_of, read_table

OPERANDS = re.compile(r"(pred|b?[bfsu]\d+(x\d)?|bf16(x2)?|tf32|e\dm\d(x\d)?|v[248]|x[124]|m\d+n\d+(k\d+)?)$")
SPACES = {"global", "shared", "local", "const", "param"}
CHIPS = ["sm_80", "sm_86", "sm_89", "sm_90", "sm_90a", "sm_100", "sm_100a", "sm_120", "sm_120a"]
HINT = "L2::cache_hint"


def stays(word):
    return OPERANDS.match(word) or word.split("::")[0] in SPACES


def samples_of(folder):
    """{(opcode, row): [(text, begin, end, taken)]}: an instruction of each row and each choice of operands, in a short program."""
    table, found = read_table(), collections.defaultdict(dict)
    for path in sorted(folder.glob("*.ptx"), key=lambda path: (path.stat().st_size, path.name)):
        text = path.read_text()
        for use in INSTRUCTION.finditer(text):
            for number, (_, elements) in enumerate(table.get(use.group(1), [])):
                taken = match(elements, modifiers_of(use))
                if taken is None:
                    continue
                key = tuple(word for _, word in taken if stays(word))
                found[use.group(1), number].setdefault(key, (text, use.start(1), use.end(2), dict(taken)))
                break
    return table, {row: list(by_operands.values()) for row, by_operands in found.items()}


def other_modifiers(elements, taken):
    """A choice of the row's words with the operands' words as they are."""
    words = []
    for number, (is_optional, choices) in enumerate(elements):
        now = taken.get(number)
        if now is not None and stays(now):
            words.append(now)
            continue
        free = [word for word in choices if not stays(word)]
        if not free:
            continue
        may_lack = is_optional or len(free) < len(choices)
        chosen = random.choice(free + [None] * (max(1, len(free) // 2) if may_lack else 0))
        chosen = chosen if random.random() < 0.6 or (now is None and not may_lack) else now
        words += [chosen] if chosen else []
    return words


def variant(sample, opcode, elements, chips):
    """(chip, instruction, program)"""
    text, begin, end, taken = sample
    words = other_modifiers(elements, taken)
    behind = text.index(";", end)
    operands, had_hint = text[end:behind], HINT in taken.values()
    if HINT in words and not had_hint:
        operands += ", policy" if re.search(r"\bpolicy\b", text) else ", 0"
    if had_hint and HINT not in words:
        operands = operands[: operands.rindex(",")]
    instruction = opcode + "".join("." + word for word in words) + operands
    program = text[:begin] + instruction + text[behind:]
    chip = re.search(r"\.target (\w+)", text).group(1)
    if chips:
        other = random.choice(CHIPS)
        program, chip = program.replace(f".target {chip}", f".target {other}", 1), other
    return chip, instruction, program


def refusal(command):
    """Empty when the command succeeds, else what it says."""
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in (done.stderr + done.stdout).splitlines() if "error" in line or "fatal" in line]
    return "" if done.returncode == 0 else (lines or [f"exit {done.returncode}"])[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kept", type=pathlib.Path, help="programs that EmulatorInstructionTest wrote")
    parser.add_argument("--tool", default="mmc-ptx-run", help="the emulator")
    parser.add_argument("--forms", type=int, default=20, help="variants of each row")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chips", action="store_true", help="vary the .target too")
    parser.add_argument("--opcodes", nargs="*", help="only these")
    options = parser.parse_args()
    random.seed(options.seed)
    table, samples = samples_of(options.kept)
    variants = {}
    for (opcode, number), list_of in samples.items():
        if options.opcodes and opcode not in options.opcodes:
            continue
        for _ in range(options.forms):
            chip, instruction, program = variant(random.choice(list_of), opcode, table[opcode][number][1], options.chips)
            variants[chip, instruction] = program
    with tempfile.TemporaryDirectory() as folder:

        def ask(job):
            number, ((chip, instruction), program) = job
            path = f"{folder}/{number}.ptx"
            pathlib.Path(path).write_text(program)
            ours = refusal([options.tool, "--check", "--quiet", path])
            theirs = refusal(["ptxas", "-O0", f"-arch={chip}", path, "-o", f"{path}.cubin"])
            return chip, instruction, ours, theirs

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(ask, enumerate(variants.items())))
    different = [answer for answer in answers if bool(answer[2]) != bool(answer[3])]
    for chip, instruction, ours, theirs in sorted(different, key=lambda answer: answer[1]):
        print(f"{chip} {' '.join(instruction.split())}: " + (f"only the emulator says {ours}" if ours else f"only ptxas says {theirs}"))
    print(f"{len(answers)} forms, {sum(not ours and not theirs for _, _, ours, theirs in answers)} taken by both, {len(different)} differences")
    return bool(different)


if __name__ == "__main__":
    raise SystemExit(main())

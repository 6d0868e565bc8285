#!/usr/bin/env python3
"""Writes what the language model of the demo's base learns from: a text for its tokenizer, and a file of batches.

usage: corpus.py DATA_DIR --tokenizer-text OUT.txt
       corpus.py DATA_DIR MMC_DATA TOKENIZER STEPS SEED OUT.safetensors

DATA_DIR is picture-qa, unpacked. Questions are made of the names and kinds of its training pictures and of the glosses,
without the words that questions of other splits ask for. Every row looks like LaVIN's, with words where a picture's tokens
will stand: "Image: frog animal Question: What does the picture show? ...". Only what can be known is learnt, which is what
makes a model this small learn it at all: the letter, or a verdict behind each option, or the caption.
"""
import array
import json
import random
import re
import subprocess
import sys
import tempfile

from safetensors_file import write

ROWS, TOKENS = 16, 128  # of a batch
BOS, EOS, IGNORED = 1, 2, -100
LETTERS = "ABCDE"
QUESTIONS = ["What does the picture show?"] * 3 + ["What is this?", "Which of these is in the picture?"]
SHARES = {"gloss": 10, "caption": 20, "letter": 35, "letter-behind-caption": 10, "letter-then-caption": 5, "verdicts": 15, "word": 5}


class Data:
    """What the rows are made of."""

    def __init__(self, folder):
        with open(f"{folder}/problems.json") as file:
            problems = json.load(file).values()
        self.kinds = sorted({choice for p in problems if p["image"] for choice in p["choices"]})
        self.named = [(p["solution"].split(": ", 1)[1], right(p)) for p in problems if p["image"] and p["split"] == "train"]
        with open(f"{folder}/glosses.txt") as file:
            self.glosses = [line.rstrip(".\n").split(": ", 1) for line in file]
        self.words = [word for word, _ in self.glosses]
        held_out = {right(p) for p in problems if not p["image"] and p["split"] != "train"}
        self.asked = [gloss for gloss in self.glosses if gloss[0] not in held_out]


def right(problem):
    return problem["choices"][problem["answer"]]


def key(kind):
    """The word that a kind is told by: no two kinds end alike."""
    return kind.split()[-1]


def ask(question, choices):
    options = " ".join(f"({LETTERS[i]}) {choice}" for i, choice in enumerate(choices))
    return f"Question: {question}\nContext: N/A\nOptions: {options}\nResponse:"


class Samples:
    """Each function gives (what stands before the question, the question, the answer)."""

    def __init__(self, data, rng):
        self.data, self.rng = data, rng

    def choices(self, answer, pool):
        count = self.rng.choice([2, 3, 4, 4, 4, 4, 5])
        wrong = set()
        while len(wrong) < count - 1:
            wrong.add(self.rng.choice(pool))
            wrong.discard(answer)
        choices = sorted(wrong) + [answer]
        self.rng.shuffle(choices)
        return choices, LETTERS[choices.index(answer)]

    def item(self):
        """(kind, name, what else it could be): mostly a training picture's, each kind about as often; else any noun."""
        name, kind = self.rng.choice(self.data.named)
        if self.rng.random() < 0.15:
            return self.rng.choice(self.data.words), name, self.data.words
        if self.rng.random() < 0.6:
            kind = self.rng.choice(self.data.kinds)
        return kind, name, self.data.kinds

    def image(self, kind, name):
        words = [word.lower() for word in re.findall("[A-Za-z]+", name) if word.lower() not in ("a", "an", "the", "of", "with")]
        return " ".join(["Image:", *words[:self.rng.choice([0, 0, 1, 2, 3])], key(kind)])

    def gloss(self):
        word, gloss = self.rng.choice(self.data.glosses)
        return "", "", f"{word}: {gloss}."

    def caption(self):
        kind, name, _ = self.item()
        return self.image(kind, name), ask("What is in the picture?", ["a picture"]), f"The answer is A. BECAUSE: {key(kind)}: {name}"

    def letter(self, form="{letter}"):
        kind, name, pool = self.item()
        choices, letter = self.choices(kind, pool)
        letter = f"The answer is {letter}."
        answer = form.format(letter=letter, shown=f"The picture shows {kind}: {name}")
        return self.image(kind, name), ask(self.rng.choice(QUESTIONS), choices), answer

    def verdicts(self):
        kind, name, pool = self.item()
        choices, letter = self.choices(kind, pool)
        judged = [f"{choice} {'yes' if choice == kind else 'no'}" for choice in choices]
        return self.image(kind, name), ask(self.rng.choice(QUESTIONS), judged), f"The answer is {letter}."

    def word(self):
        word, gloss = self.rng.choice(self.data.asked)
        choices, letter = self.choices(word, self.data.words)
        return "Image: N/A", ask(f"Which word means: {gloss}?", choices), f"The answer is {letter}. BECAUSE: {word}: {gloss}."

    def draw(self):
        """(what kind of sample, its three texts)"""
        what = self.rng.choices(list(SHARES), weights=list(SHARES.values()))[0]
        forms = {"letter-behind-caption": "{shown} {letter}", "letter-then-caption": "{letter} BECAUSE: {shown}"}
        return what, self.letter(forms[what]) if what in forms else getattr(self, what)()


class Tokens:
    def __init__(self, tool, tokenizer):
        self.command = [tool, "tokenize", f"--tokenizer={tokenizer}"]
        self.because, self.is_, self.yes, self.no, *self.letters = (self.of([word])[0][0] for word in ["BECAUSE", "is", "yes", "no", *LETTERS])

    def of(self, texts):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/texts.json", "w") as file:
                json.dump(texts, file)
            subprocess.run([*self.command, f"--texts={folder}/texts.json", "-o", f"{folder}/ids.json"], check=True)
            with open(f"{folder}/ids.json") as file:
                return [entry["ids"] for entry in json.load(file)]

    def labels(self, what, row, start, whole):
        """What is learnt of a row whose answer begins at `start`: nearly always only what the row is about."""
        learnt = set(range(start, len(row)))
        if what == "caption":
            learnt = set(range(row.index(self.because, start) + 2, len(row)))
        elif what != "gloss" and not whole:
            learnt = {max(i for i in range(1, len(row)) if row[i] in self.letters and row[i - 1] == self.is_)}
        if what == "verdicts":
            learnt |= {i for i, token in enumerate(row) if token in (self.yes, self.no)}
        return [token if i in learnt else IGNORED for i, token in enumerate(row)]


def batches(tokens, samples, rows):
    """Rows of several samples each, as columns of the batch file."""
    columns = {name: array.array("i") for name in ("input_ids", "labels", "position_ids", "segment_ids")}
    row, done = [[], [], [], []], 0
    while done < rows:
        drawn = [samples.draw() for _ in range(20000)]
        ids = tokens.of([text for _, (image, question, answer) in drawn for text in (image, question, question + answer)])
        for i, (what, _) in enumerate(drawn):
            image, question, whole = ids[3 * i:3 * i + 3]
            sample = [BOS, *image, *whole, EOS]
            if len(sample) > TOKENS:
                continue
            if len(row[0]) + len(sample) > TOKENS:
                for column, values, filler in zip(columns.values(), row, (0, IGNORED, 0, 0)):
                    column.extend(values + [filler] * (TOKENS - len(values)))
                row, done = [[], [], [], []], done + 1
                if done == rows:
                    return columns
            row[1] += tokens.labels(what, sample, 1 + len(image) + len(question), samples.rng.random() < 0.1)
            row[3] += [row[3][-1] + 1 if row[3] else 1] * len(sample)
            row[0] += sample
            row[2] += range(len(sample))
    return columns


def main():
    data = Data(sys.argv[1])
    if sys.argv[2] == "--tokenizer-text":
        samples = Samples(data, random.Random(3))
        with open(sys.argv[3], "w") as file:
            file.writelines(f"{word}: {gloss}.\n" for word, gloss in data.glosses)
            for _ in range(8000):
                image, question, answer = samples.draw()[1]
                file.write(f"{image}\n{question}{answer}\n")
        return
    tool, tokenizer, steps, seed, out = sys.argv[2:]
    columns = batches(Tokens(tool, tokenizer), Samples(data, random.Random(seed)), int(steps) * ROWS)
    write(out, {name: ("I32", [int(steps), ROWS, TOKENS], column) for name, column in columns.items()})


if __name__ == "__main__":
    main()

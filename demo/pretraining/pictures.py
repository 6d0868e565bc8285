#!/usr/bin/env python3
"""Writes the pictures that the demo's base learns to see from: pictures.py DATA_DIR VARIANTS SEED OUT_DIR   (needs Pillow)

The pictures of picture-qa's training split, each VARIANTS times, moved, turned and tinted a little, with the word of
its kind as caption: OUT_DIR/kinds.json in LLaVA's layout.
"""
import json
import os
import random
import sys

from PIL import Image, ImageEnhance, ImageOps

from corpus import key, right

SIZE, WHITE = 64, (255, 255, 255)


def vary(image, rng):
    if rng.random() < 0.5:
        image = ImageOps.mirror(image)
    image = image.rotate(rng.uniform(-15, 15), Image.BICUBIC, fillcolor=WHITE)
    width = height = round(SIZE * rng.uniform(0.7, 1.15))
    if rng.random() < 0.5:
        height = round(SIZE * rng.uniform(0.7, 1.15))
    image = image.resize((width, height), Image.BICUBIC)
    out = Image.new("RGB", (SIZE, SIZE), WHITE)
    out.paste(image, tuple(rng.randint(min(SIZE - side, 0), max(SIZE - side, 0)) for side in (width, height)))
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        out = change(out).enhance(rng.uniform(0.75, 1.25))
    return out


def main():
    folder, variants, seed, out = sys.argv[1:]
    rng = random.Random(int(seed))
    os.makedirs(f"{out}/pictures")
    with open(f"{folder}/problems.json") as file:
        problems = json.load(file)
    captions = []
    for number, problem in problems.items():
        if not problem["image"] or problem["split"] != "train":
            continue
        with Image.open(f"{folder}/images/train/{number}/{problem['image']}") as image:
            picture = image.convert("RGB")
        for variant in range(int(variants)):
            file = f"pictures/{number}-{variant}.png"
            vary(picture, rng).save(f"{out}/{file}")
            turns = [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": key(right(problem))}]
            captions.append({"id": f"{number}-{variant}", "image": file, "conversations": turns})
    with open(f"{out}/kinds.json", "w") as file:
        json.dump(captions, file)


if __name__ == "__main__":
    main()

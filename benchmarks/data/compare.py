#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Speed of mmc's data side beside Hugging Face's tokenizers, sentencepiece's binding and Pillow + numpy, each on one thread and in
processor time, and the 1,000,000-row index.

usage: benchmarks/data/compare.py [--bin=build/bin] [--rows=1000000] [--only=bpe,spm,pixels,index]

Needs python packages tokenizers, sentencepiece, pillow, numpy (a virtual environment will do). DataSpeed (build/bin) measures mmc in its own process;
what the others read is the same files.
"""
import argparse, json, os, pathlib, random, resource, subprocess, sys, tempfile, time

os.environ.update(TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "test" / "golden"


def best(function, repeats=5):
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def texts():
    """English sentences of the golden tables and of words, some 2 MB in 10,000 texts."""
    r = random.Random(5)
    words = [w for row in json.loads((GOLDEN / "tokenizer/bpe-phi/table.json").read_text())["rows"] if row.get("category") in ("english", "prompts", "latin and cyrillic") for w in row["text"].split(" ")]
    return [" ".join(r.choices(words, k=r.randrange(10, 60))) for _ in range(10000)]


def speed(tools, what, *arguments):
    line = subprocess.run([tools / "DataSpeed", what, *map(str, arguments)], check=True, capture_output=True, text=True).stdout
    return float(line.split()[0])


def report(name, ours, theirs, unit, amount):
    print(f"{name:34s} mmc {amount / ours:9.2f} {unit}   other {amount / theirs:9.2f} {unit}   mmc is {theirs / ours:.2f} times as fast", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=ROOT / "build/bin", type=pathlib.Path)
    parser.add_argument("--rows", default=1000000, type=int)
    parser.add_argument("--only", default="bpe,spm,pixels,index")
    options = parser.parse_args()
    only = options.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sample = texts()
        (folder / "texts.json").write_text(json.dumps(sample))
        megabytes = sum(len(t.encode()) for t in sample) / 1e6
        if "bpe" in only:
            import tokenizers
            for name in ("bpe-llama3", "bpe-qwen2", "bpe-phi", "bpe-neox", "llama-fast", "llama-phi3"):
                model = GOLDEN / "tokenizer" / name / "model"
                other = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
                theirs = best(lambda: [other.encode(t) for t in sample], 3)
                batch = best(lambda: other.encode_batch_fast(sample) if hasattr(other, "encode_batch_fast") else other.encode_batch(sample), 3)
                report(name, speed(options.bin, "encode", model, folder / "texts.json"), min(theirs, batch), "MB/s", megabytes)
        if "spm" in only:
            import sentencepiece
            for name in ("spm-llama", "spm-unigram"):
                model = GOLDEN / "tokenizer" / name / "model" / "tokenizer.model"
                other = sentencepiece.SentencePieceProcessor(model_file=str(model))
                theirs = best(lambda: [other.encode(t) for t in sample], 3)
                report(name, speed(options.bin, "encode", model, folder / "texts.json"), theirs, "MB/s", megabytes)
        if "pixels" in only:
            import numpy as np
            from PIL import Image
            mean, std = (np.array(v, np.float32)[:, None, None] for v in ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)))
            for name, size in (("photo-640x480.jpg", 336), ("photo-640x480.jpg", 224), ("stamp-64.png", 336)):
                image = Image.open(GOLDEN / "image/files" / name).convert("RGB")

                def pillow():
                    w, h = image.size
                    long = int(size * max(w, h) / min(w, h))
                    r = image.resize((size, long) if w <= h else (long, size), Image.BICUBIC)
                    left, top = (r.width - size) // 2, (r.height - size) // 2
                    x = np.asarray(r.crop((left, top, left + size, top + size))).transpose(2, 0, 1).astype(np.float32)
                    return (x * np.float32(1 / 255) - mean) / std

                theirs = best(lambda: [pillow() for _ in range(20)])
                report(f"resize + normalise {name} {size}", speed(options.bin, "pixels", GOLDEN / "image/files" / name, size, 20), theirs, "pictures/s", 20)
        if "index" in only:
            path = folder / "rows.json"
            r = random.Random(1)
            words = "the picture shows a small green frog on a leaf near water while two people walk along the street with a dog and an umbrella".split()
            with open(path, "w") as f:
                f.write("[\n")
                for i in range(options.rows):
                    turns = [{"from": who, "value": " ".join(r.choices(words, k=k))} for _ in range(r.choice([1, 1, 2])) for who, k in (("human", 16), ("gpt", 36))]
                    f.write(json.dumps({"id": f"{i:012d}", "image": f"coco/train2017/{i:012d}.jpg", "conversations": turns}) + (",\n" if i < options.rows - 1 else "\n]\n"))
            environment = dict(os.environ, MMC_CACHE_DIR=str(folder / "cache"))
            for what in ("indexed", "opened again"):
                start = time.perf_counter()
                line = subprocess.run([options.bin / "DataSpeed", "open", path], check=True, env=environment, capture_output=True, text=True).stdout.split()
                print(f"{options.rows} rows of {path.stat().st_size / 1e6:.0f} MB {what} in {float(line[0]):.3f} s ({time.perf_counter() - start:.3f} s with the process), {float(line[1]):.0f} MB of memory", flush=True)


if __name__ == "__main__":
    sys.exit(main())

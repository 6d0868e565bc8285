#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes test/golden/image-scales: the tiles that s2wrapper gives its tower, for small pictures and tiles.

usage: make_scales.py GOLDEN_DIR       GOLDEN_DIR: test/golden; needs Pillow 13, torch, einops, safetensors, and s2wrapper
(github.com/bfshi/scaling_on_scales) on PYTHONPATH
"""
import json, pathlib, sys
import numpy as np
import PIL, torch
from PIL import Image
from s2wrapper import forward
from safetensors.numpy import save_file

golden = pathlib.Path(sys.argv[1])
out = golden / "image-scales"
out.mkdir(exist_ok=True)
CLIP = np.float32([0.48145466, 0.4578275, 0.40821073]), np.float32([0.26862954, 0.26130258, 0.27577711])
SIGLIP = np.float32([0.5] * 3), np.float32([0.5] * 3)


def tiles(picture, scales, tile):
    """[n, C, tile, tile]: all that a tower sees. s2wrapper calls it once for each scale."""
    seen = []

    def tower(x):
        seen.append(x)
        return torch.zeros(len(x), 1, 4)

    forward(tower, torch.from_numpy(picture)[None], img_sizes=scales, max_split_size=tile)
    return torch.cat(seen).numpy()


def picture(file, name, size):
    """[3, size, size]: what the image processor of LLaVA (clip) or Bunny (siglip) makes at the largest scale."""
    image, (mean, std) = Image.open(file).convert("RGB"), CLIP if name.startswith("clip") else SIGLIP
    if "-pad" in name:
        side = max(image.size)
        square = Image.new("RGB", (side, side), tuple(int(255 * float(m)) for m in mean))
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = square
    width = height = size
    if name.startswith("clip"):  # the shortest edge to size
        short, long = min(image.size), int(size * max(image.size) / min(image.size))
        width, height = (size, long) if image.width == short else (long, size)
    left, top = (width - size) // 2, (height - size) // 2
    image = image.resize((width, height), Image.BICUBIC).crop((left, top, left + size, top + size))
    values = (np.float64(np.asarray(image)) * (1 / 255)).astype(np.float32)
    return np.ascontiguousarray(((values - mean) / std).transpose(2, 0, 1))


tensors = {}
for name, tile, file in [("siglip-s2", 16, "photo-333x217-420.jpg"), ("siglip-pad-s2", 8, "tall-37x203.png"),
                         ("clip-s2", 8, "odd-99x58.png"), ("clip-pad-s2", 7, "crop3-61x90.png")]:
    scales = [tile, 2 * tile, 3 * tile]
    tensors[f"{name}@{tile}:{file}"] = tiles(picture(golden / "image/files" / file, name, scales[-1]), scales, tile)
# Pictures of other sizes than the largest scale: weights of every phase, shrunk and enlarged.
for size, scales, tile in [(20, [5, 10, 15], 5), (11, [4, 8, 12], 4), (2, [3, 6], 3)]:
    key = f"{size}x{size}@{','.join(map(str, scales))}/{tile}"
    tensors["picture:" + key] = np.random.default_rng(size).standard_normal((2, size, size)).astype(np.float32)
    tensors["tiles:" + key] = tiles(tensors["picture:" + key], scales, tile)
# One that is not square.
tensors["picture:5x9"] = np.random.default_rng(0).standard_normal((1, 5, 9)).astype(np.float32)
tensors["interpolated:5x9"] = torch.nn.functional.interpolate(torch.from_numpy(tensors["picture:5x9"])[None], size=(7, 4), mode="bicubic")[0].numpy()
save_file(tensors, out / "expected.safetensors")
(out / "case.json").write_text(json.dumps({
    "group": "image", "case": "image-scales", "files": "../image/files",
    "what": "S2's tiles: PREPROCESS@TILE:FILE are the tiles of a file at scales TILE, 2 TILE, 3 TILE; tiles:HxW@SCALES/TILE those of the tensor picture:HxW@SCALES/TILE; interpolated:HxW is picture:HxW at 7 x 4",
    "reference": {"s2wrapper": "bfshi/scaling_on_scales 9c008a3", "torch": torch.__version__, "pillow": PIL.__version__}, "tolerance": 1e-5}, indent=1) + "\n")

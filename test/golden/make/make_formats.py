#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes test/golden/image-formats: small WebP, GIF, BMP and further PNG files, and what Pillow decodes them to.

usage: make_formats.py PICTURE.png OUT_DIR      needs Pillow 13, numpy, safetensors
"""
import io, json, pathlib, struct, sys
import numpy as np
import PIL
from PIL import Image
from safetensors.numpy import save_file

source, out = Image.open(sys.argv[1]).convert("RGB"), pathlib.Path(sys.argv[2])
files = out / "files"
files.mkdir(parents=True, exist_ok=True)
rgb = source.resize((37, 29), Image.LANCZOS)
noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (29, 37, 3), dtype=np.uint8))
alpha = Image.fromarray(((np.mgrid[0:29, 0:37][0] * 9 + np.mgrid[0:29, 0:37][1] * 5) % 256).astype(np.uint8))
rgba = rgb.copy(); rgba.putalpha(alpha)

def put(name, data): (files / name).write_bytes(data)
def save(name, image, **options): image.save(files / name, **options)

save("lossy.webp", rgb, quality=60)
save("lossy-alpha.webp", rgba, quality=50)
save("lossless.webp", noise, lossless=True)
save("lossless-alpha.webp", rgba, lossless=True, exact=True)
save("animated.webp", rgb, save_all=True, append_images=[noise, rgb], duration=50, lossless=True)
save("palette.gif", rgb.quantize(64))
save("gray.gif", rgb.convert("L"))
save("transparent.gif", rgb.quantize(32), transparency=5)
save("animated.gif", rgb.quantize(16), save_all=True, append_images=[noise.quantize(16)], duration=50, loop=0)
save("interlaced.gif", rgb.quantize(200), interlace=1)
# a first frame that covers a part of the screen, with a local palette, and one that reaches beyond it
def gif(screen, place, indices, colours, interlace=False, transparent=None, global_palette=True):
    bits, count, stream = 0, 0, bytearray()
    def code(value):
        nonlocal bits, count
        bits |= value << count; count += 9
        while count >= 8: stream.append(bits & 255); bits >>= 8; count -= 8
    for n, value in enumerate(indices.astype(int).ravel()):     # a clear code often enough keeps all codes at 9 bits
        if n % 200 == 0: code(256)
        code(value)
    code(257); stream.append(bits & 255)
    body = b"\x08" + b"".join(bytes([len(stream[i:i + 255])]) + bytes(stream[i:i + 255]) for i in range(0, len(stream), 255)) + b"\0;"
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0xF7 if global_palette else 0x70, 0, 0)
    table = colours.astype(np.uint8).tobytes()
    control = b"\x21\xf9\x04" + struct.pack("<BHB", 1 if transparent is not None else 0, 0, transparent or 0) + b"\0"
    return head + (table if global_palette else b"") + control + b"," + struct.pack("<HHHHB", *place, 0) + body
indices = np.random.default_rng(2).integers(0, 256, (9, 11))
colours = np.random.default_rng(3).integers(0, 256, 768)
put("part.gif", gif((20, 15), (5, 3, 11, 9), indices, colours))
put("part-transparent.gif", gif((20, 15), (5, 3, 11, 9), indices, colours, transparent=7))
put("beyond.gif", gif((10, 8), (4, 3, 11, 9), indices, colours))
put("no-palette.gif", gif((11, 9), (0, 0, 11, 9), indices, colours, global_palette=False))

save("rgb.bmp", rgb)
save("gray.bmp", rgb.convert("L"))
save("onebit.bmp", rgb.convert("1"))
save("palette.bmp", rgb.quantize(200))
def bmp(bits, rows, width, height, compression=0, masks=b"", palette=b"", colours=0, header=40, data=None, top_down=False, offset=None):
    body = data if data is not None else b"".join(r + b"\0" * (-len(r) % 4) for r in rows)
    info = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, compression, len(body), 2835, 2835, colours, 0)
    if header > 40: info += (masks + b"\0" * (header - 40))[:header - 40]; masks = b""
    start = 14 + len(info) + len(masks) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start if offset is None else offset) + info + masks + palette + body
r = np.random.default_rng(4)
w, h = 13, 7
px16 = r.integers(0, 65536, (h, w)).astype("<u2"); px32 = r.integers(0, 2**32, (h, w), dtype=np.uint64).astype("<u4")
put("555.bmp", bmp(16, [x.tobytes() for x in px16], w, h))
put("565.bmp", bmp(16, [x.tobytes() for x in px16], w, h, 3, struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
put("555-masks.bmp", bmp(16, [x.tobytes() for x in px16], w, h, 3, struct.pack("<III", 0x7C00, 0x3E0, 0x1F)))
put("32.bmp", bmp(32, [x.tobytes() for x in px32], w, h))
put("32-top-down.bmp", bmp(32, [x.tobytes() for x in px32], w, h, top_down=True))
put("32-rgba.bmp", bmp(32, [x.tobytes() for x in px32], w, h, 3, struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000), header=56))
put("32-xbgr.bmp", bmp(32, [x.tobytes() for x in px32], w, h, 3, struct.pack("<IIII", 0xFF000000, 0xFF0000, 0xFF00, 0), header=124))
put("32-bgxr.bmp", bmp(32, [x.tobytes() for x in px32], w, h, 3, struct.pack("<III", 0xFF000000, 0xFF00, 0xFF)))
pal16 = b"".join(x.tobytes() + b"\0" for x in r.integers(0, 256, (16, 3), dtype=np.uint8)); pal = b"".join(x.tobytes() + b"\0" for x in r.integers(0, 256, (200, 3), dtype=np.uint8))
ix4 = r.integers(0, 16, (h, w + 1)); put("4bit.bmp", bmp(4, [bytes(x[0::2] << 4 | x[1::2]) for x in ix4.astype(np.uint8)], w, h, palette=pal16, colours=16))
put("8bit-short-palette.bmp", bmp(8, [x.tobytes() for x in r.integers(0, 256, (h, w), dtype=np.uint8)], w, h, palette=pal, colours=200))
put("rle8.bmp", bmp(8, None, w, h, 1, palette=pal, colours=200, data=b"\x0d\x05\x00\x00" + b"\x00\x05\x01\x02\x03\x04\x05\x00\x08\x07\x00\x00" + b"\x03\x09\x00\x02\x02\x01" + b"\x05\x0b\x00\x00" + b"\x0d\x10\x00\x00" * 4 + b"\x00\x01"))
put("rle4.bmp", bmp(4, None, w, h, 2, palette=pal16, colours=16, data=(b"\x0d\x5a\x00\x00" + b"\x00\x05\x12\x34\x50\x00\x08\x7c\x00\x00") * 3 + b"\x0d\x31\x00\x00\x00\x01"))
os2 = b"".join(x.tobytes() for x in r.integers(0, 256, (256, 3), dtype=np.uint8)); body = b"".join(x.tobytes() + b"\0" * (-w % 4) for x in r.integers(0, 256, (h, w), dtype=np.uint8))
put("os2.bmp", b"BM" + struct.pack("<IHHI", 26 + len(os2) + len(body), 0, 0, 26 + len(os2)) + struct.pack("<IHHHH", 12, w, h, 1, 8) + os2 + body)

expected, info = {}, {}
for f in sorted(files.iterdir()):
    image = Image.open(f)
    info[f.name] = {"format": image.format, "mode": image.mode, "size": list(image.size)}
    expected["rgb:" + f.name] = np.ascontiguousarray(np.asarray(image.convert("RGB")))
save_file(expected, out / "expected.safetensors", metadata={"format": "np"})
(out / "case.json").write_text(json.dumps({"group": "image", "case": "image-formats", "what": "decoded pixels of WebP, GIF and BMP files: numpy.asarray(Image.open(f).convert('RGB'))", "files": "files",
                                           "reference": {"pillow": PIL.__version__}, "images": info, "tolerance": "equal"}, indent=1) + "\n")
print(len(expected))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes test/golden/sentencepiece/models.json: small sentencepiece models of every setting, texts, and the ids that
sentencepiece's Python binding gives. test/Unit/Data/SentencePieceModelsTest.cpp reads it. Needs sentencepiece 0.2.3.

usage: make_sentencepiece.py OUT.json [RANDOM_MODELS [SEED]]      default 24 random models beside those that have names

A long comparison, which leaves the checked-in file as it is:
  make_sentencepiece.py /tmp/models.json 3000 2
  MMC_SENTENCEPIECE_MODELS=/tmp/models.json build/test/Unit/DataRowsTest --gtest_filter='SentencePieceModels.*'
"""
import json, pathlib, random, struct, sys, tempfile
import sentencepiece

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
UNIGRAM, BPE, WORD, CHAR = 1, 2, 3, 4
golden = pathlib.Path(__file__).parent.parent

# Protocol buffers by hand: sentencepiece_model.proto has few fields, and the parser is not needed.
def varint(value):
    out = bytearray()
    while value > 127: out.append(value & 127 | 128); value >>= 7
    return bytes(out) + bytes([value])
def field(number, value):
    if isinstance(value, float): return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int): return varint(number << 3) + varint(int(value))
    value = value if isinstance(value, bytes) else value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value
def piece(text, score, kind=NORMAL): return field(1, field(1, text) + field(2, float(score)) + field(3, kind))
def trainer(kind, suffix=False, byte_fallback=False):
    return field(2, field(3, kind) + field(24, suffix) + field(35, byte_fallback))
def normalizer(rules=b"", prefix=True, remove_extra=True, escape=True):
    return field(3, (field(2, rules) if rules else b"") + field(3, prefix) + field(4, remove_extra) + field(5, escape))
def compiled(rules):
    """The precompiled_charsmap of rules {from: to}."""
    rules = {source: target for source, target in rules.items() if source != target}
    if not rules: return b""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        for source, target in rules.items():
            file.write("\t".join(" ".join(f"{ord(c):X}" for c in text) for text in (source, target)) + "\n")
        file.flush()
        model = sentencepiece.SentencePieceNormalizer(rule_tsv=file.name).serialized_model_proto()
    # normalizer_spec { name: "user_defined" precompiled_charsmap: ... }
    at = model.index(b"user_defined") + len("user_defined") + 1
    size, shift = 0, 0
    while True:
        byte = model[at]; at += 1
        size |= (byte & 127) << shift; shift += 7
        if byte < 128: return model[at:at + size]

specials = [("<unk>", 0, UNKNOWN), ("<s>", 0, CONTROL), ("</s>", 0, CONTROL)]
all_bytes = [(f"<0x{byte:02X}>", 0, BYTE) for byte in range(256)]
def model(kind, pieces, suffix=False, byte_fallback=False, more=b"", **rules):
    pieces = specials + (all_bytes if byte_fallback else []) + pieces
    return b"".join(piece(*p) for p in pieces) + trainer(kind, suffix, byte_fallback) + normalizer(**rules) + more

unigram = [("▁", -3), ("a", -2), ("b", -2.5), ("0", -2.1), ("00", -3.3), ("▁a", -4), ("ab", -4.1), ("<i>", 0, USER_DEFINED),
           ("c", -1, UNUSED), ("1", -2.2), (",", -1.7)]
bpe = [("▁", -5), ("a", -6), ("b", -7), ("ab", 0), ("▁ab", -1), ("b▁", -2), ("a▁a", -3), ("<i>", 0, USER_DEFINED), ("cab", -2, UNUSED),
       ("c", -9), ("ca", -0.5, UNUSED), ("x", 0, CONTROL), ("ba", -0.25)]
dots = [("▁", -1), ("a", -2), (".", -3), ("…", -4)]
overlap = [("▁", -1), ("a", -2), ("b", -3), ("ab", 0, USER_DEFINED), ("aba", 0, USER_DEFINED), ("bab", -1), ("▁a", 0, USER_DEFINED), ("b b", 0, USER_DEFINED)]

whole = [("▁", -1), ("a", -2), ("x", 0, CONTROL), ("u", 0, UNUSED), ("ab", 0, USER_DEFINED), ("▁x", 0, CONTROL), ("▁u", 0, UNUSED), ("▁ab", 0),
         ("▁ab▁", 0)]

def named():
    own = "tokenizer/spm-unigram/model/tokenizer.model"
    # Sums that are equal are told apart in single precision.
    yield "ties of the golden model", own, b"", ["x1,000,000", "000", "a 10000000"]
    yield "unigram", "", model(UNIGRAM, unigram), ["a000,000", "10000000", "a ab  b ", "<i>zz<i>z ab", "cc", "", " ", "\0a"]
    yield "unigram, suffix, blanks kept", "", model(UNIGRAM, unigram, suffix=True, remove_extra=False), ["  ab a", "a  ", " "]
    yield "bpe over blanks", "", model(BPE, bpe), ["ab ab", "cab cabab", "b a a  ab", "x<i>xx", "abababa", "zzab", "a▁a ▁ab"]
    yield "bpe, suffix", "", model(BPE, bpe, suffix=True), ["ab b a", "a a", " a", "a ", "<i> <i>"]
    for kind in UNIGRAM, BPE, WORD, CHAR:
        yield f"three ASCII characters, kind {kind}", "", model(kind, dots, rules=compiled({"...": "…"})), ["a...a", ".. ....", "..", "."]
        yield f"overlapping user-defined, kind {kind}", "", model(kind, overlap), ["ababab", "b b bab", "abaab a", "▁ab b"]
        yield f"bytes, kind {kind}", "", model(kind, overlap, byte_fallback=True), ["中aba", "xyz a", b"\xff\xc3a"]
    for kind in WORD, CHAR:
        for suffix in False, True:
            yield (f"unused and control pieces, kind {kind}, suffix {suffix}", "", model(kind, whole, suffix=suffix, remove_extra=False),
                   ["ax u", "ab u x", "  a  a ", "zz a z z", "a▁▁▁b", " ab ", "<unk> <s>"])
    for kind in UNIGRAM, BPE:
        # A type that is none, a number where a text would be, a group, a kind of model that is none.
        odd = (field(1, field(1, "q") + field(2, -1.0) + field(3, 9)) + field(1, field(1, "r") + field(2, -1.0) + field(1, 5)) +
               b"\xf3\x01\x08\x01\xf4\x01" + field(1, field(1, "s") + field(2, -1.0)) + field(2, field(3, 9)))
        yield f"unknown fields, kind {kind}", "", model(kind, [], more=odd), ["qrs", "rq s"]
    for flags in ({}, {"prefix": False}, {"remove_extra": False}, {"escape": False}, {"prefix": False, "remove_extra": False}):
        for base in "spm-unigram", "spm-llama":
            path = f"tokenizer/{base}/model/tokenizer.model"
            more = field(3, b"".join(field(n, flags.get(name, True)) for n, name in ((3, "prefix"), (4, "remove_extra"), (5, "escape"))))
            more += piece("the pic", 0, USER_DEFINED) + piece("pict", 0, USER_DEFINED)
            yield f"{base} with {flags}", path, more, ["  the picture  of ", "ﬃ ① ｱﾞ e\u0301 \u00a0x", "…\u200b\ufeff a\tb\r\n", b"a\xed\xa0\x80b \xf4\x90"]

alphabet = ["a", "b", "c", "ab", "▁", "▁a", "é", "中", "😀", ".", "<", "1"]
def random_model(dice):
    byte_fallback, kind = dice.random() < 0.3, dice.choice([UNIGRAM] * 4 + [BPE] * 4 + [WORD, CHAR])
    texts = list({"".join(dice.choices(alphabet, k=dice.randint(1, 4))) for _ in range(dice.randint(1, 40))} - {""})
    # Halves: many ties.
    pieces = [(t, -0.5 * dice.randint(0, 12), dice.choices([NORMAL, USER_DEFINED, UNUSED, CONTROL], [12, 2, 2, 0.3])[0]) for t in sorted(texts)]
    dice.shuffle(pieces)
    if not any(p[2] != CONTROL for p in pieces): pieces.append(("a", -1, NORMAL))
    rules = b""
    if dice.random() < 0.4:
        sources = {"".join(dice.choices([a for a in alphabet if a != "▁"], k=dice.randint(1, 3))).replace("▁", "") for _ in range(dice.randint(1, 8))}
        rules = compiled({s: "".join(dice.choices(alphabet + [" ", "  "], k=dice.randint(0, 3))) for s in sorted(sources) if s})
    return model(kind, pieces, dice.random() < 0.3, byte_fallback, rules=rules, prefix=dice.random() < 0.6,
                 remove_extra=dice.random() < 0.6, escape=dice.random() < 0.8)

def random_text(dice):
    parts = alphabet + [" ", " ", "  ", "z", "\n", "\u3000", "abab", b"\xff", b"\xe4\xb8", b"\0", b"\xed\xa0\x80"]
    text = b"".join(p if isinstance(p, bytes) else p.encode() for p in dice.choices(parts[:dice.choice([len(parts), -4])], k=dice.randint(0, 24)))
    return text

def random_golden(dice):
    """A golden model with other settings and further pieces, and texts of all of Unicode."""
    more = normalizer(prefix=dice.random() < 0.5, remove_extra=dice.random() < 0.5, escape=dice.random() < 0.8)
    more += field(2, field(24, dice.random() < 0.3))
    more += b"".join(piece(text, -3, dice.choice([NORMAL, USER_DEFINED, UNUSED])) for text in dice.sample(["e p", "ict", "the▁", "\n\n", "１２", "①"], 3))
    def text():
        parts = [dice.choice(["the ", " picture", "Ｆrog", "'s", "12345", "\n\n", "\t", "  ", "▁", "ﬃ", "①", "ｱﾞ", "e\u0301", "\u00a0", "…", "\ufeff",
                              chr(dice.choice([dice.randrange(32, 0x500), dice.randrange(0x3000, 0xd800), dice.randrange(0xe000, 0x20000)]))])
                 for _ in range(dice.randint(0, 40))]
        data = "".join(parts).encode()
        cut = dice.randint(0, len(data))
        return data if dice.random() < 0.7 else data[:cut] + data[cut + 1:]
    return f"tokenizer/{dice.choice(['spm-unigram', 'spm-llama'])}/model/tokenizer.model", more, [text() for _ in range(20)]

def main():
    out = pathlib.Path(sys.argv[1])
    count, seed = int((sys.argv[2:3] or ["24"])[0]), int((sys.argv[3:4] or ["1"])[0])
    dice = random.Random(seed)
    models = list(named()) + [(f"random {seed}.{i}", "", random_model(dice), [random_text(dice) for _ in range(10)]) for i in range(count)]
    models += [(f"golden {seed}.{i}", *random_golden(dice)) for i in range(count // 8)]
    with open(out, "w", encoding="utf-8") as file:
        for i, (name, base, own, texts) in enumerate(models):
            tokenizer = sentencepiece.SentencePieceProcessor(model_proto=(golden / base).read_bytes() + own if base else own)
            rows = []
            for text in texts:
                text = text if isinstance(text, bytes) else text.encode()
                try: ids = tokenizer.encode(text)
                except Exception as error: ids = None      # a text that the library refuses
                try: rows.append({"text": text.decode(), "ids": ids})
                except UnicodeDecodeError: rows.append({"hex": text.hex(), "ids": ids})
            entry = {"name": name, "base": base, "model": own.hex(), "rows": rows}
            file.write(("[" if i == 0 else ",\n") + json.dumps(entry, ensure_ascii=False))
        file.write("]\n")

main()

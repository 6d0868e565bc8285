#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes test/golden/tokenizer/components: small tokenizer.json files, one per normalizer, pre-tokenizer, post-processor, decoder, setting of BPE and flag of
an added token, with what Hugging Face's tokenizers library makes of some texts.

usage: make_components.py OUT_DIR      needs tokenizers
"""
import json, pathlib, sys
import tokenizers
from tokenizers import Tokenizer

out = pathlib.Path(sys.argv[1]); out.mkdir(parents=True, exist_ok=True)
TEXTS = ["", "Hello world", " two  spaces ", "a-b--c!?", "x12 345y", "Éa e\u0301 ﬁ Å İ", "don't  stop\n\nnow", "ab abab ba", "tok<t>en <t> <t>", "tab\tend", "日本 ab", "ß Σς"]
chars = sorted({c for t in TEXTS for c in t} | set("abcdefghijklmnopqrstuvwxyz0123456789 ▁Ġ"))
def bpe(**kw):
    vocab = {c: i for i, c in enumerate(chars)}
    for m in ("ab", "abab", "▁a", "lo", "ll"): vocab.setdefault(m, len(vocab))
    m = dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None, end_of_word_suffix=None, fuse_unk=False, byte_fallback=False, ignore_merges=False, vocab=vocab, merges=[["a", "b"], ["ab", "ab"], ["▁", "a"], ["l", "o"], ["l", "l"]])
    drop = kw.pop("drop", ""); extra = kw.pop("extra", [])
    for e in extra: vocab.setdefault(e, len(vocab))
    for c in drop: del vocab[c]
    ids = {t: i for i, t in enumerate(vocab)}; m["vocab"] = ids
    return dict(m, **kw)
def alphabet():
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256)); n = 0; t = []
    for b in range(256):
        if b in keep: t.append(chr(b))
        else: t.append(chr(256 + n)); n += 1
    return t
def byte_bpe(**kw):
    vocab = {c: i for i, c in enumerate(alphabet())}
    for m in ("ab", "Ġa", "abab"): vocab[m] = len(vocab)
    return dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None, end_of_word_suffix=None, fuse_unk=False, byte_fallback=False, ignore_merges=False, vocab=vocab, merges=["a b", "Ġ a"], **kw)
def make(model=None, normalizer=None, pre=None, post=None, decoder=None, added=()):
    return dict(version="1.0", truncation=None, padding=None, added_tokens=list(added), normalizer=normalizer, pre_tokenizer=pre, post_processor=post, decoder=decoder, model=model or bpe())
def split(behavior, invert=False, pattern=None): return dict(type="Split", pattern=pattern or {"Regex": "[-!?]"}, behavior=behavior, invert=invert)
def seq(key, *xs): return {"type": "Sequence", key: list(xs)}
def tok(id, content, **kw): return dict(dict(id=id, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=False), **kw)
n = len(bpe()["vocab"])
cases = {f"normalizer {k}": make(normalizer={"type": k}) for k in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents")}
cases["normalizer NFD StripAccents"] = make(normalizer=seq("normalizers", {"type": "NFD"}, {"type": "StripAccents"}))
cases["normalizer Strip"] = make(normalizer={"type": "Strip", "strip_left": True, "strip_right": True})
cases["normalizer Strip left"] = make(normalizer={"type": "Strip", "strip_left": True, "strip_right": False})
cases["normalizer Replace"] = make(normalizer={"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"})
cases["normalizer Prepend Replace"] = make(normalizer=seq("normalizers", {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}))
for b in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
    cases[f"split {b}"] = make(pre=split(b)); cases[f"split {b} inverted"] = make(pre=split(b, True))
    cases[f"split {b} of a string"] = make(pre=split(b, False, {"String": "ab"}))
cases["words"] = make(pre={"type": "Whitespace"}); cases["white space"] = make(pre={"type": "WhitespaceSplit"})
cases["digits"] = make(pre={"type": "Digits", "individual_digits": False}); cases["single digits"] = make(pre={"type": "Digits", "individual_digits": True})
cases["punctuation"] = make(pre={"type": "Punctuation", "behavior": "Isolated"})
cases["anchors and words"] = make(pre=split("Isolated", False, {"Regex": "^\\w+|\\d$|\\W"}))
for s in ("always", "first", "never"):
    for c in (True, False): cases[f"metaspace {s} {'split' if c else 'whole'}"] = make(pre={"type": "Metaspace", "replacement": "▁", "prepend_scheme": s, "split": c}, decoder={"type": "Metaspace", "replacement": "▁", "prepend_scheme": s, "split": c}, added=[tok(n, "<t>")])
for p in (True, False):
    for r in (True, False): cases[f"bytes{' prefix' if p else ''}{' rule' if r else ''}"] = make(byte_bpe(), pre={"type": "ByteLevel", "add_prefix_space": p, "trim_offsets": True, "use_regex": r}, decoder={"type": "ByteLevel", "add_prefix_space": p, "trim_offsets": True, "use_regex": r})
cases["digits, then bytes"] = make(byte_bpe(), pre=seq("pretokenizers", {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}), decoder={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True})
cases["bytes, then digits"] = make(byte_bpe(), pre=seq("pretokenizers", {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, {"type": "Digits", "individual_digits": True}), decoder={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True})
cases["unknown"] = make(bpe(drop="日本É", extra=["<u>"], unk_token="<u>")); cases["unknown fused"] = make(bpe(drop="日本É", extra=["<u>"], unk_token="<u>", fuse_unk=True)); cases["unknown dropped"] = make(bpe(drop="日本É"))
fallback = [f"<0x{b:02X}>" for b in range(256)]
cases["byte fallback"] = make(bpe(drop="日本É", extra=["<u>"] + fallback, unk_token="<u>", byte_fallback=True), decoder=seq("decoders", {"type": "ByteFallback"}, {"type": "Fuse"}))
cases["some bytes to fall back to"] = make(bpe(drop="日本É", extra=["<u>"] + fallback[:0xA0], unk_token="<u>", byte_fallback=True, fuse_unk=True), decoder=seq("decoders", {"type": "ByteFallback"}, {"type": "Fuse"}))
cases["ignore merges"] = make(byte_bpe() | {"ignore_merges": True}, pre={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, decoder={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True})
m = bpe(continuing_subword_prefix="##", end_of_word_suffix="</w>", unk_token="a", extra=["##b", "##c", "c</w>", "##b</w>", "ab</w>"]); m["merges"] = [["a", "##b"], ["a", "##b</w>"]]
cases["prefix and suffix"] = make(m, pre={"type": "WhitespaceSplit"})
cases["template"] = make(post=dict(type="TemplateProcessing", single=[{"SpecialToken": {"id": "<b>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<e>", "type_id": 0}}], pair=[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}], special_tokens={"<b>": {"id": "<b>", "ids": [1, 2], "tokens": ["<b>", "x"]}, "<e>": {"id": "<e>", "ids": [3], "tokens": ["<e>"]}}))
cases["Roberta"] = make(post=dict(type="RobertaProcessing", sep=["</s>", 5], cls=["<s>", 4], trim_offsets=True, add_prefix_space=False)); cases["Bert"] = make(post=dict(type="BertProcessing", sep=["</s>", 5], cls=["<s>", 4]))
for flag in ("single_word", "lstrip", "rstrip", "normalized", "special"): cases[f"added {flag}"] = make(added=[tok(n, "<t>", **{flag: True})], normalizer={"type": "Replace", "pattern": {"String": " "}, "content": "▁"})
cases["added, normalised content"] = make(added=[tok(n, "AB", normalized=True), tok(n + 1, "<t>", lstrip=True, rstrip=True)], normalizer={"type": "Lowercase"})
cases["decoder Strip Replace"] = make(decoder=seq("decoders", {"type": "Replace", "pattern": {"String": "a"}, "content": "--"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 2, "stop": 0}))
cases["decoder Strip of tokens"] = make(decoder={"type": "Strip", "content": "a", "start": 1, "stop": 0})
result = []
for name, j in cases.items():
    t = Tokenizer.from_str(json.dumps(j)); rows = []
    for x in TEXTS:
        e = t.encode(x, add_special_tokens=False).ids
        row = dict(text=x, ids=e, ids_special=t.encode(x).ids)
        # Versions differ in whether a normalised added token is shown as it is written or as it is looked for.
        if name != "added, normalised content": row |= dict(decoded=t.decode(e, skip_special_tokens=False), decoded_skip=t.decode(e, skip_special_tokens=True))
        rows.append(row)
    result.append(dict(name=name, file=j, rows=rows))
(out / "table.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in result) + "\n]\n")
(out / "case.json").write_text(json.dumps(dict(what="one small tokenizer.json per component", reference="tokenizers: encode(text, add_special_tokens=False / True), decode(ids)", libraries=dict(tokenizers=tokenizers.__version__), tolerance="exact"), indent=1) + "\n")
print(len(result))

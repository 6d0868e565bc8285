#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes test/golden/tokenizer/conversation-bunny: Bunny's own preprocess() on conversations, with tokenizers of the kinds that its models have.

usage: make_bunny.py BUNNY_CHECKOUT TOKENIZER_GOLDENS OUT_DIR      needs transformers 4.37.2 (whose tokenizers does not know ignore_merges), numpy, pillow
"""
import json, pathlib, sys, types
import numpy as np

class Tensor(np.ndarray):
    def clone(self): return self.copy()
    def ne(self, x): return np.asarray(self) != x
def tensor(x, dtype=None): return np.array(x, dtype=np.int64).view(Tensor)
torch = types.ModuleType("torch"); torch.tensor = tensor; torch.long = None; torch.stack = lambda xs, dim: np.stack(xs).view(Tensor); torch.Tensor = Tensor; torch.LongTensor = torch.FloatTensor = Tensor
utils = types.ModuleType("torch.utils"); data = types.ModuleType("torch.utils.data"); data.Dataset = object
import transformers
from transformers import PreTrainedTokenizerFast
sys.modules.update({"torch": torch, "torch.utils": utils, "torch.utils.data": data}); torch.utils = utils; utils.data = data
class Stop: pass
transformers.StoppingCriteria = Stop
checkout, goldens, out = map(pathlib.Path, sys.argv[1:])
sys.path.insert(0, str(checkout))
pkg = types.ModuleType("bunny"); pkg.__path__ = [str(checkout / "bunny")]; sys.modules["bunny"] = pkg
u = types.ModuleType("bunny.util"); u.__path__ = [str(checkout / "bunny" / "util")]; sys.modules["bunny.util"] = u
from bunny import conversation
from bunny.util import data_utils

class Tok:
    """A tokenizer of transformers whose tensors are numpy's."""
    def __init__(self, t): self.t = t
    def __getattr__(self, n): return getattr(self.t, n)
    def __call__(self, text, return_tensors=None, padding=None, max_length=None, truncation=None):
        if return_tensors is None: return self.t(text)
        ids = self.t(text, padding=padding, max_length=max_length, truncation=truncation).input_ids
        return types.SimpleNamespace(input_ids=tensor(ids))

def load(name, length):
    folder = goldens / name / "model"; c = json.loads((folder / "tokenizer_config.json").read_text())
    get = lambda k: c.get(k)["content"] if isinstance(c.get(k), dict) else c.get(k)
    t = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), model_max_length=length, **{k: get(k) for k in ("bos_token", "eos_token", "unk_token", "pad_token") if get(k)})
    if t.unk_token is not None and t.pad_token is None: t.pad_token = t.unk_token
    return t

rows = []
source = json.loads((goldens / "conversation-v1" / "table.json").read_text())["rows"][:24]
for template, name in (("bunny", "bpe-phi"), ("bunny", "bpe-qwen2"), ("phi3", "llama-phi3"), ("minicpm", "llama-fast"), ("llama", "bpe-llama3-merges")):
    conversation.default_conversation = data_utils.conversation_lib.default_conversation = conversation.conv_templates[template]
    for r in source:
        t = load(name, r["model_max_length"])
        if template == "llama":
            t.eos_token = "<|end_of_text|>"; t.pad_token = t.eos_token
        turns = [dict(m) for m in r["conversations"]]
        row = dict(name=r["name"], template=template, tokenizer=name, image=r["image"], model_max_length=r["model_max_length"], conversations=r["conversations"])
        try:
            s = [turns]
            if r["image"]: s = data_utils.preprocess_multimodal(s, types.SimpleNamespace(is_multimodal=True))
            import io, contextlib
            log = io.StringIO()
            with contextlib.redirect_stdout(log): d = data_utils.preprocess(s, Tok(t), has_image=r["image"])
            row["input_ids"] = [int(x) for x in d["input_ids"][0]]; row["labels"] = [int(x) for x in d["labels"][0]]; row["mismatch"] = "mismatch" in log.getvalue()
            assert min(row["input_ids"]) >= -200
        except (AssertionError, KeyError, IndexError) as e:
            row["error"] = type(e).__name__
        rows.append(row)
out.mkdir(parents=True, exist_ok=True)
(out / "table.json").write_text("{\"rows\": [\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]}\n")
(out / "case.json").write_text(json.dumps({"what": "Bunny training samples: token ids (-200 = image) and labels (-100 = not supervised)", "reference": "BAAI-DCAI/Bunny 08273ac, data_utils.py: preprocess_multimodal + preprocess, run with transformers 4.37.2",
    "fields": {"mismatch": "the original found its lengths inconsistent and masked the whole sample", "error": "the original raises"}, "counts": {"rows": len(rows), "mismatch": sum(r.get("mismatch", False) for r in rows), "errors": sum("error" in r for r in rows)}, "tolerance": "exact"}, indent=1) + "\n")
print(len(rows), sum(r.get("mismatch", False) for r in rows), sum("error" in r for r in rows))

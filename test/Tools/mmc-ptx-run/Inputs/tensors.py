# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tensors.py write FILE NAME=DTYPE:V,V,… …  |  tensors.py show FILE NAME"""

import json
import struct
import sys

FORMATS = {"F32": "f", "F64": "d", "I32": "i", "I64": "q"}

if sys.argv[1] == "write":
    header, data = {}, b""
    for text in sys.argv[3:]:
        name, rest = text.split("=")
        dtype, values = rest.split(":")
        convert = int if dtype[0] == "I" else float
        values = [convert(v) for v in values.split(",")]
        raw = struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values)
        header[name] = {"dtype": dtype, "shape": [len(values)], "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + data)
else:
    raw = open(sys.argv[2], "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    entry = json.loads(raw[8 : 8 + size])[sys.argv[3]]
    begin, end = entry["data_offsets"]
    print(sys.argv[3], *(v for (v,) in struct.iter_unpack("<" + FORMATS[entry["dtype"]], raw[8 + size + begin : 8 + size + end])))

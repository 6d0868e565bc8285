"""Writes a safetensors file with nothing but Python's own library."""
import json
import struct


def write(path, tensors):
    """tensors: name -> (dtype as safetensors names it, shape, array.array of the values)."""
    header, offset = {}, 0
    for name, (dtype, shape, values) in tensors.items():
        size = len(values) * values.itemsize
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, values in tensors.values():
            values.tofile(file)

#!/usr/bin/env python3
"""Writes the values that the demo's base starts from: initial.py BASE_DIR llm|vision SEED OUT.safetensors

Matrices have the deviation 1 / sqrt(inputs) and embeddings 0.5, which a model of width 128 learns from much sooner than
from Hugging Face's 0.02, made for widths of thousands.
"""
import array
import json
import math
import random
import sys

from safetensors_file import write


def language_model(config):
    """name -> (shape, deviation); None: ones."""
    width, inner, vocabulary = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    values = {"model.embed_tokens.weight": ([vocabulary, width], 0.5), "model.norm.weight": ([width], None)}
    matrices = {"lm_head": (vocabulary, width)}
    for i in range(config["num_hidden_layers"]):
        block = f"model.layers.{i}."
        values |= {block + norm + ".weight": ([width], None) for norm in ("input_layernorm", "post_attention_layernorm")}
        matrices |= {f"{block}self_attn.{name}_proj": (width, width) for name in "qkvo"}
        matrices |= {f"{block}mlp.{name}_proj": (inner, width) for name in ("gate", "up")}
        matrices[block + "mlp.down_proj"] = (width, inner)
    return values | {f"{name}.weight": ([*shape], shape[1] ** -0.5) for name, shape in matrices.items()}


def tower(config):
    width, inner, patch = config["hidden_size"], config["intermediate_size"], config["patch_size"]
    patches = (config["image_size"] // patch) ** 2
    embeddings = "vision_model.embeddings."
    values = {
        embeddings + "class_embedding": ([width], 0.5),
        embeddings + "patch_embedding.weight": ([width, 3, patch, patch], (3 * patch * patch) ** -0.5),
        embeddings + "position_embedding.weight": ([patches + 1, width], 0.5),
    }
    norms, matrices = ["pre_layrnorm", "post_layernorm"], {}
    for i in range(config["num_hidden_layers"]):
        block = f"encoder.layers.{i}."
        norms += [block + "layer_norm1", block + "layer_norm2"]
        matrices |= {f"{block}self_attn.{name}_proj": (width, width) for name in ("q", "k", "v", "out")}
        matrices |= {block + "mlp.fc1": (inner, width), block + "mlp.fc2": (width, inner)}
    for name in norms:
        values |= {f"vision_model.{name}.weight": ([width], None), f"vision_model.{name}.bias": ([width], 0)}
    for name, shape in matrices.items():
        values |= {f"vision_model.{name}.weight": ([*shape], shape[1] ** -0.5), f"vision_model.{name}.bias": ([shape[0]], 0)}
    return values


def main():
    base, part, seed, out = sys.argv[1:]
    with open(f"{base}/{part}/config.json") as file:
        config = json.load(file)
    rng = random.Random(int(seed))
    tensors = {}
    for name, (shape, deviation) in sorted((language_model if part == "llm" else tower)(config).items()):
        count = math.prod(shape)
        fill = [1.0] * count if deviation is None else [0.0] * count if deviation == 0 else [rng.gauss(0, deviation) for _ in range(count)]
        tensors[name] = ("F32", shape, array.array("f", fill))
    write(out, tensors)


if __name__ == "__main__":
    main()

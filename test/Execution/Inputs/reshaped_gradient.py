# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes inputs, weights and the exact gradients of a 1×1 convolution's weight [D, r, 1]: reshaped_gradient.py WORK"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "Train/Inputs"))
import runs

work = pathlib.Path(sys.argv[1])
N, R, D = 2, 3, 5
x = [[n + 2 * r - 1 for r in range(R)] for n in range(N)]
c = [[1 - n + d for d in range(D)] for n in range(N)]
w = [[d - r for r in range(R)] for d in range(D)]


def flat(matrix):
    return [float(value) for row in matrix for value in row]


# y = x·Wᵀ, the loss is Σ c∘y over N labels: dW = cᵀ·x / N. Small whole numbers: exact in f32.
loss = sum(c[n][d] * x[n][r] * w[d][r] for n in range(N) for d in range(D) for r in range(R))
gradient = [[sum(c[n][d] * x[n][r] for n in range(N)) / N for r in range(R)] for d in range(D)]
runs.write_safetensors(work / "inputs.safetensors", {"x": ("F32", [N, R], flat(x)), "c": ("F32", [N, D], flat(c))})
runs.write_safetensors(work / "weights.safetensors", {"conv.weight": ("F32", [D, R, 1], flat(w))})
runs.write_safetensors(work / "expected.safetensors", {
    "grad:conv.weight": ("F32", [D, R, 1], flat(gradient)), "loss_sum": ("F32", [], [float(loss)]),
    "loss": ("F32", [], [loss / N]), "label_count": ("I32", [], [N])})

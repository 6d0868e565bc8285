# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a loss behind an imported tower and compares its gradients with those of a golden: tower_gradients.py WORK CASE"""

import json
import pathlib
import re
import subprocess
import sys

TEST = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TEST))
import check_goldens

# The case's own: the reference in f32 is within 1.3e-6 of itself in f64, and another GELU would be 1e-4 off.
RELATIVE = 2e-5
# Gradients that are zero in exact arithmetic (attention does not see a bias of its keys), beside the largest of all.
ZERO = 1e-6

work, case = pathlib.Path(sys.argv[1]), TEST / "golden/vision" / sys.argv[2]
module = work / "tower.mlir"
subprocess.run(["mmc-import", f"--model={case}/model", "-o", module], check=True)
text = module.read_text()
signature = re.search(r"func.func @hidden_states\(%pixels: (\S+) .*?\)\s*-> \((.*?)\)\s*attributes", text, re.S)
pixels, states = signature[1], re.findall(r"tensor<[^>]*>", signature[2])
state = states[-2]
text += f"""
func.func @loss(%pixels: {pixels} {{mmc.name = "pixel_values"}}, %cotangent: {state} {{mmc.name = "cotangent"}})
    -> (tensor<f32> {{mmc.name = "loss_sum"}}, tensor<i32> {{mmc.name = "label_count"}}) {{
  %s:{len(states)} = call @hidden_states(%pixels) : ({pixels}) -> ({", ".join(states)})
  %sum = mmc.inner_product %s#{len(states) - 2}, %cotangent : {state}, {state}
  %count = mmc.dim_size %pixels axis(0) : {pixels}
  return %sum, %count : tensor<f32>, tensor<i32>
}}
"""
module.write_text(text)
adapter = [f"--adapter={case}/adapter"] if (case / "adapter").exists() else ["--train=all"]
subprocess.run(["mmc-run", module, "--entry=gradients", f"--weights={case}/model", f"--inputs={case}/inputs.safetensors",
                f"--outputs={work}/got.safetensors", "--dtype=f32", *adapter], check=True)

about = json.loads((case / "case.json").read_text())
got = check_goldens.tensors(work / "got.safetensors")
expected = {name: tensor for name, tensor in check_goldens.tensors(case / "expected.safetensors").items() if name.startswith("grad:")}
largest = max(abs(x) for tensor in expected.values() for x in tensor)
vanishing = {"grad:" + name for name in about["zero_gradient"]}
bad = [f"{name} is missing" for name in expected.keys() - got.keys()]
for name, tensor in got.items():
    if not name.startswith("grad:"):
        continue
    if name in expected and name not in vanishing:
        worst = check_goldens.error(tensor, expected[name])
        if not worst <= RELATIVE:
            bad.append(f"{name}: relative error {worst}")
    # What the objective does not read has no gradient: zeros, to the last bit.
    elif not max(abs(x) for x in tensor) <= (ZERO * largest if name in vanishing else 0):
        bad.append(f"{name} must vanish, got: {max(abs(x) for x in tensor)}")
if bad or not expected:
    sys.exit("\n".join(bad or ["the case has no gradients"]))
print(f"{len(expected)} gradients agree")

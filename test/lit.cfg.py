# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How lit runs the tests of the command-line tools: RUN lines with mmc's tools and LLVM's by their names.

import os
import shutil

import lit.formats

config.name = "mmc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "golden"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.mmc_test_build

config.environment["PATH"] = os.pathsep.join(
    [config.mmc_tools, config.llvm_tools, os.environ.get("PATH", "")]
)
config.substitutions.append(("%models", os.path.join(config.mmc_source, "models")))
config.substitutions.append(("%golden", os.path.join(config.test_source_root, "golden")))

# NVIDIA's assembler, which checks the PTX that target=cuda writes.
if shutil.which("ptxas", path=config.environment["PATH"]):
    config.available_features.add("ptxas")

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How lit runs the tests of the command-line tools: RUN lines with mmc's tools and LLVM's by their names.

import glob
import os
import shutil
import sys

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

# Where libomp registers itself.
if os.access("/dev/shm", os.W_OK):
    config.available_features.add("shared-memory")

# NVIDIA's assembler, which checks the PTX that target=cuda writes.
if shutil.which("ptxas", path=config.environment["PATH"]):
    config.available_features.add("ptxas")

# cuda.h, where there is one: the emulated driver's declarations are compared with it.
def find_cuda_include():
    candidates = [os.environ.get("CUDA_HOME"), "/usr/local/cuda"]
    nvcc = shutil.which("nvcc", path=config.environment["PATH"])
    if nvcc:
        candidates.append(os.path.dirname(os.path.dirname(os.path.realpath(nvcc))))
    candidates += sorted(glob.glob("/usr/local/cuda-*"), reverse=True)
    for candidate in candidates:
        if candidate and os.path.exists(os.path.join(candidate, "include", "cuda.h")):
            return os.path.join(candidate, "include")
    return None


cuda_include = find_cuda_include()
if cuda_include:
    config.available_features.add("cuda-headers")
    config.substitutions.append(("%cuda_include", cuda_include))
# The emulator's instruction tests, which write down what they run: built by `ninja`, not by `check-lit`.
instruction_tests = os.path.join(config.mmc_test_build, "Unit", "EmulatorInstructionTest")
if os.path.exists(instruction_tests):
    config.available_features.add("instruction-tests")
    config.substitutions.append(("%instruction_tests", instruction_tests))
config.substitutions.append(("%include", os.path.join(config.mmc_source, "include")))
config.substitutions.append(("%libraries", config.mmc_libraries))
config.substitutions.append(("%python", sys.executable))

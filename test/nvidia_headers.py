#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the CMake settings for NVIDIA's headers in this Python's environment.

They come with the packages nvidia-cublas (or nvidia-cublas-cu12) and nvidia-nccl-cu13 (or -cu12):

    cmake --preset default $(python3 test/nvidia_headers.py)
"""

import importlib.util
import pathlib

HEADERS = {"MMC_CUBLAS_INCLUDE_DIR": "cublasLt.h", "MMC_NCCL_INCLUDE_DIR": "nccl.h"}


def main() -> None:
    package = importlib.util.find_spec("nvidia")
    folders = [pathlib.Path(folder) for folder in package.submodule_search_locations] if package else []
    for setting, header in HEADERS.items():
        found = [path for folder in folders for path in sorted(folder.glob(f"*/include/{header}"))]
        if found:
            print(f"-D{setting}={found[0].parent}")


if __name__ == "__main__":
    main()

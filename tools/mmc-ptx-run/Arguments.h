// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arguments of a kernel as mmc-ptx-run's command line has them.

#ifndef MMC_TOOLS_PTXRUN_ARGUMENTS_H
#define MMC_TOOLS_PTXRUN_ARGUMENTS_H

#include "mmc/Runtime/Core/Safetensors.h"
#include "mmc/Runtime/Emulator/Device.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mmc::ptxrun {

/// "X[,Y[,Z]]", each at least 1. BadUsage otherwise; `flag` is for the message.
StatusOr<emulator::Dim3> parseDims(const std::string &text, const char *flag);

/// What is passed, and the buffers behind it.
struct Arguments {
  std::vector<std::vector<uint8_t>> values; ///< one per parameter
  /// Device address and content of each tensor that is an argument, by name.
  struct Buffer {
    uint64_t address = 0;
    DType dtype = DType::F32;
    Shape shape;
  };
  std::map<std::string, Buffer> buffers;

  std::vector<const void *> pointers() const;
};

/// Reads `buffer:TENSOR`, `scratch:BYTES`, `null`, `i8:V` … `f64:V`, `bytes:HEX`, puts tensors of
/// the file into the device's memory, and checks every size against the kernel's parameters.
/// BadUsage for what is not an argument, BadInput for a tensor that is not there or a size that
/// does not fit.
StatusOr<Arguments> readArguments(const std::vector<std::string> &texts,
                                  const std::optional<SafetensorsFile> &inputs,
                                  const emulator::Kernel &kernel, emulator::DeviceMemory &memory);

/// Copies the buffers back and writes them to a file.
Status writeBuffers(const Arguments &arguments, const emulator::DeviceMemory &memory,
                    const std::string &path);

} // namespace mmc::ptxrun

#endif // MMC_TOOLS_PTXRUN_ARGUMENTS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes a safetensors file to a path, or to standard output by way of a temporary file.

#include "TensorFile.h"

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Safetensors.h"

#include <cstdlib>
#include <filesystem>

namespace mmc::data {

static Status copyToStandardOutput(const std::string &path) {
  MMC_ASSIGN_OR_RETURN(std::string bytes, readFile(path));
  return writeStandardOutput(bytes);
}

Status writeTensors(const TensorMap &tensors, const std::string &path) {
  std::vector<NamedTensorView> views;
  for (const auto &[name, tensor] : tensors)
    views.emplace_back(name, tensor.view());
  if (path != "-")
    return writeSafetensors(path, views);
  // Files are made complete or not at all, by renaming; a pipe cannot be renamed.
  std::error_code missing, ignored;
  std::filesystem::path parent = std::filesystem::temp_directory_path(missing);
  if (missing)
    parent = "/tmp"; // TMPDIR is not a directory
  std::string directory = (parent / "mmc-data-XXXXXX").string();
  if (!mkdtemp(directory.data()))
    return errnoStatus("create a directory in", parent.string());
  std::string file = directory + "/out.safetensors";
  Status status = writeSafetensors(file, views);
  if (status.isOk())
    status = copyToStandardOutput(file);
  std::filesystem::remove_all(directory, ignored);
  return status;
}

} // namespace mmc::data

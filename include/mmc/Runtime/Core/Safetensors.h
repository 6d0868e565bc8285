// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading (memory-mapped) and writing safetensors files: 8-byte little-endian header length, JSON
// header, tensor bytes. Format: https://huggingface.co/docs/safetensors.

#ifndef MMC_RUNTIME_CORE_SAFETENSORS_H
#define MMC_RUNTIME_CORE_SAFETENSORS_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mmc {

using NamedTensorView = std::pair<std::string, TensorView>;
using SafetensorsMetadata = std::map<std::string, std::string>;

/// A safetensors file, mapped and not read: opening costs the header only, whatever the size.
/// Views stay valid as long as any copy of the SafetensorsFile they came from. The file must not be
/// truncated while it is mapped.
class SafetensorsFile {
public:
  /// Checks the whole header: lengths, JSON, dtype names, that each tensor's size is that of its
  /// shape and dtype, and that the tensors cover the data exactly, without overlap or gap. Io if
  /// the file cannot be read, else BadInput.
  static StatusOr<SafetensorsFile> open(const std::string &path);

  const std::string &path() const;
  /// In the order in which their data lies in the file.
  const std::vector<std::string> &names() const;
  const SafetensorsMetadata &metadata() const;
  bool contains(std::string_view name) const;
  /// The tensor, aligned to its element size: data that lies unaligned in the file is copied on its
  /// first use. Nothing if there is none of that name or its dtype is foreign (see foreignDType).
  /// Safe to call from several threads.
  std::optional<TensorView> find(std::string_view name) const;
  /// The dtype's name if `name` is a tensor of a type that safetensors has and mmc does not
  /// ("F8_E4M3", "U32", …); such a tensor does no harm until it is wanted.
  std::optional<std::string> foreignDType(std::string_view name) const;

private:
  struct Content;
  explicit SafetensorsFile(std::shared_ptr<Content> content) : content(std::move(content)) {}
  std::shared_ptr<Content> content;
};

/// The parameters of one or several `--weights` arguments.
class Weights {
public:
  /// Each argument is a safetensors file, or a directory with model.safetensors or
  /// model.safetensors.index.json (whose weight_map says in which shard a tensor lies). The later
  /// argument wins per name.
  static StatusOr<Weights> open(const std::vector<std::string> &arguments);

  std::optional<TensorView> find(std::string_view name) const;
  /// As SafetensorsFile::foreignDType.
  std::optional<std::string> foreignDType(std::string_view name) const;
  /// Path of the file that holds `name`, for messages; empty if there is none.
  std::string fileOf(std::string_view name) const;
  /// All names, sorted.
  std::vector<std::string> names() const;

private:
  Status addFile(const std::string &path);
  Status addIndex(const std::string &directory, const std::string &index);
  std::map<std::string, SafetensorsFile, std::less<>> owners;
};

/// Writes the tensors to `path`, which is complete or absent (or what it was before) at any time.
/// The bytes depend on the content only, not on the order given: wide element types come first and
/// names are sorted within a type, which keeps all data aligned. BadInput on a name given twice,
/// not UTF-8 or reserved; Io on a full disk or an unwritable directory.
Status writeSafetensors(const std::string &path, const std::vector<NamedTensorView> &tensors,
                        const SafetensorsMetadata &metadata = {});

} // namespace mmc

#endif // MMC_RUNTIME_CORE_SAFETENSORS_H

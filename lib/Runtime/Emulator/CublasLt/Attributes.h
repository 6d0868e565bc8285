// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attributes of descriptors: where each lies, and getting and setting them by number.

#ifndef MMC_EMULATOR_CUBLASLT_ATTRIBUTES_H
#define MMC_EMULATOR_CUBLASLT_ATTRIBUTES_H

#include "Log.h"

#include <cstring>
#include <initializer_list>

namespace mmc::emulator::cublaslt {

struct Attribute {
  int number;
  size_t offset, bytes;
};
#define MMC_LT_ATTRIBUTE(number, Struct, field) {number, offsetof(Struct, field), sizeof(Struct::field)}

struct AttributeTable {
  std::initializer_list<Attribute> attributes;
  /// Up to this number the library has attributes that the emulator does not.
  int lastKnown;

  const Attribute *find(int number) const {
    for (const Attribute &attribute : attributes)
      if (attribute.number == number)
        return &attribute;
    return nullptr;
  }
};

/// cublasLt…SetAttribute: InvalidValue unless the size is the attribute's own, as NVIDIA documents it.
inline cublasStatus_t setAttribute(const char *function, const AttributeTable &table, void *descriptor, int number,
                                   const void *buffer, size_t bytes) {
  if (!descriptor || !buffer)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, function, "the descriptor or the buffer is null or no descriptor");
  const Attribute *attribute = table.find(number);
  if (!attribute)
    return refuse(number >= 0 && number <= table.lastKnown ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_INVALID_VALUE,
                  function, "the emulator has no attribute " + std::to_string(number));
  if (bytes != attribute->bytes)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, function,
                  "the size of attribute " + std::to_string(number) + ", got: " + std::to_string(bytes) +
                      " != " + std::to_string(attribute->bytes));
  std::memcpy(static_cast<char *>(descriptor) + attribute->offset, buffer, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

/// cublasLt…GetAttribute: with size 0, only how large the attribute is.
inline cublasStatus_t getAttribute(const char *function, const AttributeTable &table, const void *descriptor,
                                   int number, void *buffer, size_t bytes, size_t *written) {
  if (!descriptor || (bytes == 0 ? !written : !buffer))
    return refuse(CUBLAS_STATUS_INVALID_VALUE, function, "the descriptor, the buffer or sizeWritten is null");
  const Attribute *attribute = table.find(number);
  if (!attribute)
    return refuse(number >= 0 && number <= table.lastKnown ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_INVALID_VALUE,
                  function, "the emulator has no attribute " + std::to_string(number));
  if (bytes != 0 && bytes != attribute->bytes)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, function,
                  "the size of attribute " + std::to_string(number) + ", got: " + std::to_string(bytes) +
                      " != " + std::to_string(attribute->bytes));
  if (bytes != 0)
    std::memcpy(buffer, static_cast<const char *>(descriptor) + attribute->offset, bytes);
  if (written)
    *written = attribute->bytes;
  return CUBLAS_STATUS_SUCCESS;
}

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_ATTRIBUTES_H

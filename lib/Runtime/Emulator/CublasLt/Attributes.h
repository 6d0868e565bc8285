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
#define MMC_LT_ATTRIBUTE(number, Struct, field)                                                    \
  {number, offsetof(Struct, field), sizeof(Struct::field)}

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

/// The attribute of this number; null, and why in `status`, when there is none or it has not
/// `bytes` bytes, as NVIDIA documents them.
inline const Attribute *findAttribute(const char *function, const AttributeTable &table, int number,
                                      size_t bytes, cublasStatus_t &status) {
  const Attribute *attribute = table.find(number);
  status = CUBLAS_STATUS_SUCCESS;
  if (!attribute)
    status = refuse(number >= 0 && number <= table.lastKnown ? CUBLAS_STATUS_NOT_SUPPORTED
                                                             : CUBLAS_STATUS_INVALID_VALUE,
                    function, "the emulator has no attribute " + std::to_string(number));
  else if (bytes != attribute->bytes)
    status = refuse(CUBLAS_STATUS_INVALID_VALUE, function,
                    "the size of attribute " + std::to_string(number) + ", got: " +
                        std::to_string(bytes) + " != " + std::to_string(attribute->bytes));
  return status == CUBLAS_STATUS_SUCCESS ? attribute : nullptr;
}

/// cublasLt…SetAttribute.
inline cublasStatus_t setAttribute(const char *function, const AttributeTable &table,
                                   void *descriptor, int number, const void *buffer, size_t bytes) {
  if (!descriptor || !buffer)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, function,
                  "the descriptor or the buffer is null or no descriptor");
  cublasStatus_t status;
  if (const Attribute *attribute = findAttribute(function, table, number, bytes, status))
    std::memcpy(static_cast<char *>(descriptor) + attribute->offset, buffer, bytes);
  return status;
}

/// cublasLt…GetAttribute: with size 0, only how large the attribute is.
inline cublasStatus_t getAttribute(const char *function, const AttributeTable &table,
                                   const void *descriptor, int number, void *buffer, size_t bytes,
                                   size_t *written) {
  if (!descriptor || (bytes == 0 ? !written : !buffer))
    return refuse(CUBLAS_STATUS_INVALID_VALUE, function,
                  "the descriptor, the buffer or sizeWritten is null");
  const Attribute *asked = table.find(number);
  cublasStatus_t status;
  const Attribute *attribute =
      findAttribute(function, table, number, bytes == 0 && asked ? asked->bytes : bytes, status);
  if (!attribute)
    return status;
  if (bytes != 0)
    std::memcpy(buffer, static_cast<const char *>(descriptor) + attribute->offset, bytes);
  if (written)
    *written = attribute->bytes;
  return status;
}

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_ATTRIBUTES_H

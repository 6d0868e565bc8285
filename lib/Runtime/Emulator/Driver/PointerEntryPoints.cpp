// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuPointerGetAttribute: what is known of an address.

#include "Allocations.h"
#include "EntryPoint.h"
#include "Modules.h"

using namespace mmc::emulator::driver;

/// The allocation, or the variable of a module, that contains the address.
static std::optional<Allocated> findKnown(uint64_t address) {
  if (auto found = findAllocated(address))
    return found;
  for (const auto &[handle, module] : moduleTable().all())
    for (const auto &variable : module->module->variables())
      if (address >= variable.address && address - variable.address < variable.bytes) {
        Allocated allocated;
        allocated.context = module->context;
        allocated.address = variable.address;
        allocated.bytes = variable.bytes;
        return allocated;
      }
  return std::nullopt;
}

template <typename T>
static CUresult give(void *data, T value) {
  *static_cast<T *>(data) = value;
  return CUDA_SUCCESS;
}

static CUresult attributeOf(void *data, CUpointer_attribute attribute, const Allocated &known,
                            CUdeviceptr address) {
  switch (attribute) {
  case CU_POINTER_ATTRIBUTE_CONTEXT:
    return give(data, known.context->handle);
  case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
    return give(data, known.isHost ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE);
  case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    return give(data, address);
  case CU_POINTER_ATTRIBUTE_HOST_POINTER:
    return known.isHost ? give(data, reinterpret_cast<void *>(address)) : CUDA_ERROR_INVALID_VALUE;
  case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    return give<unsigned long long>(data, known.id);
  case CU_POINTER_ATTRIBUTE_IS_MANAGED:
    return give<unsigned>(data, 0);
  case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    return give(data, deviceOf(*known.context));
  case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    return give<CUdeviceptr>(data, known.address);
  case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    return give<size_t>(data, known.bytes);
  case CU_POINTER_ATTRIBUTE_MAPPED:
    return give<unsigned>(data, 1);
  }
  return CUDA_ERROR_NOT_SUPPORTED;
}

MMC_EXPORT CUresult cuPointerGetAttribute(void *data, CUpointer_attribute attribute,
                                          CUdeviceptr address) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(data, CUDA_ERROR_INVALID_VALUE);
  auto known = findKnown(address);
  MMC_REQUIRE(known, CUDA_ERROR_INVALID_VALUE);
  return attributeOf(data, attribute, *known, address);
}

MMC_EXPORT CUresult cuPointerGetAttributes(unsigned int count, CUpointer_attribute *attributes,
                                           void **data, CUdeviceptr address) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(attributes && data && count, CUDA_ERROR_INVALID_VALUE);
  auto known = findKnown(address);
  for (unsigned i = 0; i < count; ++i) {
    MMC_REQUIRE(data[i], CUDA_ERROR_INVALID_VALUE);
    // Of memory that the driver does not know there is nothing to say, which is no error here.
    if (known)
      (void)attributeOf(data[i], attributes[i], *known, address);
    else if (attributes[i] == CU_POINTER_ATTRIBUTE_MEMORY_TYPE ||
             attributes[i] == CU_POINTER_ATTRIBUTE_IS_MANAGED)
      (void)give<unsigned>(data[i], 0);
    else if (attributes[i] == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL)
      (void)give<int>(data[i], -2);
  }
  return CUDA_SUCCESS;
}

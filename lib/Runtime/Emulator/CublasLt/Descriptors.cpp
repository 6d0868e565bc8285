// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layouts, matmul descriptors and preferences: made, changed, asked and destroyed.

#include "Descriptors.h"

#include "Attributes.h"

#include <map>
#include <mutex>
#include <new>

namespace mmc::emulator::cublaslt {
namespace {

const AttributeTable layoutAttributes{
    {
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_TYPE, MatrixLayout, type),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_ORDER, MatrixLayout, order),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_ROWS, MatrixLayout, rows),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_COLS, MatrixLayout, cols),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_LD, MatrixLayout, ld),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, MatrixLayout, batchCount),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, MatrixLayout, batchStride),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_PLANE_OFFSET, MatrixLayout, planeOffset),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATRIX_LAYOUT_BATCH_MODE, MatrixLayout, batchMode),
    },
    13};

const AttributeTable descAttributes{
    {
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, MatmulDesc, computeType),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_SCALE_TYPE, MatmulDesc, scaleType),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_POINTER_MODE, MatmulDesc, pointerMode),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_TRANSA, MatmulDesc, transA),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_TRANSB, MatmulDesc, transB),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_TRANSC, MatmulDesc, transC),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_FILL_MODE, MatmulDesc, fillMode),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_EPILOGUE, MatmulDesc, epilogue),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_BIAS_POINTER, MatmulDesc, bias),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, MatmulDesc, biasBatchStride),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, MatmulDesc, aux),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, MatmulDesc, auxLd),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, MatmulDesc,
                         auxBatchStride),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_ALPHA_VECTOR_BATCH_STRIDE, MatmulDesc,
                         alphaBatchStride),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET, MatmulDesc, smCountTarget),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, MatmulDesc, aScale),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, MatmulDesc, bScale),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_C_SCALE_POINTER, MatmulDesc, cScale),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_D_SCALE_POINTER, MatmulDesc, dScale),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_AMAX_D_POINTER, MatmulDesc, amaxD),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_DATA_TYPE, MatmulDesc, auxType),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_SCALE_POINTER, MatmulDesc, auxScale),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_AMAX_POINTER, MatmulDesc, auxAmax),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_FAST_ACCUM, MatmulDesc, fastAccumulation),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, MatmulDesc, biasType),
    },
    41};

const AttributeTable preferenceAttributes{
    {
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_SEARCH_MODE, MatmulPreference, searchMode),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, MatmulPreference,
                         maxWorkspaceBytes),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, MatmulPreference,
                         reductionSchemeMask),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, MatmulPreference,
                         minAlignment[0]),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, MatmulPreference,
                         minAlignment[1]),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, MatmulPreference,
                         minAlignment[2]),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, MatmulPreference,
                         minAlignment[3]),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_MAX_WAVES_COUNT, MatmulPreference, maxWavesCount),
        MMC_LT_ATTRIBUTE(CUBLASLT_MATMUL_PREF_IMPL_MASK, MatmulPreference, implMask),
    },
    15};

template <typename T, typename Handle>
T *mutableDescriptor(Handle handle) {
  return const_cast<T *>(descriptorOf<T>(handle));
}

/// The descriptors that create() made, and of which kind each is: destroy() frees no other memory.
struct Created {
  std::mutex mutex;
  std::map<const void *, uint32_t> magics;
};
/// Never destroyed: calls may come as the process ends.
Created &created() {
  static auto *all = new Created;
  return *all;
}
void remember(const void *descriptor, uint32_t magic) {
  std::lock_guard<std::mutex> lock(created().mutex);
  created().magics[descriptor] = magic;
}
/// Whether it was there.
bool forget(const void *descriptor, uint32_t magic) {
  std::lock_guard<std::mutex> lock(created().mutex);
  auto found = created().magics.find(descriptor);
  if (found == created().magics.end() || found->second != magic)
    return false;
  created().magics.erase(found);
  return true;
}

/// Writes a descriptor into the user's or our own memory.
template <typename T>
cublasStatus_t initialize(const char *function, void *memory, size_t size, const T &value) {
  if (!memory)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, function, "the descriptor is null");
  if (size < sizeof(T))
    return refuse(CUBLAS_STATUS_ALLOC_FAILED, function,
                  "the descriptor's memory, got: " + std::to_string(size) + " < " +
                      std::to_string(sizeof(T)) + " bytes");
  std::memset(memory, 0, size);
  std::memcpy(memory, &value, sizeof(T));
  return CUBLAS_STATUS_SUCCESS;
}

template <typename Opaque, typename T>
cublasStatus_t create(const char *function, Opaque **handle, const T &value) {
  if (!handle)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, function, "the place for the descriptor is null");
  *handle = new (std::nothrow) Opaque;
  if (!*handle)
    return CUBLAS_STATUS_ALLOC_FAILED;
  remember(*handle, T::expectedMagic);
  return initialize(function, *handle, sizeof(Opaque), value);
}

template <typename T, typename Opaque>
cublasStatus_t destroy(const char *function, Opaque *handle) {
  // Null is freed by the library without complaint.
  if (!handle)
    return CUBLAS_STATUS_SUCCESS;
  if (!forget(handle, T::expectedMagic))
    return refuse(
        CUBLAS_STATUS_INVALID_VALUE, function,
        "the descriptor is none that the library has made, of another kind, or destroyed before");
  mutableDescriptor<T>(handle)->magic = 0;
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

MatrixLayout layoutWith(cudaDataType type, uint64_t rows, uint64_t cols, int64_t ld) {
  MatrixLayout layout;
  layout.type = type;
  layout.rows = rows;
  layout.cols = cols;
  layout.ld = ld;
  return layout;
}

MatmulDesc descWith(cublasComputeType_t computeType, cudaDataType scaleType) {
  MatmulDesc desc;
  desc.computeType = computeType;
  desc.scaleType = scaleType;
  return desc;
}

} // namespace
} // namespace mmc::emulator::cublaslt

using namespace mmc::emulator::cublaslt;

extern "C" {

cublasStatus_t cublasLtMatrixLayoutInit_internal(cublasLtMatrixLayout_t layout, size_t size,
                                                 cudaDataType type, uint64_t rows, uint64_t cols,
                                                 int64_t ld) {
  return initialize(__func__, layout, size, layoutWith(type, rows, cols, ld));
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type,
                                          uint64_t rows, uint64_t cols, int64_t ld) {
  return create(__func__, layout, layoutWith(type, rows, cols, ld));
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  return destroy<MatrixLayout>(__func__, layout);
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute,
                                                const void *buffer, size_t sizeInBytes) {
  return setAttribute(__func__, layoutAttributes, mutableDescriptor<MatrixLayout>(layout),
                      attribute, buffer, sizeInBytes);
}
cublasStatus_t cublasLtMatrixLayoutGetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute,
                                                void *buffer, size_t sizeInBytes,
                                                size_t *sizeWritten) {
  return getAttribute(__func__, layoutAttributes, descriptorOf<MatrixLayout>(layout), attribute,
                      buffer, sizeInBytes, sizeWritten);
}

cublasStatus_t cublasLtMatmulDescInit_internal(cublasLtMatmulDesc_t descriptor, size_t size,
                                               cublasComputeType_t computeType,
                                               cudaDataType scaleType) {
  return initialize(__func__, descriptor, size, descWith(computeType, scaleType));
}
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *descriptor,
                                        cublasComputeType_t computeType, cudaDataType scaleType) {
  return create(__func__, descriptor, descWith(computeType, scaleType));
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t descriptor) {
  return destroy<MatmulDesc>(__func__, descriptor);
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t descriptor,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void *buffer, size_t sizeInBytes) {
  return setAttribute(__func__, descAttributes, mutableDescriptor<MatmulDesc>(descriptor),
                      attribute, buffer, sizeInBytes);
}
cublasStatus_t cublasLtMatmulDescGetAttribute(cublasLtMatmulDesc_t descriptor,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              void *buffer, size_t sizeInBytes,
                                              size_t *sizeWritten) {
  return getAttribute(__func__, descAttributes, descriptorOf<MatmulDesc>(descriptor), attribute,
                      buffer, sizeInBytes, sizeWritten);
}

cublasStatus_t cublasLtMatmulPreferenceInit_internal(cublasLtMatmulPreference_t preference,
                                                     size_t size) {
  return initialize(__func__, preference, size, MatmulPreference());
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
  return create(__func__, preference, MatmulPreference());
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  return destroy<MatmulPreference>(__func__, preference);
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void *buffer, size_t sizeInBytes) {
  return setAttribute(__func__, preferenceAttributes,
                      mutableDescriptor<MatmulPreference>(preference), attribute, buffer,
                      sizeInBytes);
}
cublasStatus_t cublasLtMatmulPreferenceGetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    void *buffer, size_t sizeInBytes,
                                                    size_t *sizeWritten) {
  return getAttribute(__func__, preferenceAttributes, descriptorOf<MatmulPreference>(preference),
                      attribute, buffer, sizeInBytes, sizeWritten);
}
}

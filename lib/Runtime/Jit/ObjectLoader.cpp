// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ObjectLoader.h"

#include "mmc/Runtime/Device/Abi.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

using namespace mmc;

static Status toStatus(llvm::Error error) {
  return Status::internal("cannot load compiled code: " + llvm::toString(std::move(error)));
}

ObjectLoader::ObjectLoader(std::unique_ptr<llvm::orc::LLJIT> jit) : jit(std::move(jit)) {}
ObjectLoader::ObjectLoader(ObjectLoader &&) = default;
ObjectLoader &ObjectLoader::operator=(ObjectLoader &&) = default;
ObjectLoader::~ObjectLoader() = default;

StatusOr<ObjectLoader> ObjectLoader::link(const std::vector<std::string> &objects) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return toStatus(jit.takeError());
  llvm::orc::JITDylib &main = (*jit)->getMainJITDylib();
  auto launch = llvm::orc::ExecutorSymbolDef(
      llvm::orc::ExecutorAddr::fromPtr(&mmc_rt_kernel_launch), llvm::JITSymbolFlags::Exported);
  if (llvm::Error error = main.define(
          llvm::orc::absoluteSymbols({{(*jit)->mangleAndIntern("mmc_rt_kernel_launch"), launch}})))
    return toStatus(std::move(error));
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return toStatus(process.takeError());
  main.addGenerator(std::move(*process));
  for (const std::string &object : objects)
    if (llvm::Error error =
            (*jit)->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(object, "mmc")))
      return toStatus(std::move(error));
  return ObjectLoader(std::move(*jit));
}

StatusOr<void *> ObjectLoader::find(const std::string &function) const {
  llvm::Expected<llvm::orc::ExecutorAddr> address = jit->lookup(function);
  if (!address)
    return toStatus(address.takeError());
  return address->toPtr<void *>();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "CodeCache.h"

#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

#include <cstddef>
#include <cstring>

using namespace mmc;

namespace {
/// Begins every file; the checksum is of all of it, with zero in its own place.
struct Header {
  char magic[8];
  uint64_t infoBytes, objects;
  uint32_t crc32c, unused;
};
} // namespace

static constexpr char kMagic[8] = {'m', 'm', 'c', 'c', 'o', 'd', 'e', '2'};

static std::string userCacheDirectory() {
  llvm::SmallString<128> path;
  if (!llvm::sys::path::cache_directory(path))
    return "";
  llvm::sys::path::append(path, "mmc");
  return std::string(path);
}

/// Size and time of this executable: a new build compiles differently.
static std::string buildOf() {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status("/proc/self/exe", status))
    return "";
  return std::to_string(status.getSize()) + "@" +
         std::to_string(status.getLastModificationTime().time_since_epoch().count());
}

static std::string keyOf(const CompileRequest &request, const std::string &modelText,
                         const CpuTarget &target) {
  std::string text;
  llvm::raw_string_ostream out(text);
  // Strings are written with their lengths, so that no two requests share a text.
  auto add = [&](llvm::StringRef part) { out << part.size() << ':' << part << '\n'; };
  add(MMC_VERSION);
  add(LLVM_VERSION_STRING);
  add(buildOf());
  add(modelText);
  for (const std::string &entry : request.entries)
    add(entry);
  for (const auto &[name, shape] : request.shapes) {
    add(name);
    add(toString(shape));
  }
  for (const auto &[name, shape] : request.fileShapes) {
    add(name);
    add(toString(shape));
  }
  out << request.batch << ' ' << request.seqLen << ' ' << request.images << ' ' << request.inPlace
      << '\n';
  add(nameOf(request.dtype));
  add(request.adapter);
  add(request.train);
  const UpdateSettings &update = request.update;
  out << llvm::format("%a %a %a %a\n", update.beta1, update.beta2, update.eps, update.weightDecay);
  for (const std::string &scale : update.lrScales)
    add(scale);
  add(target.recipe);
  add(target.cpu);
  add(target.features);
  llvm::SHA256 hash;
  hash.update(text);
  return llvm::toHex(hash.final(), /*LowerCase=*/true).substr(0, 40);
}

CodeCache::CodeCache(const CompileRequest &request, const std::string &modelText,
                     const CpuTarget &target) {
  std::string directory = request.cacheDir.empty() ? userCacheDirectory() : request.cacheDir;
  // Dumps are written by compiling, so a request for them compiles.
  if (directory.empty() || directory == "none" || !request.dumpDir.empty())
    return;
  if (llvm::sys::fs::create_directories(directory))
    return;
  path = directory + "/" + keyOf(request, modelText, target) + ".mmc";
}

std::optional<CompiledModule> CodeCache::load() const {
  if (path.empty() || !llvm::sys::fs::exists(path))
    return std::nullopt;
  StatusOr<std::string> text = readFile(path);
  Header header;
  if (!text.isOk() || text->size() < sizeof(header))
    return std::nullopt;
  std::memcpy(&header, text->data(), sizeof(header));
  std::memset(text->data() + offsetof(Header, crc32c), 0, sizeof(header.crc32c));
  llvm::StringRef rest = llvm::StringRef(*text).drop_front(sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0 || header.infoBytes > rest.size() ||
      header.crc32c != crc32c(text->data(), text->size()))
    return std::nullopt;
  std::optional<ModuleInfo> info = parseModuleInfo(rest.take_front(header.infoBytes).str());
  rest = rest.drop_front(header.infoBytes);
  if (!info)
    return std::nullopt;
  CompiledModule module{std::move(*info), {}};
  // Each object after its size.
  for (uint64_t i = 0, bytes; i < header.objects; ++i) {
    if (rest.size() < sizeof(bytes))
      return std::nullopt;
    std::memcpy(&bytes, rest.data(), sizeof(bytes));
    rest = rest.drop_front(sizeof(bytes));
    if (bytes > rest.size())
      return std::nullopt;
    module.objects.push_back(rest.take_front(bytes).str());
    rest = rest.drop_front(bytes);
  }
  return module;
}

void CodeCache::store(const CompiledModule &module) const {
  if (path.empty())
    return;
  std::string body = toJson(module.info);
  Header header = {{}, body.size(), module.objects.size(), 0, 0};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  for (const std::string &object : module.objects) {
    uint64_t bytes = object.size();
    body.append(reinterpret_cast<const char *>(&bytes), sizeof(bytes));
    body += object;
  }
  std::string text(reinterpret_cast<const char *>(&header), sizeof(header));
  text += body;
  header.crc32c = crc32c(text.data(), text.size());
  text.replace(0, sizeof(header), reinterpret_cast<const char *>(&header), sizeof(header));
  (void)writeFile(path, text);
}

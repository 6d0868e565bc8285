// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Handles that the driver gives out.

#ifndef MMC_EMULATOR_DRIVER_HANDLETABLE_H
#define MMC_EMULATOR_DRIVER_HANDLETABLE_H

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace mmc::emulator::driver {

/// A number that is nobody's address, and that no handle of any table has had.
uint64_t newHandle();

/// Objects of type T by the handles of type H (a pointer to an incomplete type). A handle is never
/// used twice, so one that was destroyed is always recognised. Objects live while somebody holds
/// them. From any thread.
template <typename H, typename T>
class HandleTable {
public:
  H add(std::shared_ptr<T> object) {
    std::lock_guard<std::mutex> lock(mutex);
    H handle = reinterpret_cast<H>(newHandle());
    objects.emplace(handle, std::move(object));
    return handle;
  }
  /// Null for what is no live handle of this table.
  std::shared_ptr<T> find(H handle) const {
    std::lock_guard<std::mutex> lock(mutex);
    auto found = objects.find(handle);
    return found == objects.end() ? nullptr : found->second;
  }
  /// Ends the handle. Null for what is no live handle.
  std::shared_ptr<T> take(H handle) {
    std::lock_guard<std::mutex> lock(mutex);
    auto found = objects.find(handle);
    if (found == objects.end())
      return nullptr;
    std::shared_ptr<T> object = std::move(found->second);
    objects.erase(found);
    return object;
  }
  std::vector<std::pair<H, std::shared_ptr<T>>> all() const {
    std::lock_guard<std::mutex> lock(mutex);
    return {objects.begin(), objects.end()};
  }

private:
  mutable std::mutex mutex;
  std::map<H, std::shared_ptr<T>> objects;
};

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_HANDLETABLE_H

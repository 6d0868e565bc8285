// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Working memory that const members need: lent to one caller at a time and kept for the next.

#ifndef MMC_LIB_RUNTIME_DATA_SCRATCHPOOL_H
#define MMC_LIB_RUNTIME_DATA_SCRATCHPOOL_H

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace mmc {

/// As many objects as there were ever callers at the same time.
template <typename T>
class ScratchPool {
public:
  explicit ScratchPool(std::function<std::unique_ptr<T>()> make) : make(std::move(make)) {}

  /// Gives its object back when it goes out of scope.
  class Lease {
  public:
    Lease(ScratchPool &pool, std::unique_ptr<T> object) : pool(pool), object(std::move(object)) {}
    Lease(const Lease &) = delete;
    ~Lease() {
      if (!object)
        return;
      std::lock_guard<std::mutex> lock(pool.mutex);
      pool.idle.push_back(std::move(object));
    }
    T *get() { return object.get(); }
    T &operator*() { return *object; }
    T *operator->() { return object.get(); }

  private:
    ScratchPool &pool;
    std::unique_ptr<T> object;
  };

  Lease borrow() {
    std::unique_ptr<T> object;
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (!idle.empty()) {
        object = std::move(idle.back());
        idle.pop_back();
      }
    }
    return Lease(*this, object ? std::move(object) : make());
  }

private:
  std::function<std::unique_ptr<T>()> make;
  std::mutex mutex;
  std::vector<std::unique_ptr<T>> idle;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SCRATCHPOOL_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A system that gives no more threads.

#ifndef MMC_TEST_UNIT_DATA_WITHOUTTHREADS_H
#define MMC_TEST_UNIT_DATA_WITHOUTTHREADS_H

#include <pthread.h>

namespace mmc::test {

/// While it lives a new thread would need a stack of a PiB.
class WithoutThreads {
public:
  WithoutThreads() {
    pthread_getattr_default_np(&before);
    pthread_attr_t huge = before;
    pthread_attr_setstacksize(&huge, size_t(1) << 50);
    pthread_setattr_default_np(&huge);
  }
  ~WithoutThreads() { pthread_setattr_default_np(&before); }
  WithoutThreads(const WithoutThreads &) = delete;

private:
  pthread_attr_t before;
};

} // namespace mmc::test

#endif // MMC_TEST_UNIT_DATA_WITHOUTTHREADS_H

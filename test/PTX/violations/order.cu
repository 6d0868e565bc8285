// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels whose fault hides behind atomics, arrivals or other lanes, as violations.cu has its own. Every
// launch is of 2 blocks of 64 threads; x is 1, 2, 3, …; y is 0.

#define PAIR(name, ...)                                                                             \
  extern "C" __global__ void bad_##name(const int *x, int *y) { constexpr bool bad = true; __VA_ARGS__ }  \
  extern "C" __global__ void good_##name(const int *x, int *y) { constexpr bool bad = false; __VA_ARGS__ }
#define INDEX int t = threadIdx.x, i = blockIdx.x * blockDim.x + t; (void)t; (void)i;

// A plain access that the same thread's atomic comes over.
PAIR(order_counter_begin, INDEX __shared__ int s; if (t == 0) s = 0; if (!bad) __syncthreads(); atomicAdd(&s, 1); __syncthreads(); y[i] = s;)
PAIR(order_counter_begin_global, INDEX if (bad && i == 0) y[0] = 0; atomicAdd(&y[0], 1);)
PAIR(order_write_then_atomic, INDEX __shared__ int s; if (t == 0) s = 0; __syncthreads();
     if (t == 40) { if (bad) s = x[i]; else atomicExch(&s, x[i]); atomicAdd(&s, 1); } else if (t == 3) atomicAdd(&s, 2);
     __syncthreads(); y[i] = s;)
PAIR(order_read_then_atomic, INDEX __shared__ int s; if (t == 0) s = 0; __syncthreads(); int v = 0;
     if (t == 40) { v = bad ? s : atomicAdd(&s, 0); atomicAdd(&s, 1); } else if (t == 3) atomicAdd(&s, 2);
     y[i] = v;)

// The guess before a compare and swap may be old; one before another atomic may not.
PAIR(order_guess, INDEX int v = y[0], seen; if (bad) atomicMax(&y[0], v + x[i]);
     else do { seen = v; v = atomicCAS(&y[0], seen, seen + x[i]); } while (v != seen);)
PAIR(order_guess_shared, INDEX __shared__ int s; if (t == 0) s = 0; __syncthreads(); int v = s, seen;
     if (bad) atomicMax(&s, v + x[i]); else do { seen = v; v = atomicCAS(&s, seen, seen + x[i]); } while (v != seen);
     __syncthreads(); y[i] = s;)
PAIR(order_guess_elsewhere, int v = y[0]; atomicCAS(&y[bad ? 1 : 0], v, v + 1); if (bad) atomicAdd(&y[0], 1);)

// Atomics of different sizes.
PAIR(order_sizes, int t = threadIdx.x; if (blockIdx.x == 0) atomicAdd((unsigned long long *)y + t % 4, 1ull); else atomicAdd(y + t % 8 + (bad ? 0 : 8), 1);)
PAIR(order_sizes_shared, INDEX __shared__ unsigned long long s[4]; if (t < 4) s[t] = 0; __syncthreads();
     if (t < 32) atomicAdd(&s[t % 4], 1ull); if (!bad) __syncthreads(); if (t >= 32) atomicAdd((unsigned *)s + t % 8, 1u);
     __syncthreads(); y[i] = s[t % 4];)

// What a thread does after it has arrived at a barrier, without waiting.
PAIR(order_arrive, INDEX __shared__ int s[32];
     if (t < 32) { s[t] = x[i]; asm volatile("bar.arrive 1, 64;" ::: "memory"); if (bad) s[t] = x[i] + 1; }
     else { asm volatile("bar.sync 1, 64;" ::: "memory"); y[i] = s[t - 32]; })

// Lanes of one warp that wait for one another's lock.
PAIR(order_lanes_lock, INDEX __shared__ int lock, s; if (t == 0) lock = s = 0; __syncthreads(); bool done = t % 8 != 0;
     while (!done) if (atomicCAS(&lock, 0, 1) == 0) { s += x[i]; if (!bad) __threadfence_block(); atomicExch(&lock, 0); done = true; }
     __syncthreads(); y[i] = s;)
PAIR(order_lanes_lock_global, INDEX bool done = t % 8 != 0;
     while (!done) if (atomicCAS(&y[0], 0, 1) == 0) { y[1] += x[i]; if (!bad) __threadfence(); atomicExch(&y[0], 0); done = true; })

// A lane publishes, or learns, for the others of its warp only if it has met them between.
PAIR(order_lanes_publish, INDEX if (t < 32) {
       if (blockIdx.x == 0) { y[32 + t] = x[i]; if (!bad) __syncwarp(); if (t == 0) { __threadfence(); atomicExch(&y[0], 1); } }
       else { if (t == 0) { while (atomicAdd(&y[0], 0) == 0); __threadfence(); } __syncwarp(); y[64 + t] = y[32 + t]; } })
PAIR(order_lanes_acquire, INDEX if (t < 32) {
       if (blockIdx.x == 0) { y[32 + t] = x[i]; __syncwarp(); if (t == 0) { __threadfence(); atomicExch(&y[0], 1); } }
       else { if (t == 0) { while (atomicAdd(&y[0], 0) == 0); __threadfence(); } if (!bad) __syncwarp(); y[64 + t] = y[32 + t]; } })
PAIR(order_lanes_fence, INDEX if (t < 32) {
       if (blockIdx.x == 0) { y[32 + t] = x[i]; if (bad) __syncwarp(); __threadfence(); if (!bad) __syncwarp(); if (bad && t < 31) y[33 + t] = x[i]; if (t == 0) atomicExch(&y[0], 1); }
       else { if (t == 0) { while (atomicAdd(&y[0], 0) == 0); __threadfence(); } __syncwarp(); y[64 + t] = y[32 + t]; } })

// Threads that arrive and end are not missing.
PAIR(arrive_and_end, INDEX if (t < 32) { asm volatile("bar.sync 1, 64;" ::: "memory"); y[i] = 1; }
     else if (!bad) asm volatile("bar.arrive 1, 64;" ::: "memory");)

// Lanes that the mask does not name.
PAIR(shuffle_outside, INDEX int v = x[i]; if (t % 32 < 16) y[i] = __shfl_sync(0x0000ffffu, v, bad ? 20 : 5);)
PAIR(shuffle_outside_xor, INDEX int v = x[i]; if (t % 32 < 16) y[i] = __shfl_xor_sync(0x0000ffffu, v, bad ? 16 : 8);)
PAIR(shuffle_dropped, INDEX int v = x[i]; if (t % 32 < 16) {
       for (int o = 8; o; o /= 2) v += __shfl_down_sync(bad ? 0x0001ffffu : 0x0000ffffu, v, o); if (t % 32 == 0) y[i / 32] = v; })

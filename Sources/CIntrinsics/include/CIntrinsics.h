// What Swift has no word for: one instruction each, inlined into the caller.
#ifndef TOKLAB_INTRINSICS_H
#define TOKLAB_INTRINSICS_H

/// Asks for the cache line at an address before it is needed. Never faults.
static inline __attribute__((always_inline)) void toklab_prefetch(const void *address) {
  __builtin_prefetch(address);
}

#endif

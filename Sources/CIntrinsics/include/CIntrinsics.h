// What Swift has no word for: single instructions, and calls that its module of the C library leaves out.
#ifndef TOKLAB_INTRINSICS_H
#define TOKLAB_INTRINSICS_H

#include <stddef.h>
#include <stdint.h>

/// Asks for the cache line at an address before it is needed. Never faults.
static inline __attribute__((always_inline)) void toklab_prefetch(const void *address) {
  __builtin_prefetch(address);
}

/// Whether the processor has instructions for SHA-256.
int toklab_has_sha256(void);

/// Takes blocks of 64 bytes into a SHA-256 state (a to h) by those instructions; only where there are any.
void toklab_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t blocks, const uint32_t constants[64]);

/// Gives the allocator's free memory back to the system (glibc's malloc_trim).
void toklab_return_freed(void);

/// Remembers what a mapping is called until `toklab_forget_mapping`; the name must live as long. Returns a number for
/// that, -1 when there are too many. Any thread.
int toklab_note_mapping(const void *start, size_t size, const char *name);
void toklab_forget_mapping(int slot);

/// From now on reading such a mapping where its file has no bytes any more raises a signal in the process, and the thread
/// that reads waits for ever. `toklab_short_file` is then the name of the mapping, and null before.
void toklab_catch_short_files(int signal_to_raise);
const char *toklab_short_file(void);

#endif

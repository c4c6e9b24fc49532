// What Swift has no word for: single instructions.
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

/// Whether the processor multiplies bytes and adds up four products at once (AVX-512 VNNI).
int toklab_has_byte_products(void);

/// Inner products of `rows` rows of bytes (4 x `quads` each) with 16 x `groups` columns, by those instructions only.
/// `right` holds for each group and each four bytes those four of its 16 columns, 128 added to each byte; `offsets`
/// are 128 times the sums of the rows. `out`: row after row, each product times the scales of its row and column.
void toklab_byte_products(
    const int8_t *left, size_t rows, size_t quads, const uint8_t *right, size_t groups, const float *left_scales,
    const int32_t *offsets, const float *right_scales, float *out);

#endif

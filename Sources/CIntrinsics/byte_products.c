#include "CIntrinsics.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

int toklab_has_byte_products(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27))) return 0;
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & 0xE6) != 0xE6) return 0;  // the system keeps the wide registers
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 16)) && (c & (1u << 11));
}

// ROWS rows with WIDE groups of 16 columns: every sum stays in a register until it is whole.
#define BLOCK(ROWS, WIDE)                                                                                      \
  do {                                                                                                         \
    __m512i sums[ROWS][WIDE];                                                                                  \
    for (int r = 0; r < ROWS; r += 1)                                                                          \
      for (int w = 0; w < WIDE; w += 1) sums[r][w] = _mm512_setzero_si512();                                   \
    for (size_t quad = 0; quad < quads; quad += 1) {                                                           \
      __m512i columns[WIDE];                                                                                   \
      for (int w = 0; w < WIDE; w += 1)                                                                        \
        columns[w] = _mm512_loadu_si512(right + ((group + (size_t)w) * quads + quad) * 64);                    \
      for (int r = 0; r < ROWS; r += 1) {                                                                      \
        int32_t four;                                                                                          \
        __builtin_memcpy(&four, left + ((row + (size_t)r) * quads + quad) * 4, 4);                             \
        const __m512i spread = _mm512_set1_epi32(four);                                                        \
        for (int w = 0; w < WIDE; w += 1) sums[r][w] = _mm512_dpbusd_epi32(sums[r][w], columns[w], spread);    \
      }                                                                                                        \
    }                                                                                                          \
    for (int r = 0; r < ROWS; r += 1) {                                                                        \
      const __m512i offset = _mm512_set1_epi32(offsets[row + (size_t)r]);                                      \
      const __m512 scale = _mm512_set1_ps(left_scales[row + (size_t)r]);                                       \
      for (int w = 0; w < WIDE; w += 1) {                                                                      \
        const __m512 product = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums[r][w], offset));                       \
        const __m512 scales = _mm512_loadu_ps(right_scales + (group + (size_t)w) * 16);                        \
        _mm512_storeu_ps(                                                                                      \
            out + (row + (size_t)r) * groups * 16 + (group + (size_t)w) * 16,                                  \
            _mm512_mul_ps(_mm512_mul_ps(product, scale), scales));                                             \
      }                                                                                                        \
    }                                                                                                          \
  } while (0)

__attribute__((target("avx512f,avx512vnni")))
void toklab_byte_products(
    const int8_t *left, size_t rows, size_t quads, const uint8_t *right, size_t groups, const float *left_scales,
    const int32_t *offsets, const float *right_scales, float *out) {
  size_t group = 0;
  for (; group + 2 <= groups; group += 2) {
    size_t row = 0;
    for (; row + 12 <= rows; row += 12) BLOCK(12, 2);
    for (; row < rows; row += 1) BLOCK(1, 2);
  }
  for (; group < groups; group += 1)
    for (size_t row = 0; row < rows; row += 1) BLOCK(1, 1);
}

#else

int toklab_has_byte_products(void) { return 0; }

void toklab_byte_products(
    const int8_t *left, size_t rows, size_t quads, const uint8_t *right, size_t groups, const float *left_scales,
    const int32_t *offsets, const float *right_scales, float *out) {
  (void)left, (void)rows, (void)quads, (void)right, (void)groups, (void)left_scales, (void)offsets;
  (void)right_scales, (void)out;
}

#endif

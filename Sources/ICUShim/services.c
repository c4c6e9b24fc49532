#include "ICUServices.h"
#include <stdlib.h>
#include <unicode/ubrk.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

int32_t toklab_canonical_lower(const char *locale, const uint8_t *text, int32_t length, uint8_t *out,
                               int32_t capacity, int32_t *error) {
  UErrorCode code = U_ZERO_ERROR;
  const UNormalizer2 *nfc = unorm2_getNFCInstance(&code);
  // Canonical composition and lower case at most triple the number of UTF-16 units.
  int64_t room = 3 * (int64_t)length + 16;
  if (room > INT32_MAX / 2) {
    *error = U_BUFFER_OVERFLOW_ERROR;
    return 0;
  }
  UChar *first = malloc(sizeof(UChar) * room * 2);
  if (!first) {
    *error = U_MEMORY_ALLOCATION_ERROR;
    return 0;
  }
  UChar *second = first + room;
  int32_t units = 0, needed = 0;
  u_strFromUTF8(first, room, &units, (const char *)text, length, &code);
  units = unorm2_normalize(nfc, first, units, second, room, &code);
  units = u_strToLower(first, room, second, units, locale, &code);
  units = unorm2_normalize(nfc, first, units, second, room, &code);
  u_strToUTF8((char *)out, capacity, &needed, second, units, &code);
  free(first);
  if (code == U_BUFFER_OVERFLOW_ERROR && needed > capacity) code = U_ZERO_ERROR;
  *error = code > 0 ? (int32_t)code : 0;
  return needed;
}

int32_t toklab_upper(const char *locale, const uint8_t *text, int32_t length, uint8_t *out,
                     int32_t capacity, int32_t *error) {
  UErrorCode code = U_ZERO_ERROR;
  UChar in[64], upper[192];
  int32_t units = 0, needed = 0;
  // For single characters; a longer text does not fit and is refused.
  u_strFromUTF8(in, 64, &units, (const char *)text, length, &code);
  units = u_strToUpper(upper, 192, in, units, locale, &code);
  u_strToUTF8((char *)out, capacity, &needed, upper, units, &code);
  *error = code > 0 ? (int32_t)code : 0;
  return needed;
}

struct toklab_breaks {
  UBreakIterator *iterator;
  UText *text;
};

toklab_breaks *toklab_breaks_open(int32_t kind, const char *locale, int32_t *error) {
  UErrorCode code = U_ZERO_ERROR;
  toklab_breaks *breaks = calloc(1, sizeof(toklab_breaks));
  if (!breaks) {
    *error = U_MEMORY_ALLOCATION_ERROR;
    return 0;
  }
  breaks->iterator = ubrk_open((UBreakIteratorType)kind, locale, 0, 0, &code);
  *error = U_FAILURE(code) ? (int32_t)code : 0;
  if (U_FAILURE(code)) {
    free(breaks);
    return 0;
  }
  return breaks;
}

void toklab_breaks_close(toklab_breaks *breaks) {
  ubrk_close(breaks->iterator);
  if (breaks->text) utext_close(breaks->text);
  free(breaks);
}

void toklab_breaks_begin(toklab_breaks *breaks, const uint8_t *text, int64_t length, int32_t *error) {
  UErrorCode code = U_ZERO_ERROR;
  breaks->text = utext_openUTF8(breaks->text, (const char *)text, length, &code);
  ubrk_setUText(breaks->iterator, breaks->text, &code);
  ubrk_first(breaks->iterator);
  *error = U_FAILURE(code) ? (int32_t)code : 0;
}

int32_t toklab_breaks_next(toklab_breaks *breaks, int32_t *status) {
  int32_t end = ubrk_next(breaks->iterator);
  if (end == UBRK_DONE) return -1;
  *status = ubrk_getRuleStatus(breaks->iterator);
  return end;
}

#include "ICUShim.h"
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uregex.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>
#include <unicode/utypes.h>

const char *toklab_icu_version(void) { return U_ICU_VERSION; }
const char *toklab_icu_unicode_version(void) { return U_UNICODE_VERSION; }
const char *toklab_icu_error_name(int32_t code) { return u_errorName((UErrorCode)code); }
void toklab_icu_free(void *memory) { free(memory); }

// Regular expressions.

struct toklab_regex {
  URegularExpression *expression;
  UText text;
};

static toklab_regex *wrap(URegularExpression *expression, int32_t stack_limit, int32_t time_limit,
                          UErrorCode *status) {
  if (U_FAILURE(*status)) return NULL;
  uregex_setStackLimit(expression, stack_limit, status);
  uregex_setTimeLimit(expression, time_limit, status);
  toklab_regex *regex = U_SUCCESS(*status) ? malloc(sizeof *regex) : NULL;
  if (!regex) {
    if (U_SUCCESS(*status)) *status = U_MEMORY_ALLOCATION_ERROR;
    uregex_close(expression);
    return NULL;
  }
  regex->expression = expression;
  regex->text = (UText)UTEXT_INITIALIZER;
  return regex;
}

toklab_regex *toklab_regex_open(const uint8_t *pattern, int64_t length, int32_t stack_limit,
                                int32_t time_limit, int32_t *error_line, int32_t *error_column,
                                int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  UText source = UTEXT_INITIALIZER;
  UParseError where = {0};
  utext_openUTF8(&source, (const char *)pattern, length, &status);
  URegularExpression *expression = uregex_openUText(&source, 0, &where, &status);
  utext_close(&source);
  toklab_regex *regex = wrap(expression, stack_limit, time_limit, &status);
  *error_line = where.line;
  *error_column = where.offset;
  *error = status;
  return regex;
}

toklab_regex *toklab_regex_clone(const toklab_regex *regex, int32_t stack_limit, int32_t time_limit,
                                 int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  toklab_regex *copy =
      wrap(uregex_clone(regex->expression, &status), stack_limit, time_limit, &status);
  *error = status;
  return copy;
}

void toklab_regex_close(toklab_regex *regex) {
  if (!regex) return;
  uregex_close(regex->expression);
  utext_close(&regex->text);
  free(regex);
}

void toklab_regex_begin(toklab_regex *regex, const uint8_t *text, int64_t length, int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  utext_openUTF8(&regex->text, length ? (const char *)text : "", length, &status);
  uregex_setUText(regex->expression, &regex->text, &status);
  *error = status;
}

void toklab_regex_region(toklab_regex *regex, int64_t start, int64_t end, int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  uregex_useTransparentBounds(regex->expression, 0, &status);
  uregex_useAnchoringBounds(regex->expression, 1, &status);
  uregex_setRegion64(regex->expression, start, end, &status);
  *error = status;
}

int32_t toklab_regex_next(toklab_regex *regex, int64_t *start, int64_t *end, int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  UBool found = uregex_findNext(regex->expression, &status);
  if (found && U_SUCCESS(status)) {
    *start = uregex_start64(regex->expression, 0, &status);
    *end = uregex_end64(regex->expression, 0, &status);
  }
  *error = status;
  return found && U_SUCCESS(status);
}

// Normalization.

struct toklab_normalizer {
  const UNormalizer2 *base;
  UNormalizer2 *filtered;
  USet *filter;
};

static const UNormalizer2 *used(const toklab_normalizer *normalizer) {
  return normalizer->filtered ? normalizer->filtered : normalizer->base;
}

toklab_normalizer *toklab_normalizer_open(int32_t form, const char *filter, int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  toklab_normalizer *normalizer = calloc(1, sizeof *normalizer);
  if (!normalizer) {
    *error = U_MEMORY_ALLOCATION_ERROR;
    return NULL;
  }
  switch (form) {
    case TOKLAB_NFC: normalizer->base = unorm2_getNFCInstance(&status); break;
    case TOKLAB_NFD: normalizer->base = unorm2_getNFDInstance(&status); break;
    case TOKLAB_NFKC: normalizer->base = unorm2_getNFKCInstance(&status); break;
    case TOKLAB_NFKD: normalizer->base = unorm2_getNFKDInstance(&status); break;
    default: status = U_ILLEGAL_ARGUMENT_ERROR;
  }
  if (filter && *filter && U_SUCCESS(status)) {
    UChar pattern[256];
    int32_t length = 0;
    u_strFromUTF8(pattern, 256, &length, filter, -1, &status);
    normalizer->filter = uset_openPattern(pattern, length, &status);
    if (U_SUCCESS(status)) {
      uset_freeze(normalizer->filter);
      normalizer->filtered = unorm2_openFiltered(normalizer->base, normalizer->filter, &status);
    }
  }
  *error = status;
  if (U_FAILURE(status)) {
    toklab_normalizer_close(normalizer);
    return NULL;
  }
  return normalizer;
}

void toklab_normalizer_close(toklab_normalizer *normalizer) {
  if (!normalizer) return;
  if (normalizer->filtered) unorm2_close(normalizer->filtered);
  if (normalizer->filter) uset_close(normalizer->filter);
  free(normalizer);
}

int32_t toklab_normalizer_apply(const toklab_normalizer *normalizer, const uint8_t *text, int32_t length,
                                uint8_t **out, int32_t *out_length, int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  UChar *result = NULL;
  uint8_t *bytes = NULL;
  int32_t changed = 0;
  // UTF-16 never has more units than UTF-8 has bytes.
  UChar *units = malloc(((size_t)length + 1) * sizeof *units);
  int32_t count = 0;
  if (!units) {
    status = U_MEMORY_ALLOCATION_ERROR;
    goto done;
  }
  u_strFromUTF8(units, length + 1, &count, (const char *)text, length, &status);
  int32_t good = unorm2_spanQuickCheckYes(used(normalizer), units, count, &status);
  if (U_FAILURE(status) || good == count) goto done;
  int32_t capacity = count < 1 << 28 ? count + count / 2 + 64 : count;
  int32_t produced = 0;
  for (;;) {
    result = malloc((size_t)capacity * sizeof *result);
    if (!result) {
      status = U_MEMORY_ALLOCATION_ERROR;
      goto done;
    }
    memcpy(result, units, (size_t)good * sizeof *result);
    produced = unorm2_normalizeSecondAndAppend(used(normalizer), result, good, capacity, units + good,
                                               count - good, &status);
    if (status != U_BUFFER_OVERFLOW_ERROR) break;
    status = U_ZERO_ERROR;
    free(result);
    result = NULL;
    capacity = produced + 1;
  }
  if (U_FAILURE(status)) goto done;
  // Three bytes a UTF-16 unit at most.
  bytes = malloc((size_t)produced * 3 + 1);
  if (!bytes || produced > INT32_MAX / 3 - 1) {
    status = U_MEMORY_ALLOCATION_ERROR;
    goto done;
  }
  u_strToUTF8((char *)bytes, produced * 3 + 1, out_length, result, produced, &status);
  if (U_FAILURE(status)) goto done;
  changed = *out_length != length || memcmp(bytes, text, (size_t)length) != 0;
  if (changed) {
    *out = bytes;
    bytes = NULL;
  }
done:
  free(units);
  free(result);
  free(bytes);
  *error = status;
  return changed;
}

int32_t toklab_normalizer_boundary_before(const toklab_normalizer *normalizer, int32_t character) {
  return unorm2_hasBoundaryBefore(used(normalizer), character);
}

int32_t toklab_normalizer_decomposition(const toklab_normalizer *normalizer, int32_t character,
                                        int32_t *out, int32_t capacity, int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  UChar units[64];
  int32_t count = unorm2_getDecomposition(used(normalizer), character, units, 64, &status);
  *error = status;
  if (count <= 0 || U_FAILURE(status)) return 0;
  int32_t written = 0;
  for (int32_t index = 0; index < count && written < capacity;) {
    UChar32 next;
    U16_NEXT(units, index, count, next);
    out[written++] = next;
  }
  return written;
}

int32_t toklab_normalizer_compose(const toklab_normalizer *normalizer, int32_t first, int32_t second) {
  return unorm2_composePair(used(normalizer), first, second);
}

int32_t toklab_normalizer_combining_class(const toklab_normalizer *normalizer, int32_t character) {
  return unorm2_getCombiningClass(used(normalizer), character);
}

// Character properties.

int32_t toklab_general_category(int32_t character) { return u_charType(character); }

const char *toklab_script_name(int32_t character, int32_t *error) {
  UErrorCode status = U_ZERO_ERROR;
  UScriptCode script = uscript_getScript(character, &status);
  *error = status;
  return U_SUCCESS(status) ? uscript_getName(script) : NULL;
}

int32_t toklab_age(int32_t character) {
  UVersionInfo version;
  u_charAge(character, version);
  return version[0] << 8 | version[1];
}

// Services of ICU that metrics need: locale-aware case and text boundaries. Same rules as ICUShim.h.
#ifndef TOKLAB_ICU_SERVICES_H
#define TOKLAB_ICU_SERVICES_H
#include <stdint.h>

/// Canonical composition (NFC), lower case by the locale's rules ("tr": I to dotless ı), composition again.
/// Writes at most `capacity` bytes of UTF-8 and returns the number needed. U_INVALID_CHAR_FOUND when the
/// text is not UTF-8.
int32_t toklab_canonical_lower(const char *locale, const uint8_t *text, int32_t length, uint8_t *out,
                               int32_t capacity, int32_t *error);

/// Upper case by the locale's rules; same buffer rules.
int32_t toklab_upper(const char *locale, const uint8_t *text, int32_t length, uint8_t *out,
                     int32_t capacity, int32_t *error);

typedef struct toklab_breaks toklab_breaks;

enum { TOKLAB_BREAK_GRAPHEME = 0, TOKLAB_BREAK_WORD = 1, TOKLAB_BREAK_SENTENCE = 3 };

/// Boundaries of one kind by a locale's rules; NULL on an error.
toklab_breaks *toklab_breaks_open(int32_t kind, const char *locale, int32_t *error);
void toklab_breaks_close(toklab_breaks *breaks);
/// Starts on a UTF-8 text, which must stay in place; ill-formed sequences read as U+FFFD.
void toklab_breaks_begin(toklab_breaks *breaks, const uint8_t *text, int64_t length, int32_t *error);
/// The next boundary after the last one, or -1 at the end; for words `status` says what lies before it:
/// below 100 no word, 100 a number, 200 letters, 300 kana, 400 ideographs (ranges of 100).
int32_t toklab_breaks_next(toklab_breaks *breaks, int32_t *status);

#endif

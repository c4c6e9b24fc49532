// An opaque face of ICU: no ICU header may be included here (Foundation carries newer ICU headers, and
// clang refuses two definitions of one enum in a module). Handles are pointers to incomplete types, errors
// are UErrorCode values as int32_t (0 is success, negative a warning), text is UTF-8 by pointer and length.
#ifndef TOKLAB_ICU_SHIM_H
#define TOKLAB_ICU_SHIM_H
#include <stdint.h>
#include "ICUServices.h"

/// ICU's version, for provenance: "72.1".
const char *toklab_icu_version(void);
/// The Unicode version of ICU's own data: "15.0".
const char *toklab_icu_unicode_version(void);
/// The name of an error code, such as "U_REGEX_STACK_OVERFLOW".
const char *toklab_icu_error_name(int32_t code);

// Regular expressions.

typedef struct toklab_regex toklab_regex;

/// Compiles a UTF-8 pattern without flags. `stack_limit` is in bytes, `time_limit` in ICU's match steps
/// (roughly milliseconds, but counted, so the same everywhere); 0 is none. NULL on an error, with the
/// pattern's line and column of it where ICU knows them.
toklab_regex *toklab_regex_open(const uint8_t *pattern, int64_t length, int32_t stack_limit,
                                int32_t time_limit, int32_t *error_line, int32_t *error_column,
                                int32_t *error);
/// A second matcher of the same pattern, for another thread.
toklab_regex *toklab_regex_clone(const toklab_regex *regex, int32_t stack_limit, int32_t time_limit,
                                 int32_t *error);
void toklab_regex_close(toklab_regex *regex);
/// Starts on a UTF-8 text, which must stay in place; ill-formed sequences read as U+FFFD.
void toklab_regex_begin(toklab_regex *regex, const uint8_t *text, int64_t length, int32_t *error);
/// Restricts matching to a byte range whose ends are boundaries of text and anchors alike, and starts at
/// its beginning.
void toklab_regex_region(toklab_regex *regex, int64_t start, int64_t end, int32_t *error);
/// The next match, which may be empty; 0 when there is none or on an error.
int32_t toklab_regex_next(toklab_regex *regex, int64_t *start, int64_t *end, int32_t *error);

// Normalization.

typedef struct toklab_normalizer toklab_normalizer;

enum { TOKLAB_NFC = 0, TOKLAB_NFD = 1, TOKLAB_NFKC = 2, TOKLAB_NFKD = 3 };

/// A normalizer that leaves characters outside the set alone, such as "[:age=9.0:]" for Unicode 9; NULL or
/// an empty pattern filters nothing.
toklab_normalizer *toklab_normalizer_open(int32_t form, const char *filter, int32_t *error);
void toklab_normalizer_close(toklab_normalizer *normalizer);
/// Normalizes well-formed UTF-8. Returns 0 when the text is normalized already, else 1 and the result in
/// memory that the caller frees with toklab_icu_free. U_INVALID_CHAR_FOUND when the text is not UTF-8.
int32_t toklab_normalizer_apply(const toklab_normalizer *normalizer, const uint8_t *text, int32_t length,
                                uint8_t **out, int32_t *out_length, int32_t *error);
/// Whether normalizing what is before and after a place before this character apart is safe.
int32_t toklab_normalizer_boundary_before(const toklab_normalizer *normalizer, int32_t character);
/// The character's decomposition under the normalizer's form, as UTF-32; returns its length, 0 when the
/// character stands for itself. At most `capacity` are written.
int32_t toklab_normalizer_decomposition(const toklab_normalizer *normalizer, int32_t character,
                                        int32_t *out, int32_t capacity, int32_t *error);
/// The composite of two characters, or -1.
int32_t toklab_normalizer_compose(const toklab_normalizer *normalizer, int32_t first, int32_t second);
/// The canonical combining class.
int32_t toklab_normalizer_combining_class(const toklab_normalizer *normalizer, int32_t character);
void toklab_icu_free(void *memory);

// Character properties, at ICU's own Unicode version.

/// U_GENERAL_CATEGORY's number: 0 Cn, 1 Lu, 2 Ll, 3 Lt, 4 Lm, 5 Lo, 6 Mn, 7 Me, 8 Mc, 9 Nd, 10 Nl, 11 No, …
int32_t toklab_general_category(int32_t character);
/// The name of the character's script, such as "Latin"; NULL on an error.
const char *toklab_script_name(int32_t character, int32_t *error);
/// The version the character was assigned in, as major << 8 | minor; 0 when it is not.
int32_t toklab_age(int32_t character);

// Names.

/// The UScriptCode of a scalar (0 common, 1 inherited); negative on failure.
int32_t toklab_icu_script(uint32_t scalar);
/// The ISO 15924 code of a script, such as "Cyrl".
const char *toklab_icu_script_name(int32_t script);
/// Writes the English name of a language code such as "pt-br" as UTF-8 (no NUL); 0 where there is none.
int32_t toklab_icu_language_name(const char *code, char *out, int32_t capacity);
/// Writes the ISO 639-3 code of a language (three bytes, no NUL); 0 where ICU knows none.
int32_t toklab_icu_language_iso3(const char *code, char *out, int32_t capacity);

#endif

// An opaque face of ICU: no ICU header may be included here (Foundation carries newer ICU headers, and
// clang refuses two definitions of one enum in a module). Handles are void *, errors are UErrorCode values
// as int32_t, text is UTF-8 or UTF-16 by pointer and length.
#ifndef TOKLAB_ICU_SHIM_H
#define TOKLAB_ICU_SHIM_H
#include <stdint.h>

/// ICU's version, for provenance: "72.1".
const char *toklab_icu_version(void);
/// The Unicode version of ICU's own data: "15.0".
const char *toklab_icu_unicode_version(void);
/// The name of an error code, such as "U_REGEX_STACK_OVERFLOW".
const char *toklab_icu_error_name(int32_t code);

#endif

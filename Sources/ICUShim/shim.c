#include "ICUShim.h"
#include <unicode/utypes.h>
#include <unicode/uchar.h>

const char *toklab_icu_version(void) { return U_ICU_VERSION; }
const char *toklab_icu_unicode_version(void) { return U_UNICODE_VERSION; }
const char *toklab_icu_error_name(int32_t code) { return u_errorName((UErrorCode)code); }

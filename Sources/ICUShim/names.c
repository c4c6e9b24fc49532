#include <stddef.h>
#include <string.h>
#include <unicode/uloc.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

#include "ICUShim.h"

int32_t toklab_icu_script(uint32_t scalar) {
  UErrorCode status = U_ZERO_ERROR;
  UScriptCode script = uscript_getScript((UChar32)scalar, &status);
  return U_FAILURE(status) ? -1 : (int32_t)script;
}

const char *toklab_icu_script_name(int32_t script) {
  const char *name = uscript_getShortName((UScriptCode)script);
  return name == NULL ? "unknown" : name;
}

int32_t toklab_icu_language_name(const char *code, char *out, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  UChar name[160];
  int32_t length = uloc_getDisplayName(code, "en", name, 160, &status);
  // A "default" warning means that ICU knows no name and returned the code.
  if (U_FAILURE(status) || status == U_USING_DEFAULT_WARNING || length <= 0) return 0;
  int32_t written = 0;
  status = U_ZERO_ERROR;
  u_strToUTF8(out, capacity, &written, name, length, &status);
  return U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING ? 0 : written;
}

int32_t toklab_icu_language_iso3(const char *code, char *out, int32_t capacity) {
  const char *iso = uloc_getISO3Language(code);
  int32_t length = (int32_t)strlen(iso);
  if (length != 3 || capacity < 3) return 0;
  memcpy(out, iso, 3);
  return 3;
}

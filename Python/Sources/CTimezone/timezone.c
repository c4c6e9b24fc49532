// Debian compiles the archives of ICU for programs (-fPIE), so in a shared library they cannot reach glibc's
// `__timezone` and `tzname`; all their other references stay within the library. ICU reads them for the default time zone of
// calendars alone, which tokenizers do not have. Hidden: nobody else sees these.
__attribute__((visibility("hidden"), used)) long __timezone = 0;
__attribute__((visibility("hidden"), used)) char *tzname[2] = {"UTC", "UTC"};

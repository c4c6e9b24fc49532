// The C interface of toklab: what the Python package calls, for any other language too.
//
// Text is UTF-8 by pointer and length. Strings end in a zero byte. Every function may be called from any thread, with
// the same handle too. Null pointers, negative sizes and text that is not UTF-8 are answered with a failure;
// tkl_last_error then says what was wrong. Addresses that are not null must be valid for the size that is given.
#ifndef TOKLAB_H
#define TOKLAB_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

// The number of this interface. It grows when a function changes its meaning; callers must compare it.
#define TOKLAB_ABI 1
int32_t tkl_abi(void);
// toklab's version, such as "0.1.0"; give it back with tkl_free.
char *tkl_version(void);
// Why the last failing call of this thread failed; valid until the next one. NULL when none did.
const char *tkl_last_error(void);
// Frees what a function below has allocated. NULL is allowed.
void tkl_free(void *memory);

typedef struct tkl_tokenizer tkl_tokenizer;

// A file or folder of any format that toklab reads; pattern (or NULL) cuts text for files that carry none. NULL: failed.
tkl_tokenizer *tkl_open(const char *path, const char *pattern);
// The content of a tokenizer.json. NULL: failed.
tkl_tokenizer *tkl_open_bytes(const uint8_t *bytes, int64_t length);
// After it no call may use the handle. NULL is allowed.
void tkl_close(tkl_tokenizer *tokenizer);
// Writes a tokenizer.json. 0, or -1: failed.
int32_t tkl_save(const tkl_tokenizer *tokenizer, const char *path);

// One more than the largest id; -1: failed.
int64_t tkl_capacity(const tkl_tokenizer *tokenizer);
// The id of a token by its bytes; -1: no such token, -2: failed.
int64_t tkl_token_id(const tkl_tokenizer *tokenizer, const uint8_t *bytes, int64_t length);
// The bytes of a token in *out (tkl_free) and their number; -1: no such token, -2: failed.
int64_t tkl_token_bytes(const tkl_tokenizer *tokenizer, int64_t id, uint8_t **out);

enum {
  TKL_ADD_SPECIAL_TOKENS = 1,       // what the post-processor adds around each document
  TKL_RECOGNISE_SPECIAL_TOKENS = 2  // special tokens in the text, which is plain text otherwise
};

// Encodes `count` documents; document i is text[offsets[i]] up to text[offsets[i + 1]] (count + 1 offsets). *ids gets the
// ids of all documents, *ends where each document's ids end; both are given back with tkl_free. threads 0: all cores.
// The number of ids, or -1: failed, and *ids and *ends are as they were.
int64_t tkl_encode(const tkl_tokenizer *tokenizer, const uint8_t *text, int64_t length, const int64_t *offsets,
                   int64_t count, int32_t flags, int32_t threads, uint32_t **ids, int64_t **ends);
// The number of tokens of each document, into `counts` with room for `count`. 0, or -1: failed.
int32_t tkl_count(const tkl_tokenizer *tokenizer, const uint8_t *text, int64_t length, const int64_t *offsets,
                  int64_t count, int32_t flags, int32_t threads, int64_t *counts);
// The exact bytes that ids stand for in *out (tkl_free), which need not be UTF-8, and their number. -1: failed.
int64_t tkl_decode(const tkl_tokenizer *tokenizer, const uint32_t *ids, int64_t count, int32_t skip_special_tokens,
                   uint8_t **out);

// Train on text, cut at its line feeds, or (are_paths not 0) on files and folders: paths with a zero byte after each.
// The same result for every number of threads (at least 1). NULL: failed.
tkl_tokenizer *tkl_train_bpe(const uint8_t *texts, int64_t length, int32_t are_paths, int64_t vocabulary_size,
                             int64_t min_frequency, const char *pre_tokenizer, int32_t threads);
tkl_tokenizer *tkl_train_unigram(const uint8_t *texts, int64_t length, int32_t are_paths, int64_t vocabulary_size,
                                 int32_t byte_fallback, int32_t threads);
#ifdef __cplusplus
}
#endif
#endif

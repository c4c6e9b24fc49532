"""Tokenizers that are read from files or trained."""

from __future__ import annotations

import ctypes
import os
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._native import failure, library, take

Text = str | bytes


class Batch(NamedTuple):
    """The ids of many documents one after another; document i is `ids[offsets[i]:offsets[i + 1]]`."""

    ids: NDArray[np.uint32]
    offsets: NDArray[np.int64]

    def lists(self) -> list[list[int]]:
        """One list of ids a document."""
        ids, offsets = self.ids.tolist(), self.offsets.tolist()
        return [ids[start:end] for start, end in zip(offsets, offsets[1:])]


def _bytes(text: Text) -> bytes:
    # A lone surrogate has no UTF-8: Python's error names its position.
    return text.encode("utf-8") if isinstance(text, str) else bytes(text)


def _joined(texts: Sequence[Text]) -> tuple[bytes, NDArray[np.int64]]:
    if isinstance(texts, (str, bytes)):
        raise TypeError("one text where a list of texts is expected; use encode or count for one")
    parts = [_bytes(text) for text in texts]
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)), out=offsets[1:])
    return b"".join(parts), offsets


def _flags(add_special_tokens: bool, recognise_special_tokens: bool) -> int:
    return (1 if add_special_tokens else 0) | (2 if recognise_special_tokens else 0)


class Tokenizer:
    """A tokenizer. It never changes, and any number of threads may use it.

    Special tokens are opt-in, so that text of a user cannot smuggle them in: `add_special_tokens` puts around each text
    what the tokenizer's post-processor says, `recognise_special_tokens` finds them in the text.
    """

    def __init__(self, handle: int | None) -> None:
        """Internal; use :meth:`from_file`, :meth:`from_bytes`, :func:`train_bpe` or :func:`train_unigram`."""
        if not handle:
            raise failure()
        self._handle = handle
        weakref.finalize(self, library.tkl_close, handle)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], pattern: str | None = None) -> Tokenizer:
        """Reads a file or folder of any format that toklab reads, found from its content.

        `pattern` names the pre-tokenizer, or is its regular expression, for files that carry none (rank files).
        """
        return cls(library.tkl_open(os.fsencode(path), None if pattern is None else pattern.encode()))

    @classmethod
    def from_bytes(cls, content: bytes) -> Tokenizer:
        """Reads the content of a tokenizer.json."""
        return cls(library.tkl_open_bytes(content, len(content)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a tokenizer.json, whole or not at all."""
        if library.tkl_save(self._handle, os.fsencode(path)) < 0:
            raise failure()

    @property
    def vocab_size(self) -> int:
        """One more than the largest id, added tokens included."""
        return int(library.tkl_capacity(self._handle))

    def token_to_id(self, token: Text) -> int | None:
        """The id of a token by its bytes (a space is a space, not `Ġ`), or None."""
        content = _bytes(token)
        found = library.tkl_token_id(self._handle, content, len(content))
        if found == -2:
            raise failure()
        return None if found < 0 else found

    def id_to_token(self, token_id: int) -> bytes | None:
        """The bytes of a token, which need not be UTF-8, or None."""
        if not 0 <= token_id < 1 << 32:
            return None
        out = ctypes.c_void_p()
        size = library.tkl_token_bytes(self._handle, token_id, ctypes.byref(out))
        if size == -2:
            raise failure()
        return None if size < 0 else take(out.value, size)

    def encode(
        self, text: Text, *, add_special_tokens: bool = False, recognise_special_tokens: bool = False
    ) -> list[int]:
        """The ids of one text."""
        return self.encode_batch(
            [text], add_special_tokens=add_special_tokens, recognise_special_tokens=recognise_special_tokens, threads=1
        ).ids.tolist()

    def encode_batch(
        self,
        texts: Sequence[Text],
        *,
        add_special_tokens: bool = False,
        recognise_special_tokens: bool = False,
        threads: int = 0,
    ) -> Batch:
        """The ids of many texts; `threads` 0 takes all cores, the result is the same for any number."""
        joined, offsets = _joined(texts)
        ids, ends = ctypes.c_void_p(), ctypes.c_void_p()
        size = library.tkl_encode(
            self._handle, joined, len(joined), offsets.ctypes.data, len(offsets) - 1,
            _flags(add_special_tokens, recognise_special_tokens), threads, ctypes.byref(ids), ctypes.byref(ends),
        )  # fmt: skip
        if size < 0:
            raise failure()
        starts = np.zeros(len(offsets), np.int64)
        starts[1:] = np.frombuffer(take(ends.value, 8 * (len(offsets) - 1)), np.int64)
        return Batch(np.frombuffer(take(ids.value, 4 * size), np.uint32), starts)

    def count(self, text: Text, *, add_special_tokens: bool = False, recognise_special_tokens: bool = False) -> int:
        """The number of tokens of one text."""
        return int(
            self.count_batch(
                [text],
                add_special_tokens=add_special_tokens,
                recognise_special_tokens=recognise_special_tokens,
                threads=1,
            )[0]
        )

    def count_batch(
        self,
        texts: Sequence[Text],
        *,
        add_special_tokens: bool = False,
        recognise_special_tokens: bool = False,
        threads: int = 0,
    ) -> NDArray[np.int64]:
        """The number of tokens of each text, without storing ids."""
        joined, offsets = _joined(texts)
        counts = np.zeros(len(offsets) - 1, np.int64)
        status = library.tkl_count(
            self._handle, joined, len(joined), offsets.ctypes.data, len(counts),
            _flags(add_special_tokens, recognise_special_tokens), threads, counts.ctypes.data,
        )  # fmt: skip
        if status < 0:
            raise failure()
        return counts

    def decode_bytes(self, ids: Iterable[int], *, skip_special_tokens: bool = False) -> bytes:
        """The exact bytes that ids stand for."""
        wide = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids))
        if wide.size == 0:
            return b""
        if wide.dtype.kind not in "iu" or wide.ndim != 1:
            raise TypeError(f"ids of type {wide.dtype} in {wide.ndim} dimensions; expected a list of integers")
        if int(wide.min()) < 0 or int(wide.max()) >= 1 << 32:
            raise ValueError(f"ids from {wide.min()} to {wide.max()}; expected 0 to {(1 << 32) - 1}")
        array = np.ascontiguousarray(wide, np.uint32)
        out = ctypes.c_void_p()
        size = library.tkl_decode(
            self._handle, array.ctypes.data, array.size, int(skip_special_tokens), ctypes.byref(out)
        )
        if size < 0:
            raise failure()
        return take(out.value, size)

    def decode(self, ids: Iterable[int], *, skip_special_tokens: bool = False) -> str:
        """The text that ids stand for; bytes that are not UTF-8 become U+FFFD."""
        return self.decode_bytes(ids, skip_special_tokens=skip_special_tokens).decode("utf-8", "replace")

    def tokenize_function(
        self, column: str = "text", **options: bool | int
    ) -> Callable[[dict[str, list[str]]], dict[str, list[list[int]]]]:
        """A function for `datasets.Dataset.map(..., batched=True)`: it adds `input_ids` and `attention_mask`."""

        def tokenize(batch: dict[str, list[str]]) -> dict[str, list[list[int]]]:
            ids = self.encode_batch(batch[column], **options).lists()  # type: ignore[arg-type]
            return {"input_ids": ids, "attention_mask": [[1] * len(row) for row in ids]}

        return tokenize


def _corpus(texts: Iterable[Text] | None, files: Sequence[str | os.PathLike[str]] | None) -> tuple[bytes, int]:
    if (texts is None) == (files is None):
        raise TypeError("either texts or files must be given, and not both")
    if files is not None:
        return b"".join(os.fsencode(path) + b"\0" for path in files), 1
    if isinstance(texts, (str, bytes)):
        raise TypeError("one text where a list of texts is expected")
    return b"".join(_bytes(text) + b"\n" for text in texts or ()), 0


def train_bpe(
    texts: Iterable[Text] | None = None,
    *,
    files: Sequence[str | os.PathLike[str]] | None = None,
    vocab_size: int = 32000,
    min_frequency: int = 0,
    pre_tokenizer: str = "o200k",
    threads: int = 1,
) -> Tokenizer:
    """Trains byte-level BPE on texts (a line feed is put after each) or on files and folders."""
    content, are_paths = _corpus(texts, files)
    return Tokenizer(
        library.tkl_train_bpe(
            content, len(content), are_paths, vocab_size, min_frequency, pre_tokenizer.encode(), threads
        )
    )


def train_unigram(
    texts: Iterable[Text] | None = None,
    *,
    files: Sequence[str | os.PathLike[str]] | None = None,
    vocab_size: int = 32000,
    byte_fallback: bool = False,
    threads: int = 1,
) -> Tokenizer:
    """Trains a unigram model as SentencePiece does, on texts (a line each) or on files and folders."""
    content, are_paths = _corpus(texts, files)
    return Tokenizer(
        library.tkl_train_unigram(content, len(content), are_paths, vocab_size, int(byte_fallback), threads)
    )

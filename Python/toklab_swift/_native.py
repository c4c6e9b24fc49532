"""The shared library: its functions with their types, and its errors as exceptions.

`ctypes.CDLL` gives up the interpreter lock for the time of every call, so Python threads encode side by side.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_uint8, c_uint32, c_void_p
from pathlib import Path

ABI = 1


class ToklabError(ValueError):
    """What was wrong with the input: where, what was found, what was expected, what to do next."""


library = ctypes.CDLL(str(Path(__file__).with_name("libtoklab-c.so")))


def _declare(name: str, result: object, *arguments: object) -> None:
    function = getattr(library, name)
    function.restype = result
    function.argtypes = list(arguments)


_TEXT = (c_void_p, c_int64)
_DOCUMENTS = (c_void_p, *_TEXT, c_void_p, c_int64, c_int32, c_int32)
_declare("tkl_abi", c_int32)
if library.tkl_abi() != ABI:
    raise ImportError(f"libtoklab-c.so has interface {library.tkl_abi()}, this package needs {ABI}; install it again")
_declare("tkl_version", c_void_p)
_declare("tkl_last_error", c_char_p)
_declare("tkl_free", None, c_void_p)
_declare("tkl_open", c_void_p, c_char_p, c_char_p)
_declare("tkl_open_bytes", c_void_p, c_char_p, c_int64)
_declare("tkl_close", None, c_void_p)
_declare("tkl_save", c_int32, c_void_p, c_char_p)
_declare("tkl_capacity", c_int64, c_void_p)
_declare("tkl_token_id", c_int64, c_void_p, c_char_p, c_int64)
_declare("tkl_token_bytes", c_int64, c_void_p, c_int64, POINTER(c_void_p))
_declare("tkl_encode", c_int64, *_DOCUMENTS, POINTER(c_void_p), POINTER(c_void_p))
_declare("tkl_count", c_int32, *_DOCUMENTS, c_void_p)
_declare("tkl_decode", c_int64, c_void_p, c_void_p, c_int64, c_int32, POINTER(c_void_p))
_declare("tkl_train_bpe", c_void_p, c_char_p, c_int64, c_int32, c_int64, c_int64, c_char_p, c_int32)
_declare("tkl_train_unigram", c_void_p, c_char_p, c_int64, c_int32, c_int64, c_int32, c_int32)


def failure() -> ToklabError:
    """The error of this thread's last call."""
    return ToklabError((library.tkl_last_error() or b"unknown").decode("utf-8", "replace"))


def take(address: int | None, size: int) -> bytes:
    """A copy of `size` bytes of the library's memory, which is freed."""
    try:
        return ctypes.string_at(address, size) if size else b""
    finally:
        library.tkl_free(address)


def _version() -> str:
    address = library.tkl_version()
    text = ctypes.string_at(address).decode()
    library.tkl_free(address)
    return text


__version__ = _version()

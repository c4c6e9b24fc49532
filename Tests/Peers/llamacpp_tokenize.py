"""Ids that llama.cpp itself gives for texts, from the metadata of a GGUF file (no tensors needed).

    llamacpp_tokenize.py FILE.gguf TEXTS.jsonl

Runs in the environment of `make models`: the bindings `xllamacpp` hold the library, whose C interface is called
here because they do not offer a model without tensors. One line of ids for each {"text": …}; special tokens in texts
are plain text and none are added.
"""
import ctypes
import glob
import json
import os
import sys

import xllamacpp

# llama_model_params is returned and passed in memory, so more room than it needs does no harm. Behind its pointers and
# enumerations the first flag is vocab_only; were it elsewhere, loading a file without tensors would fail.
FLAGS = 72


class Parameters(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_ubyte * 256)]


def library():
    (path,) = glob.glob(os.path.join(os.path.dirname(xllamacpp.__file__), "*.so"))
    lib = ctypes.CDLL(path)
    lib.llama_model_default_params.restype = Parameters
    lib.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Parameters]
    lib.llama_model_load_from_file.restype = ctypes.c_void_p
    lib.llama_model_get_vocab.argtypes = [ctypes.c_void_p]
    lib.llama_model_get_vocab.restype = ctypes.c_void_p
    lib.llama_tokenize.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_int32),
                                   ctypes.c_int32, ctypes.c_bool, ctypes.c_bool]
    return lib


def main():
    lib = library()
    callback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
    messages = []
    keep = callback(lambda level, text, _: messages.append(text.decode(errors="replace")) if level >= 4 else None)
    lib.llama_log_set(keep, None)
    parameters = lib.llama_model_default_params()
    parameters.bytes[FLAGS] = 1
    model = lib.llama_model_load_from_file(sys.argv[1].encode(), parameters)
    if not model:
        sys.exit("llama.cpp does not load the file: " + "".join(messages).strip().replace("\n", " ")[:300])
    vocabulary = lib.llama_model_get_vocab(model)
    for line in open(sys.argv[2], encoding="utf-8"):
        text = json.loads(line)["text"].encode()
        room = 4 * len(text) + 16
        ids = (ctypes.c_int32 * room)()
        count = lib.llama_tokenize(vocabulary, text, len(text), ids, room, False, False)
        if count < 0:
            sys.exit(f"llama.cpp needs room for {-count} tokens for {len(text)} bytes")
        print(*ids[:count])


main()

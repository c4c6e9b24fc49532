"""The installed wheel beside huggingface/tokenizers."""

import ctypes
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import tokenizers
import toklab_swift
from toklab_swift import PreTrainedAdapter, ToklabError, Tokenizer, train_bpe, train_unigram
from toklab_swift._native import library

TEXTS = [
    "", " ", "Hello, world!  Two spaces\n\n\ttab", "Merhaba, dünya! İstanbul'da ığdır", "Привет, мир", "你好，世界。日本語のテキスト",
    "नमस्ते दुनिया", "مرحبا بالعالم", "สวัสดีชาวโลก", "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u200b\ufeff", "def f(x):\n    return x ** 2 # 12345",
    "\x00\x01\x7f", "ﬁ ½ ①", "<|endoftext|>", "a" * 3000,
]  # fmt: skip
TRAINING = [f"{text} number {index} of the many lines we write" for index in range(60) for text in TEXTS[2:11]]


def soup(count: int) -> list[str]:
    """Random code points of all planes, surrogates left out."""
    draw = random.Random(7)
    points = [p for p in (draw.randrange(0x110000) for _ in range(count * 40)) if not 0xD800 <= p < 0xE000]
    small = [draw.randrange(0x3000) for _ in range(count * 40)]
    mixed = [chr(draw.choice((points, small))[draw.randrange(len(points) - 1)]) for _ in range(count * 20)]
    return ["".join(mixed[i * 20 : i * 20 + 20]) for i in range(count)]


@pytest.fixture(scope="session")
def pair(tmp_path_factory) -> tuple[Tokenizer, tokenizers.Tokenizer]:
    """A tokenizer that tokenizers trained, read by both."""
    peer = tokenizers.Tokenizer(tokenizers.models.BPE())
    peer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    peer.decoder = tokenizers.decoders.ByteLevel()
    peer.train_from_iterator(
        TRAINING,
        tokenizers.trainers.BpeTrainer(
            vocab_size=700, special_tokens=["<|endoftext|>"], show_progress=False,
            initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        ),
    )  # fmt: skip
    peer.post_processor = tokenizers.processors.TemplateProcessing(
        single="$A <|endoftext|>", special_tokens=[("<|endoftext|>", 0)]
    )
    path = tmp_path_factory.mktemp("peer") / "tokenizer.json"
    peer.save(str(path))
    return Tokenizer.from_file(path), peer


def test_ids_equal_tokenizers(pair):
    mine, peer = pair
    texts = TEXTS + soup(500)
    expected = [e.ids for e in peer.encode_batch(texts)]
    batch = mine.encode_batch(texts, add_special_tokens=True, recognise_special_tokens=True)
    assert batch.lists() == expected
    assert batch.ids.dtype == np.uint32 and batch.offsets.dtype == np.int64
    assert np.diff(batch.offsets).tolist() == [len(ids) for ids in expected]
    counts = mine.count_batch(texts, add_special_tokens=True, recognise_special_tokens=True)
    assert counts.tolist() == [len(ids) for ids in expected]
    for text, ids in zip(TEXTS, expected):
        assert mine.encode(text, add_special_tokens=True, recognise_special_tokens=True) == ids


def test_special_tokens_are_plain_text_unless_asked_for(pair):
    mine, _ = pair
    assert 0 not in mine.encode("<|endoftext|>")
    assert mine.encode("<|endoftext|>", recognise_special_tokens=True) == [0]


def test_round_trip_and_vocabulary(pair):
    mine, peer = pair
    assert mine.vocab_size == peer.get_vocab_size()
    for text in TEXTS + soup(100):
        assert mine.decode(mine.encode(text)) == text
    assert mine.decode_bytes(mine.encode(b"\xff\xfe ok")) == b"\xff\xfe ok"
    assert mine.token_to_id("<|endoftext|>") == 0 and mine.id_to_token(0) == b"<|endoftext|>"
    assert mine.token_to_id("no such token") is None and mine.id_to_token(1 << 40) is None
    for token in range(1, mine.vocab_size):
        assert mine.token_to_id(mine.id_to_token(token)) == token


def test_same_for_every_thread_count(pair):
    mine, _ = pair
    texts = soup(2000)
    one = mine.encode_batch(texts, threads=1)
    for threads in (0, 2, 7):
        other = mine.encode_batch(texts, threads=threads)
        assert (one.ids == other.ids).all() and (one.offsets == other.offsets).all()


def test_empty_batches(pair):
    mine, _ = pair
    assert mine.encode_batch([]).lists() == [] and mine.count_batch([]).tolist() == []
    assert mine.encode_batch(["", ""]).lists() == [[], []] and mine.decode([]) == ""


def test_errors(pair, tmp_path):
    mine, _ = pair
    broken = tmp_path / "broken.json"
    broken.write_text('{"model": ')
    for call in (
        lambda: Tokenizer.from_file(tmp_path / "none.json"), lambda: Tokenizer.from_file(broken),
        lambda: Tokenizer.from_bytes(b""), lambda: Tokenizer.from_bytes(b"\xff{"),
        lambda: mine.decode([mine.vocab_size + 5]), lambda: mine.encode_batch(["a"], threads=-1),
        lambda: mine.save(tmp_path / "none" / "x.json"), lambda: train_bpe([], vocab_size=300),
        lambda: train_bpe(["a"], vocab_size=-1), lambda: train_bpe(["a"], pre_tokenizer="nonsense"),
        lambda: train_bpe(["a"], threads=0), lambda: train_bpe(files=["-"]), lambda: train_bpe(files=[]),
        lambda: train_unigram(["a"], vocab_size=2), lambda: train_bpe(["a"], min_frequency=-1),
    ):  # fmt: skip
        with pytest.raises(ToklabError) as error:
            call()
        assert str(error.value) and "\n" not in str(error.value)
    with pytest.raises(UnicodeEncodeError):
        mine.encode("\ud800")
    with pytest.raises(ValueError):
        mine.decode([-1])
    with pytest.raises(TypeError):
        mine.encode_batch("one text")


def test_the_c_interface_never_traps(pair):
    handle = pair[0]._handle
    out, ends = ctypes.c_void_p(), ctypes.c_void_p()
    refs = ctypes.byref(out), ctypes.byref(ends)

    def offsets(*values):
        return ctypes.cast((ctypes.c_int64 * len(values))(*values), ctypes.c_void_p)

    text = ctypes.cast(ctypes.c_char_p(b"abc"), ctypes.c_void_p)
    low, high = -(1 << 63), (1 << 63) - 1
    for arguments in (
        (None, text, 3, offsets(0, 3), 1, 0, 1, *refs), (handle, None, 3, offsets(0, 3), 1, 0, 1, *refs),
        (handle, text, -1, offsets(0, 3), 1, 0, 1, *refs), (handle, text, low, offsets(0, 3), 1, 0, 1, *refs),
        (handle, text, 3, None, 1, 0, 1, *refs), (handle, text, 3, offsets(0, 4), 1, 0, 1, *refs),
        (handle, text, 3, offsets(-1, 3), 1, 0, 1, *refs), (handle, text, 3, offsets(2, 1), 1, 0, 1, *refs),
        (handle, text, 3, offsets(0, 3), -1, 0, 1, *refs), (handle, text, 3, offsets(0, 3), high, 0, 1, *refs),
        (handle, text, 3, offsets(0, 3), 1, 4, 1, *refs), (handle, text, 3, offsets(0, 3), 1, 0, 5000, *refs),
        (handle, text, 3, offsets(0, 3), 1, 0, 1, None, None),
    ):  # fmt: skip
        assert library.tkl_encode(*arguments) == -1
        assert library.tkl_last_error()
    assert library.tkl_count(handle, text, 3, offsets(0, 3), 1, 0, 1, None) == -1
    assert library.tkl_decode(handle, None, 3, 0, ctypes.byref(out)) == -1
    assert library.tkl_decode(handle, text, low, 0, ctypes.byref(out)) == -1
    assert library.tkl_open(None, None) is None and library.tkl_open(b"\xff\xfe", None) is None
    assert library.tkl_open_bytes(None, 5) is None and library.tkl_open_bytes(b"{}", -5) is None
    assert library.tkl_capacity(None) == -1 and library.tkl_save(None, b"x") == -1
    assert library.tkl_token_bytes(handle, -1, ctypes.byref(out)) == -1
    assert library.tkl_train_bpe(None, 5, 0, 300, 0, b"o200k", 1) is None
    assert library.tkl_train_unigram(b"a", 1, 0, high, 0, 1) is None
    library.tkl_close(None)
    library.tkl_free(None)


def test_last_errors_belong_to_threads(pair):
    mine, _ = pair
    wrong = []

    def work(number):
        for step in range(200):
            token = 1_000_000 + number * 1000 + step
            try:
                mine.decode([token])
            except ToklabError as error:
                if str(token) not in str(error):
                    wrong.append(str(error))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong


def test_calls_release_the_interpreter_lock(pair):
    """While one thread is in one long call, the other goes on with Python code."""
    mine, _ = pair
    text = "".join(soup(60000))
    span = {}

    def work():
        span["start"] = time.perf_counter()
        mine.count_batch([text], threads=1)
        span["end"] = time.perf_counter()

    ticks = []
    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        ticks.append(time.perf_counter())
    thread.join()
    # Encoding to UTF-8 is Python's; the middle of the span lies within the call.
    third = (span["end"] - span["start"]) / 3
    inside = [t for t in ticks if span["start"] + third < t < span["end"] - third]
    assert third > 0.005 and len(inside) > 100


def test_threads_share_a_tokenizer(pair):
    mine, _ = pair
    texts = soup(300)
    expected = mine.encode_batch(texts, threads=1).lists()
    results = [None] * 4

    def work(number):
        results[number] = [mine.encode(text) for text in texts]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert all(result == expected for result in results)


@pytest.mark.parametrize("source", ["texts", "files"])
def test_trained_bpe_loads_in_tokenizers(tmp_path, source):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("".join(line + "\n" for line in TRAINING), encoding="utf-8")
    given = {"texts": TRAINING} if source == "texts" else {"files": [corpus]}
    mine = train_bpe(**given, vocab_size=500, threads=2)
    mine.save(tmp_path / "tokenizer.json")
    peer = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert mine.vocab_size == 500 == peer.get_vocab_size()
    texts = TEXTS + soup(100)
    assert mine.encode_batch(texts).lists() == [e.ids for e in peer.encode_batch(texts)]


def test_trained_unigram_loads_in_tokenizers(tmp_path):
    mine = train_unigram(TRAINING, vocab_size=400, byte_fallback=True)
    mine.save(tmp_path / "tokenizer.json")
    peer = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    texts = [text for text in TEXTS if "\x00" not in text]
    got = mine.encode_batch(texts, recognise_special_tokens=True).lists()
    assert got == [e.ids for e in peer.encode_batch(texts, add_special_tokens=False)]


def test_from_bytes(pair):
    mine, peer = pair
    assert Tokenizer.from_bytes(peer.to_str().encode()).encode("Hello") == mine.encode("Hello")


def test_adapter_and_batch_function(pair):
    mine, peer = pair
    adapter = PreTrainedAdapter(mine)
    ids = peer.encode("Hello <|endoftext|>").ids
    assert adapter("Hello <|endoftext|>") == {"input_ids": ids, "attention_mask": [1] * len(ids)}
    rows = [e.ids for e in peer.encode_batch(TEXTS)]
    assert adapter(TEXTS) == {"input_ids": rows, "attention_mask": [[1] * len(row) for row in rows]}
    assert adapter.decode(ids, skip_special_tokens=True) == peer.decode(ids, skip_special_tokens=True)
    assert adapter.batch_decode(rows) == [peer.decode(row, skip_special_tokens=False) for row in rows]
    plain = mine.tokenize_function()({"text": TEXTS})
    assert plain["input_ids"] == mine.encode_batch(TEXTS).lists()
    assert "transformers" not in sys.modules


def test_needs_nothing_but_glibc():
    folder = pathlib.Path(toklab_swift.__file__).parent
    listing = subprocess.run(["ldd", folder / "libtoklab-c.so"], capture_output=True, text=True, check=True).stdout
    names = {line.split()[0].rsplit("/", 1)[-1] for line in listing.splitlines()}
    assert names <= {"linux-vdso.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}, names
    assert not os.environ.get("LD_LIBRARY_PATH") and "swift" not in os.environ["PATH"]
    assert json.dumps(toklab_swift.__version__)

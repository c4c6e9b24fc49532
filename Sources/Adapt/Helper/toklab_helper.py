"""toklab's model helper: answers contexts of token ids with scores of the next token.

Speaks version 1 of the protocol of docs/helper-protocol.md on standard input and output. toklab carries this
file in the program; `toklab models helper` prints it.

  toklab_helper.py llama FILE.gguf     llama.cpp by its Python bindings (llama-cpp-python or xllamacpp)
  toklab_helper.py transformers DIR    transformers and PyTorch, whatever versions are installed
  toklab_helper.py http URL            a llama-server style endpoint
  toklab_helper.py python FILE.py      a model of one's own: open_model(arguments) gives an object with
                                       `facts` (a dict) and `rows(contexts)` (yields a row a context)

With --embed the model gives vectors of texts instead of scores: llama and transformers pool as the model says, a
model of one's own has `embed(texts)`, and `dimensions` among its facts.

Nothing but the Python standard library and the back end that is asked for is imported.
"""
import argparse
import array
import json
import math
import os
import struct
import sys
import threading
import time

PROTOCOL = 1


class Fault(Exception):
    """What toklab reports as an error; `kind` is one of those of the protocol."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


# ---------------------------------------------------------------------------------------------- frames


class Frames:
    """Frames on two streams: a length of four bytes, a kind of one byte, a body."""

    def __init__(self, source, sink):
        self.source = source
        self.sink = sink

    def read(self):
        head = self.source.read(5)
        if len(head) < 5:
            return None, b""
        (length,) = struct.unpack_from("<I", head)
        body = self.source.read(length - 1)
        if len(body) < length - 1:
            return None, b""
        return head[4:5], body

    def write(self, kind, *parts):
        length = 1 + sum(len(part) for part in parts)
        if length >= 1 << 32:
            raise Fault("failed", "an answer of %d bytes" % length)
        self.sink.write(struct.pack("<I", length) + kind)
        for part in parts:
            self.sink.write(part)
        self.sink.flush()


def read_contexts(body):
    """The contexts of a question."""
    (count,) = struct.unpack_from("<I", body)
    place = 4
    contexts = []
    for _ in range(count):
        (length,) = struct.unpack_from("<I", body, place)
        place += 4
        ids = array.array("I")
        ids.frombytes(body[place : place + 4 * length])
        if sys.byteorder == "big":
            ids.byteswap()
        if len(ids) != length:
            raise Fault("failed", "a question that ends too early")
        place += 4 * length
        contexts.append(tuple(ids))
    return contexts


def read_texts(body):
    """The texts of a question, as bytes."""
    (count,) = struct.unpack_from("<I", body)
    place = 4
    texts = []
    for _ in range(count):
        (length,) = struct.unpack_from("<I", body, place)
        place += 4
        texts.append(bytes(body[place : place + length]))
        place += length
    if place != len(body):
        raise Fault("failed", "a question that ends too early or too late")
    return texts


def floats(values):
    """Scores as the bytes of a row; bytes are taken as they are."""
    if isinstance(values, (bytes, bytearray, memoryview)):
        return values
    row = array.array("f", values)
    if sys.byteorder == "big":
        row.byteswap()
    return row.tobytes()


def serve(frames, open_model):
    """Answers questions until the input ends."""
    model = None
    while True:
        kind, body = frames.read()
        if kind is None:
            return
        try:
            if kind == b"H":
                (version,) = struct.unpack_from("<I", body)
                if version != PROTOCOL:
                    raise Fault("protocol", "version %d asked for, %d spoken" % (version, PROTOCOL))
                model = model or open_model()
                facts = dict(model.facts, protocol=PROTOCOL)
                frames.write(b"h", json.dumps(facts).encode())
            elif model is None:
                raise Fault("protocol", "a question before the greeting")
            elif kind == b"Q":
                answer(frames, model, read_contexts(body))
            elif kind == b"E":
                if not hasattr(model, "embed"):
                    raise Fault("unsupported", "this model gives no vectors of texts")
                answer_texts(frames, model, read_texts(body))
            elif kind == b"T":
                if not hasattr(model, "tokenize"):
                    raise Fault("unsupported", "this back end does not tokenize")
                frames.write(b"t", struct.pack("<%dI" % len(ids := model.tokenize(body)), *ids))
            else:
                raise Fault("protocol", "a frame of kind %r" % kind)
        except Fault as fault:
            frames.write(b"e", json.dumps({"kind": fault.kind, "message": str(fault)}).encode())
        except (KeyboardInterrupt, BrokenPipeError):
            return
        except Exception as error:  # one line for the person; the trace goes to standard error
            import traceback

            traceback.print_exc()
            text = "%s: %s" % (type(error).__name__, str(error).split("\n")[0])
            frames.write(b"e", json.dumps({"kind": "failed", "message": text}).encode())


def answer(frames, model, contexts):
    limit = model.facts.get("context_limit")
    for context in contexts:
        if limit and len(context) > limit:
            raise Fault("context", "a context of %d tokens; the model takes %d" % (len(context), limit))
    before = getattr(model, "tokens_decoded", 0)
    seconds = 0.0
    rows = iter(model.rows(contexts))
    for _ in contexts:
        start = time.perf_counter()
        row = next(rows)
        seconds += time.perf_counter() - start
        if isinstance(row, dict):
            parts = [struct.pack("<If", token, score) for token, score in row.items()]
            frames.write(b"p", struct.pack("<I", len(parts)), *parts)
        else:
            frames.write(b"r", floats(row))
    decoded = getattr(model, "tokens_decoded", 0) - before
    frames.write(b"d", struct.pack("<Qd", decoded, seconds))


def answer_texts(frames, model, texts):
    before = getattr(model, "tokens_decoded", 0)
    start = time.perf_counter()
    vectors = list(model.embed([text.decode("utf-8", "replace") for text in texts]))
    seconds = time.perf_counter() - start
    if len(vectors) != len(texts):
        raise Fault("failed", "%d vectors for %d texts" % (len(vectors), len(texts)))
    for vector in vectors:
        frames.write(b"v", floats(vector))
    decoded = getattr(model, "tokens_decoded", 0) - before
    frames.write(b"d", struct.pack("<Qd", decoded, seconds))


# ------------------------------------------------------------------------------------------- llama.cpp


class Blob:
    """A parameter struct of llama.cpp whose fields differ between releases, as bytes of ample size.

    The few fields that are set are found by their default values, which have not changed; what was set is
    then asked back of the context. (llama-cpp-python brings matching definitions and needs none of this.)
    """

    def __init__(self, ctypes, library, function):
        class Bytes(ctypes.Structure):
            _fields_ = [("bytes", ctypes.c_ubyte * 1024)]

        self.type = Bytes
        make = getattr(library, function)
        make.restype = Bytes
        make.argtypes = []
        self.value = make()

    def place(self, pattern, what):
        found = bytes(self.value.bytes).find(pattern)
        if not 0 <= found < 256:
            raise Fault("backend", "these bindings of llama.cpp lay out %s in an unknown way" % what)
        return found

    def set(self, place, data):
        for index, byte in enumerate(data):
            self.value.bytes[place + index] = byte


class Llama:
    """llama.cpp through the C functions that its Python bindings bring.

    Every context is a sequence of the one KV cache; a new context starts from the sequence with which it
    shares most. So a context costs the tokens behind what it shares with an earlier one.
    """

    sequences = 32
    outputs = 64

    def __init__(self, arguments):
        # Before the library is loaded: waiting threads that spin starve a busy machine.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import ctypes

        self.c = ctypes
        self.lib, name = self.load()
        self.declare()
        if arguments.verbose is False:
            self.silence()
        self.lib.llama_backend_init()
        path = os.fsencode(arguments.model)
        if not os.path.isfile(path):
            raise Fault("model", "no such file")
        self.model = self.lib.llama_model_load_from_file(path, self.model_parameters())
        if not self.model:
            raise Fault("model", "llama.cpp cannot load it")
        self.vocab = self.lib.llama_model_get_vocab(self.model)
        self.width = self.lib.llama_vocab_n_tokens(self.vocab)
        trained = self.lib.llama_model_n_ctx_train(self.model)
        self.limit = min(arguments.context or 4096, trained) if trained > 0 else arguments.context or 4096
        self.context = self.lib.llama_init_from_model(self.model, self.context_parameters())
        if not self.context:
            raise Fault("model", "llama.cpp cannot make a context of %d tokens" % self.limit)
        if self.lib.llama_n_seq_max(self.context) != self.sequences:
            raise Fault("backend", "these bindings of llama.cpp lay out parameters in an unknown way")
        self.lib.llama_set_n_threads(self.context, arguments.threads, arguments.threads)
        self.memory = self.lib.llama_get_memory(self.context)
        self.batch = self.lib.llama_batch_init(512, 0, 1)
        self.held = [()] * self.sequences
        self.used = [0] * self.sequences
        self.clock = 0
        self.tokens_decoded = 0
        begin = self.lib.llama_vocab_bos(self.vocab)
        adds = self.lib.llama_vocab_get_add_bos(self.vocab) and begin >= 0
        ends = [id for id in range(self.width) if self.lib.llama_vocab_is_eog(self.vocab, id)]
        text = ctypes.create_string_buffer(256)
        self.lib.llama_model_desc(self.model, text, 256)
        self.facts = {
            "backend": "llama.cpp by " + name,
            "model": text.value.decode("utf-8", "replace"),
            "vocabulary_size": self.width,
            "end_tokens": ends,
            "begin_token": begin if adds else None,
            "answers_empty_context": False,
            "context_limit": self.limit,
            "batch_invariant": False,
        }

    def load(self):
        """The library and the bindings' name."""
        import importlib.metadata
        import importlib.util

        found = importlib.util.find_spec("llama_cpp")
        if found:
            import llama_cpp

            return llama_cpp.llama_cpp._lib, "llama-cpp-python " + importlib.metadata.version("llama-cpp-python")
        found = importlib.util.find_spec("xllamacpp")
        if found:
            # The module is one extension that exports llama.cpp's functions; importing it loads it.
            from xllamacpp import xllamacpp

            return self.c.CDLL(xllamacpp.__file__), "xllamacpp " + importlib.metadata.version("xllamacpp")
        raise Fault(
            "backend",
            "%s has neither llama-cpp-python nor xllamacpp; install one of them there (pip install xllamacpp),"
            " or name another Python with --python" % sys.executable,
        )

    def declare(self):
        c, lib = self.c, self.lib
        pointer, number = c.c_void_p, c.c_int32

        class Batch(c.Structure):
            _fields_ = [
                ("n_tokens", number),
                ("token", c.POINTER(number)),
                ("embd", pointer),
                ("pos", c.POINTER(number)),
                ("n_seq_id", c.POINTER(number)),
                ("seq_id", c.POINTER(c.POINTER(number))),
                ("logits", c.POINTER(c.c_int8)),
            ]

        self.model_blob = Blob(c, lib, "llama_model_default_params")
        self.context_blob = Blob(c, lib, "llama_context_default_params")
        for name, result, *arguments in [
            ("llama_backend_init", None),
            ("llama_model_load_from_file", pointer, c.c_char_p, self.model_blob.type),
            ("llama_init_from_model", pointer, pointer, self.context_blob.type),
            ("llama_model_get_vocab", pointer, pointer),
            ("llama_vocab_n_tokens", number, pointer),
            ("llama_vocab_bos", number, pointer),
            ("llama_vocab_get_add_bos", c.c_bool, pointer),
            ("llama_vocab_is_eog", c.c_bool, pointer, number),
            ("llama_model_n_ctx_train", number, pointer),
            ("llama_model_desc", number, pointer, c.c_char_p, c.c_size_t),
            ("llama_n_ctx", c.c_uint32, pointer),
            ("llama_n_seq_max", c.c_uint32, pointer),
            ("llama_set_n_threads", None, pointer, number, number),
            ("llama_get_memory", pointer, pointer),
            ("llama_memory_clear", None, pointer, c.c_bool),
            ("llama_memory_seq_rm", c.c_bool, pointer, number, number, number),
            ("llama_memory_seq_cp", None, pointer, number, number, number, number),
            ("llama_batch_init", Batch, number, number, number),
            ("llama_decode", number, pointer, Batch),
            ("llama_get_logits_ith", pointer, pointer, number),
            ("llama_set_embeddings", None, pointer, c.c_bool),
            ("llama_pooling_type", number, pointer),
            ("llama_model_n_embd", number, pointer),
            ("llama_get_embeddings_seq", c.POINTER(c.c_float), pointer, number),
            ("llama_get_embeddings_ith", c.POINTER(c.c_float), pointer, number),
            ("llama_log_set", None, pointer, pointer),
            ("llama_tokenize", number, pointer, c.c_char_p, number, c.POINTER(number), number, c.c_bool, c.c_bool),
        ]:
            function = getattr(lib, name)
            function.restype = result
            function.argtypes = list(arguments)

    def silence(self):
        kind = self.c.CFUNCTYPE(None, self.c.c_int, self.c.c_char_p, self.c.c_void_p)

        def log(level, text, _):
            if level == 4:  # errors only
                sys.stderr.write(text.decode("utf-8", "replace"))

        self.log = kind(log)
        self.lib.llama_log_set(self.c.cast(self.log, self.c.c_void_p), None)

    def model_parameters(self):
        return self.model_blob.value

    def context_parameters(self):
        blob = self.context_blob
        blob.place(struct.pack("<IIII", 512, 2048, 512, 1), "the sizes of a context")
        # One cache for all sequences, with room for the branches beside the longest context.
        blob.set(0, struct.pack("<IIII", self.limit + 1024, 512, 512, self.sequences))
        # embeddings, offload_kqv, no_perf, op_offload, swa_full, kv_unified
        blob.set(blob.place(bytes([0, 1, 1, 1, 1, 0]), "the switches of a context") + 5, bytes([1]))
        return blob.value

    def rows(self, contexts):
        """Rows in the order of the contexts; prefixes are asked for together with what extends them."""
        order = sorted(set(contexts))
        done = {}
        start = 0
        while start < len(order):
            # A chain: each context begins with the one before it.
            chain = [order[start]]
            for context in order[start + 1 : start + self.outputs]:
                if context[: len(chain[-1])] != chain[-1]:
                    break
                chain.append(context)
            start += len(chain)
            for context, row in zip(chain, self.chain(chain)):
                done[context] = row
        for context in contexts:
            yield done[context]

    def chain(self, chain):
        """Rows after several beginnings of the last context of a chain."""
        whole = chain[-1]
        if not chain[0]:
            raise Fault("context", "llama.cpp gives no scores without any token before")
        bad = [id for id in whole if id >= self.width]
        if bad:
            raise Fault("id", "id %d; the model has %d" % (bad[0], self.width))
        wanted = {len(context) for context in chain}
        # What is asked for must be decoded even where the cache has it.
        slot, shared = self.claim(whole, min(wanted) - 1)
        rows = {}
        place = shared
        while place < len(whole):
            end = min(place + 512, len(whole))
            # At most `outputs` rows a call: their buffer grows with the vocabulary.
            here = [n for n in sorted(wanted) if place < n <= end]
            if len(here) > self.outputs:
                end = here[self.outputs - 1]
                here = here[: self.outputs]
            self.decode(slot, whole, place, end, set(here))
            for n in here:
                pointer = self.lib.llama_get_logits_ith(self.context, n - 1 - place)
                if not pointer:
                    raise Fault("failed", "llama.cpp has no scores at position %d" % (n - 1))
                rows[n] = self.c.string_at(pointer, 4 * self.width)
            place = end
        self.held[slot] = whole
        return [rows[len(context)] for context in chain]

    def claim(self, whole, most):
        """A sequence that holds the longest known beginning of `whole`, at most `most` tokens."""
        self.clock += 1
        best, shared = 0, -1
        for slot, held in enumerate(self.held):
            count = common(held, whole, most)
            if count > shared:
                best, shared = slot, count
        self.used[best] = self.clock
        slot = best
        if shared < len(self.held[best]) and len(self.held[best]) > 0:
            slot = min(range(self.sequences), key=lambda s: (self.used[s], s))
            self.lib.llama_memory_seq_rm(self.memory, slot, -1, -1)
            if shared > 0:
                self.lib.llama_memory_seq_cp(self.memory, best, slot, 0, shared)
            self.used[slot] = self.clock
        self.held[slot] = whole[:shared]
        return slot, shared

    def decode(self, slot, whole, start, end, wanted):
        batch = self.batch
        batch.n_tokens = end - start
        for index in range(start, end):
            at = index - start
            batch.token[at] = whole[index]
            batch.pos[at] = index
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = slot
            batch.logits[at] = 1 if index + 1 in wanted else 0
        status = self.lib.llama_decode(self.context, batch)
        if status == 1:
            # No room: only this sequence stays.
            for other in range(self.sequences):
                if other != slot:
                    self.lib.llama_memory_seq_rm(self.memory, other, -1, -1)
                    self.held[other] = ()
            status = self.lib.llama_decode(self.context, batch)
        if status != 0:
            raise Fault("failed", "llama_decode gives %d at token %d" % (status, start))
        self.tokens_decoded += end - start

    def tokenize(self, text):
        room = len(text) + 8
        ids = (self.c.c_int32 * room)()
        count = self.lib.llama_tokenize(self.vocab, bytes(text), len(text), ids, room, False, False)
        if count < 0:
            raise Fault("failed", "llama_tokenize gives %d" % count)
        return list(ids[:count])


class LlamaVectors(Llama):
    """Vectors of texts by llama.cpp: pooled as the file says, else the mean of the last states of all tokens."""

    def __init__(self, arguments):
        super().__init__(arguments)
        self.lib.llama_set_embeddings(self.context, True)
        # 0: a vector a token; rerankers (4) give no vectors of texts.
        self.pooling = self.lib.llama_pooling_type(self.context)
        if self.pooling not in (0, 1, 2, 3):
            raise Fault("unsupported", "a model that pools in a way that gives no vectors of texts")
        self.size = self.lib.llama_model_n_embd(self.model)
        self.facts["dimensions"] = self.size

    def embed(self, texts):
        tokens = [self.ids(text.encode()) for text in texts]
        done = [None] * len(texts)
        # Short ones together: a call has 512 tokens at most, and each text is a sequence of its own.
        block, count = [], 0
        for number in sorted(range(len(texts)), key=lambda n: (len(tokens[n]), n)):
            if block and (count + len(tokens[number]) > 512 or len(block) == self.sequences):
                self.pool(block, tokens, done)
                block, count = [], 0
            if tokens[number]:
                block.append(number)
                count += len(tokens[number])
            else:
                done[number] = [0.0] * self.size
        if block:
            self.pool(block, tokens, done)
        return done

    def ids(self, text):
        room = len(text) + 16
        ids = (self.c.c_int32 * room)()
        count = self.lib.llama_tokenize(self.vocab, text, len(text), ids, room, True, False)
        if count < 0:
            raise Fault("failed", "llama_tokenize gives %d" % count)
        return list(ids[: min(count, 512, self.limit)])

    def pool(self, block, tokens, done):
        if self.memory:
            self.lib.llama_memory_clear(self.memory, True)
        batch = self.batch
        at = 0
        for slot, number in enumerate(block):
            for place, id in enumerate(tokens[number]):
                batch.token[at] = id
                batch.pos[at] = place
                batch.n_seq_id[at] = 1
                batch.seq_id[at][0] = slot
                batch.logits[at] = 1
                at += 1
        batch.n_tokens = at
        status = self.lib.llama_decode(self.context, batch)
        if status != 0:
            raise Fault("failed", "llama_decode gives %d for %d texts" % (status, len(block)))
        self.tokens_decoded += at
        at = 0
        for slot, number in enumerate(block):
            if self.pooling:
                done[number] = self.vector(self.lib.llama_get_embeddings_seq(self.context, slot))
            else:
                states = [
                    self.vector(self.lib.llama_get_embeddings_ith(self.context, at + place))
                    for place in range(len(tokens[number]))
                ]
                done[number] = [math.fsum(column) / len(states) for column in zip(*states)]
            at += len(tokens[number])

    def vector(self, pointer):
        if not pointer:
            raise Fault("failed", "llama.cpp has no vector of a text")
        return pointer[: self.size]


def common(a, b, most):
    """The number of tokens two sequences begin with alike, at most `most`."""
    count = min(len(a), len(b), most)
    if a[:count] == b[:count]:
        return count
    low, high = 0, count
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# ---------------------------------------------------------------------------------------- transformers


class Transformers:
    """transformers' causal language models, one KV cache that is cut back to what contexts share."""

    def __init__(self, arguments):
        try:
            import torch
            import transformers
        except ImportError as error:
            raise Fault(
                "backend",
                "%s cannot import %s; install torch and transformers there, or name another Python with --python"
                % (sys.executable, error.name),
            )
        self.torch = torch
        torch.set_num_threads(arguments.threads)
        torch.set_grad_enabled(False)
        try:
            self.model = transformers.AutoModelForCausalLM.from_pretrained(
                arguments.model, local_files_only=True
            ).float().eval()
        except (OSError, ValueError) as error:
            raise Fault("model", str(error).split("\n")[0])
        config = self.model.config
        limit = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        if arguments.context:
            limit = min(arguments.context, limit or arguments.context)
        ends = config.eos_token_id
        self.held = ()
        self.cache = None
        self.tokens_decoded = 0
        self.facts = {
            "backend": "transformers " + transformers.__version__,
            "model": config.model_type,
            "vocabulary_size": self.model.get_output_embeddings().weight.shape[0],
            "end_tokens": ends if isinstance(ends, list) else [] if ends is None else [ends],
            "begin_token": config.bos_token_id if arguments.begin else None,
            "answers_empty_context": False,
            "context_limit": limit,
            "batch_invariant": False,
        }

    def rows(self, contexts):
        done = {}
        for context in sorted(set(contexts)):
            if not context:
                raise Fault("context", "transformers gives no scores without any token before")
            shared = common(self.held, context, len(context) - 1)
            if self.cache is None or not hasattr(self.cache, "crop"):
                self.cache, shared = None, 0
            elif shared < len(self.held):
                self.cache.crop(shared)
            ids = self.torch.tensor([context[shared:]])
            result = self.model(input_ids=ids, past_key_values=self.cache, use_cache=True)
            self.cache = result.past_key_values
            self.held = context
            self.tokens_decoded += len(context) - shared
            row = result.logits[0, -1].float().contiguous()
            done[context] = bytes(row.numpy().astype("<f4").tobytes())
        for context in contexts:
            yield done[context]


class TransformersVectors:
    """Vectors of texts by transformers, pooled and scaled as a sentence-transformers folder says.

    A folder without modules.json gives the mean over the tokens that are no padding, as it is. One with other modules
    than pooling (mean or first token) and scaling to length 1 needs sentence-transformers.
    """

    batch = 64

    def __init__(self, arguments):
        try:
            import torch
            import transformers
        except ImportError as error:
            raise Fault(
                "backend",
                "%s cannot import %s; install torch and transformers there, or name another Python with --python"
                % (sys.executable, error.name),
            )
        self.torch = torch
        torch.set_num_threads(arguments.threads)
        torch.set_grad_enabled(False)
        folder = arguments.model
        if not os.path.isfile(os.path.join(folder, "config.json")):
            raise Fault("model", "no model folder (no config.json)")
        self.tokens_decoded = 0
        self.whole = None
        self.pooling, self.scaled, self.limit = self.recipe(folder)
        try:
            if self.pooling is None:
                self.whole, name = self.sentence_transformers(folder)
                size = len(self.whole.encode(["a"])[0])
            else:
                self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
                self.model = transformers.AutoModel.from_pretrained(folder, local_files_only=True).float().eval()
                size = self.model.config.hidden_size
                most = getattr(self.model.config, "max_position_embeddings", None) or 512
                self.limit = min(arguments.context or self.limit or most, most)
                if self.tokenizer.pad_token is None:
                    self.tokenizer.pad_token = self.tokenizer.eos_token or self.tokenizer.unk_token
                name = "transformers " + transformers.__version__
        except (OSError, ValueError) as error:
            raise Fault("model", str(error).split("\n")[0])
        self.facts = {"backend": name, "model": os.path.basename(folder.rstrip("/")), "dimensions": size}

    @staticmethod
    def recipe(folder):
        """Pooling (None where this program cannot), whether vectors are scaled to length 1, and the longest text."""

        def read(*parts):
            path = os.path.join(folder, *parts)
            if not os.path.isfile(path):
                return None
            with open(path, encoding="utf-8") as file:
                return json.load(file)

        limit = (read("sentence_bert_config.json") or {}).get("max_seq_length")
        modules = read("modules.json")
        if modules is None:
            return "mean", False, limit
        kinds = [module.get("type", "").rsplit(".", 1)[-1] for module in modules]
        if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]) or modules[0].get("path"):
            return None, False, limit
        settings = read(modules[1].get("path", ""), "config.json") or {}
        if "pooling_mode" in settings:
            modes = [settings["pooling_mode"]]
        else:
            names = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
            modes = [names.get(key) for key, value in settings.items() if key.startswith("pooling_mode_") and value]
        if modes not in (["mean"], ["cls"]):
            return None, False, limit
        return modes[0], len(kinds) == 3, limit

    @staticmethod
    def sentence_transformers(folder):
        try:
            import sentence_transformers
        except ImportError:
            raise Fault(
                "backend", "the folder's modules need sentence-transformers, which %s does not have" % sys.executable
            )
        model = sentence_transformers.SentenceTransformer(folder, device="cpu", local_files_only=True)
        return model, "sentence-transformers " + sentence_transformers.__version__

    def embed(self, texts):
        if self.whole is not None:
            return [vector.astype("<f4").tobytes() for vector in self.whole.encode(texts, batch_size=self.batch)]
        torch = self.torch
        done = [None] * len(texts)
        order = sorted(range(len(texts)), key=lambda n: (len(texts[n]), n))
        for start in range(0, len(order), self.batch):
            block = order[start : start + self.batch]
            given = self.tokenizer(
                [texts[n] for n in block], padding=True, truncation=True, max_length=self.limit, return_tensors="pt"
            )
            mask = given["attention_mask"]
            self.tokens_decoded += int(mask.sum())
            if mask.shape[1] == 0:
                vectors = torch.zeros(len(block), self.facts["dimensions"])
            else:
                states = self.model(**given).last_hidden_state
                if self.pooling == "cls":
                    vectors = states[:, 0]
                else:
                    weights = mask.unsqueeze(-1).to(states.dtype)
                    vectors = (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            if self.scaled:
                vectors = torch.nn.functional.normalize(vectors, dim=1)
            for n, vector in zip(block, vectors):
                done[n] = vector.contiguous().numpy().astype("<f4").tobytes()
        return done


# ------------------------------------------------------------------------------------------------ http


class Server:
    """A llama-server style endpoint: POST /completion with ids as prompt and n_probs.

    An endpoint that gives all tokens gives full rows; one that gives the top ones only gives partial rows.
    """

    def __init__(self, arguments):
        import http.client
        import urllib.parse

        self.errors = (OSError, http.client.HTTPException)
        place = urllib.parse.urlsplit(arguments.model)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise Fault("model", "an address like http://127.0.0.1:8080 is needed")
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        self.connect = lambda: kind(place.hostname, place.port, timeout=600)
        self.path = place.path.rstrip("/")
        self.connection = None
        self.tokens_decoded = 0
        known = self.ask("GET", "/v1/models", None, optional=True) or {}
        models = known.get("data") or [{}]
        meta = models[0].get("meta") or {}
        self.width = meta.get("n_vocab") or arguments.vocabulary
        if not self.width:
            raise Fault("model", "the server does not say how many tokens it has; -t names a tokenizer")
        properties = self.ask("GET", "/props", None, optional=True) or {}
        settings = properties.get("default_generation_settings") or {}
        self.facts = {
            "backend": "llama-server",
            "model": str(models[0].get("id", "")),
            "vocabulary_size": self.width,
            "end_tokens": [],
            "begin_token": None,
            "answers_empty_context": False,
            "context_limit": settings.get("n_ctx") or meta.get("n_ctx_train"),
            "batch_invariant": False,
        }

    def ask(self, method, path, body, optional=False):
        data = None if body is None else json.dumps(body).encode()
        for attempt in (0, 1):
            fresh = self.connection is None
            try:
                self.connection = self.connection or self.connect()
                headers = {"Content-Type": "application/json"} if data else {}
                self.connection.request(method, self.path + path, data, headers)
                response = self.connection.getresponse()
                text = response.read()
                break
            except self.errors as error:
                self.connection = None
                # A kept connection may have been closed between two questions.
                if fresh or attempt:
                    raise Fault("model", "no answer from the server: %s" % (str(error) or type(error).__name__))
        if response.status != 200:
            if optional:
                return None
            try:
                message = json.loads(text)["error"]["message"]
            except (ValueError, KeyError, TypeError):
                message = text[:200].decode("utf-8", "replace")
            kind = "context" if "context" in message and "exceed" in message else "failed"
            raise Fault(kind, "the server answers %d: %s" % (response.status, message.strip().replace("\n", " ")))
        try:
            return json.loads(text)
        except ValueError:
            if optional:
                return None
            raise Fault("failed", "the server's answer to %s is no JSON" % path)

    def rows(self, contexts):
        for context in contexts:
            if not context:
                raise Fault("context", "a server gives no scores without any token before")
            answer = self.ask(
                "POST",
                "/completion",
                {
                    "prompt": list(context),
                    "n_predict": 1,
                    "n_probs": self.width,
                    "temperature": 1.0,
                    "top_k": 0,
                    "top_p": 1.0,
                    "min_p": 0.0,
                    "samplers": [],
                    "post_sampling_probs": False,
                    "cache_prompt": True,
                    "stream": False,
                },
            )
            self.tokens_decoded += answer.get("tokens_evaluated") and answer.get("timings", {}).get("prompt_n", 0) or 0
            listed = (answer.get("completion_probabilities") or [{}])[0].get("top_logprobs")
            if not listed:
                raise Fault("failed", "the server's answer has no completion_probabilities")
            row = {}
            for entry in listed:
                if "id" not in entry or not isinstance(entry.get("logprob"), (int, float)):
                    raise Fault("failed", "the server's answer has entries without id or logprob")
                # Null and very low numbers stand for tokens that cannot come.
                row[entry["id"]] = float(entry["logprob"]) if entry["logprob"] > -1e30 else -math.inf
            bad = [id for id in row if not 0 <= id < self.width]
            if bad:
                raise Fault("id", "id %d; the model has %d" % (bad[0], self.width))
            if len(row) == self.width:
                yield [row[id] for id in range(self.width)]
            else:
                yield row


# ------------------------------------------------------------------------------------------------ main


def own(arguments):
    """The model of a user's own file."""
    import importlib.util

    if not os.path.isfile(arguments.model):
        raise Fault("model", "no such file")
    spec = importlib.util.spec_from_file_location("toklab_model", arguments.model)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "open_model"):
        raise Fault("model", "the file defines no open_model(arguments)")
    return module.open_model(arguments)


def end_with(parent):
    """Ends this process when toklab has gone: it may be in the middle of a long answer, whose end nobody waits for."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def main():
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    parser = argparse.ArgumentParser()
    backends = {"llama": Llama, "transformers": Transformers, "http": Server, "python": own}
    parser.add_argument("backend", choices=sorted(backends))
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--context", type=int, default=0)
    parser.add_argument("--vocabulary", type=int, default=0)
    parser.add_argument("--begin", action="store_true")
    parser.add_argument("--embed", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    # Libraries print; what they print must not get between the frames.
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(os.devnull) as null:
        os.dup2(null.fileno(), 0)
    if arguments.embed:
        backends.update(llama=LlamaVectors, transformers=TransformersVectors)
    serve(Frames(source, sink), lambda: backends[arguments.backend](arguments))


if __name__ == "__main__":
    main()

"""genlm-bytes on rows of another program: its next-byte distributions along a text.

    genlm_bytes_peer.py SOCKET VOCABULARY BEGIN TEXT SETTINGS

VOCABULARY has a line of hexadecimal bytes an id, empty for what is no text. SETTINGS: K:THRESHOLD,… For each one a line
of JSON: contexts asked for, log P(text), and for each byte position the probabilities of the bytes 0 to 254 and of
everything else (byte 255, which no token has, stands for tokens that are no text).
"""
import asyncio
import json
import socket
import struct
import sys
import types

import numpy as np
import torch
from genlm.backend.tokenization import Token
from genlm.bytes.byte_lm.beam import BeamParams, ByteBeamState

path, vocabulary, begin, text, settings = sys.argv[1:]


class Rows:
    """What genlm-bytes asks of a language model."""

    def __init__(self, words):
        self.byte_vocab = [Token(i, bytes.fromhex(w) or b"\xff" + str(i).encode()) for i, w in enumerate(words)]
        self.tokenizer = types.SimpleNamespace(bos_token_id=int(begin))
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(path)
        self.reader = self.connection.makefile("rb")
        self.asked = set()
        self.known = {}

    async def next_token_logprobs(self, ids, **_):
        key = tuple(ids)
        self.asked.add(key)
        if key not in self.known:
            self.connection.sendall((" ".join(map(str, ids)) + "\n").encode())
            (length,) = struct.unpack("<Q", self.reader.read(8))
            row = np.frombuffer(self.reader.read(length), dtype="<f4").astype(np.float64)
            row = row[: len(self.byte_vocab)]
            row = row - row.max()
            self.known[key] = torch.from_numpy(row - np.log(np.exp(row).sum()))
            while len(self.known) > 2000:
                del self.known[next(iter(self.known))]
        return self.known[key]

    async def batch_next_token_logprobs(self, batch, **_):
        return torch.stack([await self.next_token_logprobs(ids) for ids in batch])


async def run(llm, width, threshold):
    llm.asked = set()
    beam = await ByteBeamState.initial(llm, BeamParams(K=width, prune_threshold=threshold))
    rows = []
    for byte in text.encode():
        logs = (await beam.logp_next()).ps
        row = np.exp(np.asarray(logs, dtype=np.float64))
        rows.append([float(x) for x in row[:255]] + [float(row[255:].sum())])
        beam = await (beam.prune() << byte)
    total = float(beam.logZ)
    await beam.cleanup()
    return {"contexts": len(llm.asked), "log_probability": total, "rows": rows}


async def main():
    llm = Rows(open(vocabulary).read().split("\n")[:-1])
    for setting in settings.split(","):
        width, threshold = setting.split(":")
        print(json.dumps(await run(llm, int(width), float(threshold))), flush=True)


asyncio.run(main())

"""A model for `--model python:…`: llama.cpp, every row computed once and given to other programs too.

Others ask at the Unix socket that the environment names (TOKLAB_ROWS_SOCKET): a line of ids, answered by the row as
32-bit floats. So two programs read the same numbers whatever their order of asking.
"""
import argparse
import os
import socket
import struct
import sys
import threading

helper = sys.modules["__main__"]


class Shared:
    def __init__(self, model):
        self.model, self.facts = model, dict(model.facts)
        self.known, self.lock = {}, threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.environ["TOKLAB_ROWS_SOCKET"])
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def row(self, context):
        with self.lock:
            if context not in self.known:
                self.known[context] = bytes(next(iter(self.model.rows([context]))))
            return self.known[context]

    def rows(self, contexts):
        for context in contexts:
            yield self.row(tuple(context))

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    row = self.row(tuple(int(word) for word in line.split()))
                    connection.sendall(struct.pack("<Q", len(row)) + row)


def open_model(arguments):
    options = argparse.Namespace(**dict(vars(arguments), model=os.environ["TOKLAB_ROWS_MODEL"]))
    return Shared(helper.Llama(options))

"""A model for tests: scores by a rule that Swift knows too, and every fault a helper may have.

A test writes a line `FAULT = "…"` in front.
"""
import os
import struct
import sys


class Standin:
    def __init__(self, arguments):
        self.fault = FAULT
        self.size = arguments.vocabulary
        self.tokens_decoded = 0
        self.asked = 0
        self.facts = {
            "backend": "standin",
            "model": "a rule",
            "vocabulary_size": self.size + (3 if self.fault == "wide" else 0),
            "end_tokens": [self.size - 1],
            "answers_empty_context": self.fault != "begin",
            "context_limit": 20 if self.fault == "short" else None,
            "batch_invariant": True,
            "extra": {"ignored": [1, 2]},
            "dimensions": None if self.fault == "scores" else 5,
        }
        if self.fault == "open":
            raise ValueError("no such weights\nat all")

    def scores(self, context):
        state = 1
        for id in context:
            state = (state * 31 + id + 7) % 10007
        return [((state * (id + 3)) % 97) / 16 for id in range(self.facts["vocabulary_size"])]

    def embed(self, texts):
        """The counts of four letters, or a fault at the text that asks for it."""
        for text in texts:
            if "!" in text and self.fault == "crash":
                sys.stderr.write("out of memory\n")
                sys.stderr.flush()
                os._exit(7)
            if "!" in text and self.fault == "raise":
                raise RuntimeError("the model is tired")
            vector = [float(text.count(letter)) for letter in "abcd"]
            if "!" in text and self.fault == "nan":
                vector[1] = float("nan")
            if "!" in text and self.fault == "narrow":
                vector.pop()
            self.asked += 1
            vector.append(float(self.asked))
            yield vector

    def rows(self, contexts):
        for number, context in enumerate(contexts):
            self.tokens_decoded += len(context)
            row = self.scores(context)
            if len(context) >= 3:
                if self.fault == "crash":
                    sys.stderr.write("out of memory\n")
                    sys.stderr.flush()
                    os._exit(7)
                if self.fault == "killed":
                    os.kill(os.getpid(), 9)
                if self.fault == "nan":
                    row[2] = float("nan")
                if self.fault == "infinite":
                    row[2] = float("inf")
                if self.fault == "narrow":
                    row = row[:-1]
                if self.fault == "raise":
                    raise RuntimeError("the model is tired")
            if self.fault == "print":
                print("libraries talk")
            if self.fault == "top":
                import math

                total = math.log(sum(math.exp(x) for x in row))
                best = [id for id in range(len(row)) if not 200 <= id < 250]
                yield {id: row[id] - total for id in best}
            else:
                yield row


def open_model(arguments):
    return Standin(arguments)


if __name__ == "__main__":
    # As a helper of its own: what does not follow the protocol.
    fault = FAULT
    sys.stdin.buffer.read(9)
    if fault == "version":
        body = b'h{"protocol": 2, "vocabulary_size": 5}'
    elif fault == "json":
        body = b"h{"
    elif fault == "kind":
        body = b"z"
    elif fault == "silent":
        sys.exit(0)
    else:
        sys.stdout.buffer.write(b"Loading model...\n")
        sys.stdout.flush()
        sys.exit(0)
    sys.stdout.buffer.write(struct.pack("<I", len(body)) + body)
    sys.stdout.flush()
    sys.stdin.buffer.read(1)

"""Lexemes of Python source as Python's own tokenize module cuts it: one line `kind start end` (bytes) a lexeme.

Without input, a module of the standard library is read, whose text is printed first after its length in bytes.
"""
import io
import keyword
import sys
import token
import tokenize

NAMES = ["textwrap", "fractions", "heapq", "bisect", "shlex", "csv", "colorsys", "difflib"]


def main():
    module = __import__(NAMES[int(sys.argv[1])])
    source = open(module.__file__, "rb").read()
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    lines = source.decode().split("\n")

    def offset(place):
        row, column = place
        return starts[row - 1] + len(lines[row - 1][:column].encode())

    out = sys.stdout.buffer
    out.write(b"%d\n" % len(source) + source)
    for item in tokenize.generate_tokens(io.StringIO(source.decode()).readline):
        if item.type in (token.NEWLINE, token.INDENT, token.DEDENT, token.ENDMARKER, tokenize.COMMENT, tokenize.NL):
            continue
        kind = "operator"
        if item.type == token.NAME:
            kind = "keyword" if keyword.iskeyword(item.string) else "identifier"
        elif item.type in (token.STRING, token.NUMBER):
            kind = "literal"
        elif item.string in "()[]{},.;":
            kind = "delimiter"
        out.write(f"{kind} {offset(item.start)} {offset(item.end)}\n".encode())


main()

#!/usr/bin/env python3
"""longest_prefix.py VOCABULARY TEXT: greedy longest-prefix ids of a whole text, one line.

VOCABULARY is a text of lines "id literal length", as RWKV's readers take it (Python's own literals).
"""
import ast
import sys

tokens = {}
longest = 0
with open(sys.argv[1], encoding="utf-8", newline="\n") as lines:
    for line in lines:
        first, last = line.index(" "), line.rindex(" ")
        token = ast.literal_eval(line[first + 1 : last])
        token = token.encode("utf-8") if isinstance(token, str) else token
        assert len(token) == int(line[last:]), line
        assert token not in tokens, line
        tokens[token] = int(line[:first])
        longest = max(longest, len(token))
with open(sys.argv[2], "rb") as file:
    text = file.read()
ids = []
place = 0
while place < len(text):
    length = next(n for n in range(min(longest, len(text) - place), 0, -1) if text[place : place + n] in tokens)
    ids.append(tokens[text[place : place + length]])
    place += length
print(*ids)

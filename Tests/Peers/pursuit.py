"""Orthogonal matching pursuit by its definition: `pursuit.py ATOMS COLUMNS SPARSITY` reads atoms and targets as 32-bit
floats and prints, a line a target, the atoms in the order they are taken and their weights."""

import sys

import numpy as np

count, columns, sparsity = map(int, sys.argv[1:])
data = np.frombuffer(sys.stdin.buffer.read(), "<f4").astype(np.float64).reshape(-1, columns)
atoms, targets = data[:count], data[count:]
for target in targets:
    taken, weights, rest = [], None, target
    for _ in range(sparsity):
        products = np.abs(atoms @ rest)
        products[taken] = 0
        taken.append(int(products.argmax()))
        weights = np.linalg.lstsq(atoms[taken].T, target, rcond=None)[0]
        rest = target - weights @ atoms[taken]
    print(*taken, *(repr(float(weight)) for weight in weights))

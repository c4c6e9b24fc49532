"""Matching pursuit by mergekit's own code: `mergekit_pursuit.py ATOMS COLUMNS SPARSITY TYPE` reads atoms and targets as
32-bit floats, works in TYPE (float32 or float64) and prints, a line a target, the atoms in the order they are taken and
their weights. With `timed` after TYPE a line before: the seconds and seconds of processor time of the solver alone."""

import sys
import time

import numpy as np
import torch
from mergekit.tokensurgeon import batch_omp

count, columns, sparsity = map(int, sys.argv[1:4])
data = torch.from_numpy(np.frombuffer(sys.stdin.buffer.read(), "<f4").reshape(-1, columns).copy())
data = data.to(getattr(torch, sys.argv[4]))
start, cpu = time.time(), time.process_time()
atoms, weights = batch_omp(data[count:], data[:count], sparsity)
if "timed" in sys.argv:
    print("%.3f %.3f" % (time.time() - start, time.process_time() - cpu))
for row, values in zip(atoms.tolist(), weights.tolist()):
    print(*row, *map(repr, values))

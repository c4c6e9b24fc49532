"""The gguf package's numbers: `gguf_blocks.py TYPE < BLOCKS` writes 32-bit floats; `gguf_blocks.py quantize` reads 32-bit
floats and writes them as Q8_0."""

import sys

import gguf
import numpy as np

data = np.frombuffer(sys.stdin.buffer.read(), np.uint8)
if sys.argv[1] == "quantize":
    result = gguf.quantize(data.view("<f4"), gguf.GGMLQuantizationType.Q8_0)
else:
    kind = gguf.GGMLQuantizationType(int(sys.argv[1]))
    if kind == gguf.GGMLQuantizationType.F32:
        data = data.view("<f4")
    elif kind == gguf.GGMLQuantizationType.F16:
        data = data.view("<f2")
    result = gguf.dequantize(data, kind).astype("<f4")
sys.stdout.buffer.write(np.ascontiguousarray(result).tobytes())

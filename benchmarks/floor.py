"""How many vector multiply-adds this machine makes in a second: what no kernel can beat."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import torch

_SOURCE = """
#include <chrono>
typedef float V __attribute__((vector_size(BYTES)));
extern "C" double rate() {
  V a[12], u = V{} + 0.999f, t = V{} + 1e-9f;
  for (auto &x : a) x = V{} + 1.0f;
  double best = 0;
  for (int trial = 0; trial < 7; trial++) {
    const auto start = std::chrono::steady_clock::now();
    const long n = 4000000;
    V b0 = a[0], b1 = a[1], b2 = a[2], b3 = a[3], b4 = a[4], b5 = a[5], b6 = a[6], b7 = a[7], b8 = a[8], b9 = a[9], c0 = a[10], c1 = a[11];
    for (long i = 0; i < n; i++) {
      b0 = b0 * u + t, b1 = b1 * u + t, b2 = b2 * u + t, b3 = b3 * u + t, b4 = b4 * u + t, b5 = b5 * u + t;
      b6 = b6 * u + t, b7 = b7 * u + t, b8 = b8 * u + t, b9 = b9 * u + t, c0 = c0 * u + t, c1 = c1 * u + t;
    }
    a[0] = b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7 + b8 + b9 + c0 + c1;
    volatile float keep = a[0][0];
    (void)keep;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (12.0 * n / seconds > best) best = 12.0 * n / seconds;
    a[0] = V{} + 1.0f;
  }
  return best;
}
"""


@cache
def multiply_adds(lane_bytes: int) -> float:
    """Vector multiply-adds a second on all of torch's threads, measured with a compiled loop (needs c++)."""
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "rate.cpp", Path(folder) / "rate.so"
        source.write_text(_SOURCE)
        flags = ["-O3", "-march=native", "-ffp-contract=fast", f"-DBYTES={lane_bytes}", "-shared", "-fPIC"]
        subprocess.run(["c++", *flags, str(source), "-o", str(library)], check=True)
        rate = ctypes.CDLL(str(library)).rate
        rate.restype = ctypes.c_double
        return rate() * torch.get_num_threads()


def sublayer_floor_ms(n: int, layers: int, batch: int, lane_bytes: int, instructions: int = 14) -> float:
    """Forward and backward of RY layers, float32, by vector instructions alone.

    14 a butterfly is the straightforward count: 4 forward, 4 + 4 to undo state and cotangent, 2 for the
    gradient. With tangents in place of sine and cosine it is 8.
    """
    tiles = -(-batch // (lane_bytes // 4))
    return 1e3 * tiles * layers * n * 2 ** (n - 1) * instructions / multiply_adds(lane_bytes)

"""The compiled core's algorithm in Numba: is the build step worth it? ⟨Z⟩, float32, forward and backward.

    python benchmarks/numba_core.py

Tokens are the innermost axis (16 a tile), CNOTs are index maps, tangents in place of sine and cosine, state
and cotangent rolled back together: what native/layers.hpp does, as far as Numba can be told. If this came
within 1.3 × of the compiled core, the build step would go.
"""

# ruff: noqa: PLR0912
from __future__ import annotations

import numba
import numpy as np
import torch

from measure import interleave, save
from qualms.circuits import LayeredAnsatz
from qualms.kernels import ry_ring
from sublayer_core import CASES, TOKENS, case, oracle, runner

LANES = 16


@numba.njit(fastmath=True, inline="always")
def _pair(state, a, b, t):
    for k in range(LANES):
        x, y = state[a, k], state[b, k]
        state[a, k] = x - t * y
        state[b, k] = y + t * x


@numba.njit(fastmath=True, inline="always")
def _pair_back(state, cotangent, a, b, t, total):
    for k in range(LANES):
        x, y, u, v = state[a, k], state[b, k], cotangent[a, k], cotangent[b, k]
        total[k] += v * x - u * y
        state[a, k], state[b, k] = x + t * y, y - t * x
        cotangent[a, k], cotangent[b, k] = u + t * v, v - t * u


@numba.njit(fastmath=True, parallel=True, cache=False)
def forward(x, tangent, order, scale, out, saved, inverse):
    tiles, d, n, rows = x.shape[0] // LANES, x.shape[1], tangent.shape[1], tangent.shape[0]
    for tile in numba.prange(tiles):
        state = saved[tile]
        norm = np.zeros(LANES, np.float32)
        for k in range(LANES):
            for i in range(d):
                value = x[tile * LANES + k, i]
                state[i, k] = value
                norm[k] += value * value
        for k in range(LANES):
            inverse[tile, k] = 1 / np.sqrt(norm[k])
        for row in range(rows):
            place = order[row]
            for q in range(n):
                stride = 1 << (n - 1 - q)
                for i in range(d):
                    if not i & stride:
                        _pair(state, place[i], place[i | stride], tangent[row, q])
        place = order[rows]
        z = np.zeros((n, LANES), np.float32)
        for i in range(d):
            for k in range(LANES):
                p = state[place[i], k] * scale * inverse[tile, k]
                norm[k] = p * p
            for q in range(n):
                sign = np.float32(1 - 2 * ((i >> (n - 1 - q)) & 1))
                for k in range(LANES):
                    z[q, k] += sign * norm[k]
        for k in range(LANES):
            for q in range(n):
                out[tile * LANES + k, q] = z[q, k]


@numba.njit(fastmath=True, parallel=True, cache=False)
def backward(grad, tangent, order, scale, start_scale, saved, inverse, grad_x, totals):
    tiles, d, n, rows = grad.shape[0] // LANES, order.shape[1], tangent.shape[1], tangent.shape[0]
    for tile in numba.prange(tiles):
        state, cotangent = np.empty((d, LANES), np.float32), np.empty((d, LANES), np.float32)
        overlap = np.zeros(LANES, np.float32)
        place = order[rows]
        for i in range(d):
            for k in range(LANES):
                weight = np.float32(0)
                for q in range(n):
                    weight += np.float32(1 - 2 * ((i >> (n - 1 - q)) & 1)) * grad[tile * LANES + k, q]
                a = saved[tile, place[i], k] * scale * inverse[tile, k]
                state[place[i], k] = a
                cotangent[place[i], k] = 2 * a * weight
                overlap[k] += 2 * a * a * weight
        for row in range(rows - 1, -1, -1):
            place = order[row]
            for q in range(n):
                stride = 1 << (n - 1 - q)
                total = np.zeros(LANES, np.float32)
                for i in range(d):
                    if not i & stride:
                        _pair_back(state, cotangent, place[i], place[i | stride], tangent[row, q], total)
                totals[tile, row, q] = total.sum()
        for k in range(LANES):
            for i in range(d):
                grad_x[tile * LANES + k, i] = (
                    (cotangent[i, k] - state[i, k] * overlap[k]) * inverse[tile, k] * start_scale
                )


def numba_both(x: np.ndarray, angles: np.ndarray, cotangent: np.ndarray):
    layers, n = angles.shape
    permutation = LayeredAnsatz(n, 1).permutation()
    order = np.empty((layers + 1, 1 << n), np.int32)
    order[0] = np.arange(1 << n)
    for row in range(layers):
        order[row + 1] = order[row][permutation]
    cosine = np.cos(angles.astype(np.float64) / 2)
    tangent = np.tan(angles.astype(np.float64) / 2).astype(np.float32)
    scale = np.float32(cosine.prod())
    flat = cosine[::-1].ravel()  # order in which the way back leaves cosines out
    before = np.concatenate([[1.0], np.cumprod(flat)[:-1]]).reshape(layers, n)[::-1]
    tiles = len(x) // LANES
    out, saved = np.empty((len(x), n), np.float32), np.empty((tiles, 1 << n, LANES), np.float32)
    inverse, grad_x, totals = (
        np.empty((tiles, LANES), np.float32),
        np.empty_like(x),
        np.empty((tiles, layers, n), np.float32),
    )
    forward(x, tangent, order, scale, out, saved, inverse)
    backward(cotangent, tangent, order, scale, scale, saved, inverse, grad_x, totals)
    return out, grad_x, (totals.astype(np.float64).sum(0) * 0.5 * before**2).astype(np.float32)


def main() -> None:
    numba.set_num_threads(torch.get_num_threads())
    rows = []
    for n, layers in CASES:
        x, angles, cotangent = case(n, layers, TOKENS)
        arrays = [t.detach().numpy() for t in (x, angles, cotangent)]
        if layers == 2:
            small = [t[:32] if k != 1 else t for k, t in enumerate((x, angles, cotangent))]
            out, to_x, to_angles = numba_both(*(t.detach().numpy() for t in small))
            expected, directions, along, angle_gradient = oracle(*small)
            for got, right in (
                (out, expected),
                ((directions * to_x).sum(2), along),
                (to_angles, angle_gradient),
            ):
                assert np.abs(got - right).max() / np.abs(right).max() < 1e-4
        times = interleave(
            {"qualms": runner(ry_ring, x, angles, cotangent), "numba": lambda a=arrays: numba_both(*a)}, 1.5
        )
        ratio = times["numba"]["min_ms"] / times["qualms"]["min_ms"]
        rows.append({"n": n, "layers": layers, "numba_to_qualms": ratio, **times})
        print(
            (
                f"n={n} L={layers}: compiled {times['qualms']['min_ms']:.3f} ms, numba "
                f"{times['numba']['min_ms']:.3f} ms, × {ratio:.2f}"
            ),
            flush=True,
        )
    print(save("numba_core", rows))


if __name__ == "__main__":
    main()

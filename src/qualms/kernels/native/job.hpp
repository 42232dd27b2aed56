// One call's numbers and pointers, laid out as kernels/core.py fills it in.
#pragma once
#include <cstdint>

namespace qualms {

enum Readout : int64_t { kZ = 0, kProbabilities = 1, kAmplitudes = 2 };
constexpr int kMaxQubits = 24;

struct Job {
  int64_t circuits, batch, n, rows;  // rows of RY in every circuit
  int64_t closing;                   // no CNOTs after the last row
  int64_t readout, normalize;
  int64_t shared_x;  // x is (batch, 2ⁿ) for all circuits, not (circuits, batch, 2ⁿ)
  int64_t need_x;    // whether the gradient to x is wanted
  int64_t threads;
  int64_t n_cnots;
  int64_t angle_bytes;     // 4 or 8, of one angle and of its gradient
  const int32_t *cnots;    // (n_cnots, 2) control, target; qubit 0 is the most significant bit
  const void *angles;      // (circuits, rows, n)
  const void *x;           // float or double, as the function called
  void *out;               // (circuits, batch, n | 2ⁿ)
  void *state;             // (circuits, tiles, 2ⁿ + 2, lanes), aligned to 64 bytes: the final amplitudes, kept for the backward pass
  const void *grad;        // as out
  void *grad_x;            // as x
  void *grad_angles;       // (circuits, rows, n)
};

struct WideJob {
  int64_t n, batch, threads;  // `batch` states of 2ⁿ complex amplitudes
  int64_t n_turns;            // RY gates, each on its own qubit
  int64_t columns;            // of the phase table
  const int32_t *qubits;      // (n_turns)
  const double *angles;       // (n_turns)
  const int32_t *column;      // (2ⁿ) each amplitude's place in the table
  const void *table;          // (columns) complex
  void *state;                // (batch, 2ⁿ) complex float or double, aligned to 64 bytes, changed in place
  void *cotangent;            // as state
  double *grad;               // (n_turns) or (columns), added to
};

struct AdamWJob {
  int64_t tensors, threads, maximize, correct_bias, eps_inside_root;
  double lr, beta1, beta2, eps, decay, lam;
  const int64_t *sizes;   // (tensors) numbers in each
  const int64_t *limits;  // (tensors) how many of the first have λ·sin(πθ)·g
  const double *steps;   // (tensors) after this one
  void *const *params;   // (tensors) float or double, as the function called; so the next three
  const void *const *grads;
  void *const *means, *const *squares;
  int64_t *not_finite;  // (tensors) added to: infinite or NaN gradients, whose blocks are left alone; null: nobody looks
};

struct AnnealJob {
  int64_t n, tiles, sweeps, threads;
  int64_t start;        // 0: go on; 1: from random spins; 2: from the spins in the state; 3: the same, with the random words that are there
  int64_t per_lane;     // betas (sweeps, tiles × lanes), not (sweeps)
  int64_t beta_stride;  // numbers from one sweep's betas to the next's
  uint64_t seed;
  double seconds;  // how long at most, 0: no limit
  const int64_t *first;       // (n + 1) where each spin's neighbours begin
  const int32_t *neighbours;  // every pair twice
  const void *couplings;      // float or double, as the function called; beside each neighbour
  const void *fields;         // (n)
  const double *betas;
  void *state;       // (tiles, 2n + 4, lanes), aligned to 64 bytes: spins ±1, local fields, random words
  double *energies;  // (tiles, lanes)
  int64_t *done;     // (tiles) sweeps made
};

struct LabsJob {
  int64_t n, population, offspring;  // at most 1024 elements; how many offspring at most
  uint64_t seed;
  double seconds;
  int64_t best_energy, done;  // to beat, and beaten; offspring made
  int8_t *members;            // (population, n) of ±1
  int64_t *energies;          // (population), −1: not there yet
  int8_t *best;               // (n)
};

}  // namespace qualms

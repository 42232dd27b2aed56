// One wide complex state (or a batch of them) in memory: RY on many qubits, and phases from a small table, each in as few sweeps as can be.
//
// Amplitudes are pairs of numbers. A sweep reads and writes the whole state once: the low qubits are turned inside a block that fits the
// first-level cache (the lowest inside a vector, by shuffles), the high ones four or six at a time over columns of such blocks.
#pragma once
#include "layers.hpp"

namespace qualms {
namespace QUALMS_VARIANT {

constexpr int kWideStage = 6;   // high qubits turned in one sweep
constexpr int kWideBlock = 8;   // log2 of the vectors of a low block
constexpr int kColumns = 8;     // neighbouring vectors that a high block takes along

template <class T, int S, std::size_t... I> inline V<T> swap_lanes(V<T> v, std::index_sequence<I...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(v, v, int(I ^ S)...);
#else
  typedef typename std::conditional<sizeof(T) == 4, int32_t, int64_t>::type Index;
  typedef Index M __attribute__((vector_size(kBytes)));
  return __builtin_shuffle(v, M{Index(I ^ S)...});
#endif
}

template <class T, int S> inline V<T> lane_signs() {  // −1 where the bit is 0
  V<T> s;
  for (int i = 0; i < Vec<T>::W; i++) s[i] = i & S ? T(1) : T(-1);
  return s;
}

struct Turn {  // one RY, on bit `bit` of an index of numbers (not of amplitudes)
  int bit;
  double cosine, sine;
  int64_t at;  // its place among the angles
};

template <class T> struct Wide {
  static constexpr int W = Vec<T>::W;
  const WideJob &job;
  const int64_t vectors;  // of one state
  int lane_bits = 0, vector_bits = 0;
  std::vector<Turn> turns;  // by bit

  explicit Wide(const WideJob &j) : job(j), vectors((int64_t(2) << j.n) / W) {
    while ((1 << lane_bits) < W) lane_bits++;
    vector_bits = j.n + 1 - lane_bits;
    for (int64_t k = 0; k < j.n_turns; k++) turns.push_back({int(j.n - j.qubits[k]), std::cos(j.angles[k] / 2), std::sin(j.angles[k] / 2), k});
    std::sort(turns.begin(), turns.end(), [](const Turn &a, const Turn &b) { return a.bit < b.bit; });
  }

  // Turns the lanes of `count` vectors about every bit that lies inside a vector.
  template <int S, bool kBack> void lanes(V<T> *state, V<T> *cotangent, int64_t count, const Turn *turn, const Turn *end, double *sums) const {
    if constexpr (S < W) {
      if (turn == end) return;
      if ((1 << turn->bit) != S) return lanes<2 * S, kBack>(state, cotangent, count, turn, end, sums);
      constexpr auto all = std::make_index_sequence<W>{};
      const V<T> sign = lane_signs<T, S>(), c = broadcast<T>(T(turn->cosine)), s = sign * T(kBack ? -turn->sine : turn->sine);
      V<T> sum{};
      for (int64_t i = 0; i < count; i++) {
        const V<T> other = swap_lanes<T, S>(state[i], all);
        if constexpr (kBack) {
          sum += cotangent[i] * (sign * other);
          cotangent[i] = c * cotangent[i] + s * swap_lanes<T, S>(cotangent[i], all);
        }
        state[i] = c * state[i] + s * other;
      }
      if constexpr (kBack)
        for (int b = 0; b < W; b++) sums[turn->at] += sum[b];
      lanes<2 * S, kBack>(state, cotangent, count, turn + 1, end, sums);
    }
  }

  // K turns at once on groups of 2^K vectors, `stride[k]` apart.
  template <int K, bool kBack> void trip(V<T> *state, V<T> *cotangent, const int64_t *offsets, int64_t count, const Turn *turn, double *sums) const {
    constexpr int R = 1 << K;
    V<T> v[R], w[kBack ? R : 1], c[K], s[K], sum[K];
    for (int k = 0; k < K; k++) c[k] = broadcast<T>(T(turn[k].cosine)), s[k] = broadcast<T>(T(turn[k].sine)), sum[k] = V<T>{};
    for (int64_t j = 0; j < count; j++) {
      QUALMS_UNROLL
      for (int r = 0; r < R; r++) {
        v[r] = state[j + offsets[r]];
        if constexpr (kBack) w[r] = cotangent[j + offsets[r]];
      }
      QUALMS_UNROLL
      for (int k = 0; k < K; k++) {
        QUALMS_UNROLL
        for (int r = 0; r < R; r++)
          if (!((r >> k) & 1)) {
            const int q = r | 1 << k;
            const V<T> a = v[r], b = v[q];
            if constexpr (kBack) {
              const V<T> d = w[r], e = w[q];
              sum[k] += e * a;
              sum[k] -= d * b;
              v[r] = c[k] * a + s[k] * b, v[q] = c[k] * b - s[k] * a;
              w[r] = c[k] * d + s[k] * e, w[q] = c[k] * e - s[k] * d;
            } else {
              v[r] = c[k] * a - s[k] * b, v[q] = c[k] * b + s[k] * a;
            }
          }
      }
      QUALMS_UNROLL
      for (int r = 0; r < R; r++) {
        state[j + offsets[r]] = v[r];
        if constexpr (kBack) cotangent[j + offsets[r]] = w[r];
      }
    }
    if constexpr (kBack)
      for (int k = 0; k < K; k++)
        for (int b = 0; b < W; b++) sums[turn[k].at] += sum[k][b];
  }

  // Turns [turn, end), on bits of the vector index between `low` and `high`, of a block: columns [0, columns) of all settings of these bits.
  template <bool kBack> void block(V<T> *state, V<T> *cotangent, int low, int high, int64_t columns, const Turn *turn, const Turn *end, double *sums) const {
    constexpr int kMost = kBack ? kBackwardBits : kForwardBits;
    while (turn < end) {
      const int bits = int(std::min<int64_t>(end - turn, kMost));
      int64_t mask = 0, offsets[16];
      for (int r = 0; r < 1 << bits; r++) {
        offsets[r] = 0;
        for (int k = 0; k < bits; k++)
          if (r >> k & 1) offsets[r] += int64_t(1) << (turn[k].bit - lane_bits);
      }
      for (int k = 0; k < bits; k++) mask |= int64_t(1) << (turn[k].bit - lane_bits);
      const int lowest = turn->bit - lane_bits;
      const bool whole = columns == int64_t(1) << low;  // below the lowest turned bit all vectors are neighbours
      const int64_t step = whole ? int64_t(1) << lowest : int64_t(1) << low, count = whole ? step : columns;
      for (int64_t i = 0; i < int64_t(1) << high; i += step) {
        if (i & mask) continue;
        V<T> *s = state + i, *c = kBack ? cotangent + i : nullptr;
        switch (bits) {
          case 1: trip<1, kBack>(s, c, offsets, count, turn, sums); break;
          case 2: trip<2, kBack>(s, c, offsets, count, turn, sums); break;
          case 3: trip<3, kBack>(s, c, offsets, count, turn, sums); break;
          default: trip<4, kBack>(s, c, offsets, count, turn, sums);
        }
      }
      turn += bits;
    }
  }

  template <bool kBack> void run() const {
    std::vector<double> sums;
    const int low = std::min(vector_bits, kWideBlock);
    const auto bound = [&](int bit) {  // the first turn at or above a bit of the vector index
      return turns.data() + (std::lower_bound(turns.begin(), turns.end(), bit + lane_bits, [](const Turn &t, int b) { return t.bit < b; }) - turns.begin());
    };
    sweep<kBack>(vectors >> low, sums, [&](int64_t k, V<T> *state, V<T> *cotangent, double *s) {
      const int64_t at = k << low;
      lanes<2, kBack>(state + at, kBack ? cotangent + at : nullptr, int64_t(1) << low, turns.data(), bound(0), s);
      block<kBack>(state + at, kBack ? cotangent + at : nullptr, 0, low, 1, bound(0), bound(low), s);
    });
    for (int from = low; from < vector_bits; from += kWideStage) {
      const int to = std::min(vector_bits, from + kWideStage);
      const Turn *first = bound(from), *last = bound(to);
      if (first == last) continue;
      const int64_t columns = std::min<int64_t>(kColumns, int64_t(1) << from), across = (int64_t(1) << from) / columns;
      sweep<kBack>((vectors >> (to - from)) / columns, sums, [&](int64_t k, V<T> *state, V<T> *cotangent, double *s) {
        const int64_t at = (k / across << to) + k % across * columns;
        block<kBack>(state + at, kBack ? cotangent + at : nullptr, from, to, columns, first, last, s);
      });
    }
  }

  // Calls work(k, state, cotangent, sums) for k in [0, count) and every state of the batch; sums are added up in a fixed order.
  template <bool kBack, class F> void sweep(int64_t count, std::vector<double> &sums, const F &work) const {
    const int64_t chunks = std::min<int64_t>(64, count * job.batch), total = count * job.batch, n = job.n_turns;
    sums.assign(kBack ? chunks * n : 0, 0.0);
    const int64_t threads = vectors * job.batch >= 4096 ? job.threads : 1;
    run_parallel(chunks, threads, [&] {
      return [&](int64_t chunk) {
        for (int64_t k = total * chunk / chunks; k < total * (chunk + 1) / chunks; k++) {
          const int64_t state = k / count;
          work(k % count, (V<T> *)job.state + state * vectors, (V<T> *)job.cotangent + state * vectors, kBack ? sums.data() + chunk * n : nullptr);
        }
      };
    });
    if (kBack)
      for (int64_t k = 0; k < n; k++)
        for (int64_t chunk = 0; chunk < chunks; chunk++) job.grad[k] += 0.5 * sums[chunk * n + k];
  }
};

// ψ_i *= table[column_i]; backwards ψ and λ by its conjugate, after adding Im(conj(ψ_i) λ_i) to the column's weight.
template <class T, bool kBack> void phases(const WideJob &job) {
  const int64_t size = int64_t(1) << job.n, chunks = std::min<int64_t>(64, std::max<int64_t>(1, size * job.batch >> 12));
  std::vector<double> weights(kBack ? chunks * job.columns : 0);
  const T *table = (const T *)job.table;
  run_parallel(chunks, job.threads, [&] {
    return [&](int64_t chunk) {
      double *weight = weights.data() + chunk * job.columns;
      T *state = (T *)job.state, *cotangent = (T *)job.cotangent;
      for (int64_t i = size * job.batch * chunk / chunks; i < size * job.batch * (chunk + 1) / chunks; i++) {
        const int64_t column = job.column[i & (size - 1)];
        const T c = table[2 * column], s = kBack ? -table[2 * column + 1] : table[2 * column + 1];
        const T re = state[2 * i], im = state[2 * i + 1];
        state[2 * i] = c * re - s * im, state[2 * i + 1] = c * im + s * re;
        if (kBack) {
          const T a = cotangent[2 * i], b = cotangent[2 * i + 1];
          weight[column] += double(re * b - im * a);
          cotangent[2 * i] = c * a - s * b, cotangent[2 * i + 1] = c * b + s * a;
        }
      }
    };
  });
  if (kBack)
    for (int64_t k = 0; k < job.columns; k++)
      for (int64_t chunk = 0; chunk < chunks; chunk++) job.grad[k] += weights[chunk * job.columns + k];
}

}  // namespace QUALMS_VARIANT
}  // namespace qualms

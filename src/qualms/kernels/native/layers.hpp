// Layers of RY and CNOTs on real amplitudes, for one vector width.
//
// A tile is W tokens, one per SIMD lane, so every gate is a lane-wise multiply-add. CNOTs are never executed: the amplitude with
// logical index i before row l lies at physical place order[l][i]. A rotation is applied as [[1, −t], [t, 1]], t = tan(θ/2), two
// multiply-adds instead of four; the cosines left out are constants of the circuit and are multiplied back at the end. That is safe
// because every angle is first brought into [−π/2, π/2]: RY(π) = XZ is a Pauli, and Paulis are pushed through to the end of the
// circuit, where they flip an index and a sign (`Plan`).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "job.hpp"
#include "parallel.hpp"

namespace qualms {
namespace QUALMS_VARIANT {

#if defined(__GNUC__) && !defined(__clang__)
#define QUALMS_UNROLL _Pragma("GCC unroll 16")
#else
#define QUALMS_UNROLL _Pragma("unroll")
#endif

constexpr int kBytes = QUALMS_BYTES;              // of one vector
constexpr int kForwardBits = QUALMS_FORWARD_BITS;  // qubits rotated per trip through the registers
constexpr int kBackwardBits = QUALMS_BACKWARD_BITS;
constexpr int kStageBits = 8;          // qubits whose amplitudes stay in the first-level cache while they are rotated
constexpr int kPadShift = 5;           // one vector of padding per 32 keeps powers of two from meeting in one cache set
constexpr int kAhead = 16;             // vectors that rows are prefetched ahead
constexpr double kGrowth = 1073741824;  // 2^30: how far the left-out cosines may grow before they are multiplied in

template <class T> struct Vec {
  static constexpr int W = kBytes / sizeof(T);
  typedef T V __attribute__((vector_size(kBytes)));
};
template <class T> using V = typename Vec<T>::V;
template <class T> inline V<T> broadcast(T s) { return V<T>{} + s; }

constexpr int64_t padded(int64_t i) { return i + (i >> kPadShift); }
inline int64_t padded_size(int64_t d) { return padded(d - 1) + 1; }

// Transposition ---------------------------------------------------------------------------------------------------

template <class T, std::size_t... I> inline V<T> interleave(V<T> a, V<T> b, int high, std::index_sequence<I...>) {
  constexpr int W = Vec<T>::W;
#if defined(__clang__) || __GNUC__ >= 12
  return high ? __builtin_shufflevector(a, b, int(I % 2 ? W + W / 2 + I / 2 : W / 2 + I / 2)...)
              : __builtin_shufflevector(a, b, int(I % 2 ? W + I / 2 : I / 2)...);
#else
  typedef typename std::conditional<sizeof(T) == 4, int32_t, int64_t>::type Index;
  typedef Index M __attribute__((vector_size(kBytes)));
  return high ? __builtin_shuffle(a, b, M{Index(I % 2 ? W + W / 2 + I / 2 : W / 2 + I / 2)...})
              : __builtin_shuffle(a, b, M{Index(I % 2 ? W + I / 2 : I / 2)...});
#endif
}

// 16 lanes: twice within quarters of a register, twice among quarters, which processors do faster than shuffles across all of it.
template <class T, std::size_t... I> inline void transpose16(V<T> *r, std::index_sequence<I...>) {
#if defined(__clang__) || __GNUC__ >= 12
#define QUALMS_SHUFFLE(a, b, index) __builtin_shufflevector(a, b, int(index)...)
#else
  typedef int32_t M __attribute__((vector_size(kBytes)));
#define QUALMS_SHUFFLE(a, b, index) __builtin_shuffle(a, b, M{int32_t(index)...})
#endif
  V<T> t[16];
  QUALMS_UNROLL
  for (int i = 0; i < 16; i += 2) {
    t[i] = QUALMS_SHUFFLE(r[i], r[i + 1], I / 4 * 4 + I % 4 / 2 + I % 2 * 16);
    t[i + 1] = QUALMS_SHUFFLE(r[i], r[i + 1], I / 4 * 4 + I % 4 / 2 + I % 2 * 16 + 2);
  }
  QUALMS_UNROLL
  for (int i = 0; i < 16; i += 4)
    for (int k = 0; k < 2; k++) {
      r[i + 2 * k] = QUALMS_SHUFFLE(t[i + k], t[i + k + 2], I / 4 * 4 + I % 2 + I % 4 / 2 * 16);
      r[i + 2 * k + 1] = QUALMS_SHUFFLE(t[i + k], t[i + k + 2], I / 4 * 4 + I % 2 + I % 4 / 2 * 16 + 2);
    }
  QUALMS_UNROLL
  for (int i = 0; i < 8; i++) {
    const int k = i / 4 * 8 + i % 4;
    t[k] = QUALMS_SHUFFLE(r[k], r[k + 4], I / 8 * 16 + I / 4 % 2 * 8 + I % 4);
    t[k + 4] = QUALMS_SHUFFLE(r[k], r[k + 4], I / 8 * 16 + I / 4 % 2 * 8 + I % 4 + 4);
  }
  QUALMS_UNROLL
  for (int k = 0; k < 8; k++) {
    r[k] = QUALMS_SHUFFLE(t[k], t[k + 8], I / 8 * 16 + I / 4 % 2 * 8 + I % 4);
    r[k + 8] = QUALMS_SHUFFLE(t[k], t[k + 8], I / 8 * 16 + I / 4 % 2 * 8 + I % 4 + 4);
  }
#undef QUALMS_SHUFFLE
}

template <class T, int Step = 1> inline void transpose(V<T> *r) {  // log2 W rounds of the perfect shuffle
  constexpr int W = Vec<T>::W;
  constexpr auto lanes = std::make_index_sequence<W>{};
  if constexpr (W == 16 && Step == 1) {
    transpose16<T>(r, lanes);
  } else if constexpr (Step < W) {
    V<T> t[W];
    QUALMS_UNROLL
    for (int i = 0; i < W / 2; i++) {
      t[2 * i] = interleave<T>(r[i], r[i + W / 2], 0, lanes);
      t[2 * i + 1] = interleave<T>(r[i], r[i + W / 2], 1, lanes);
    }
    QUALMS_UNROLL
    for (int i = 0; i < W; i++) r[i] = t[i];
    transpose<T, 2 * Step>(r);
  }
}

// W × W numbers of W rows that are `d` apart, to W vectors.
template <class T> inline void load_square(const T *x, int64_t d, V<T> *r) {
  constexpr int W = Vec<T>::W;
  QUALMS_UNROLL
  for (int b = 0; b < W; b++) memcpy(&r[b], x + b * d, kBytes);
  transpose<T>(r);
}

// And back; the vectors are not kept.
template <class T> inline void store_square(T *x, int64_t d, V<T> *r) {
  constexpr int W = Vec<T>::W;
  transpose<T>(r);
  QUALMS_UNROLL
  for (int b = 0; b < W; b++) memcpy(x + b * d, &r[b], kBytes);
}

// Vectors of eight floats are two halves of four to the processor, and moving a number into the other half costs as much as two shuffles
// within. So rows k and k + 4 are loaded into the halves of one vector, which takes no shuffle, and what is left is to transpose 4 × 4 numbers
// in each half: 16 shuffles in place of 48.
#if QUALMS_BYTES == 32 && (defined(__clang__) || __GNUC__ >= 12)
typedef float Half __attribute__((vector_size(16)));

inline void transpose_in_halves(V<float> *r) {
  QUALMS_UNROLL
  for (int i = 0; i < 8; i += 4) {
    const V<float> a = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    const V<float> b = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    const V<float> c = __builtin_shufflevector(r[i + 2], r[i + 3], 0, 8, 1, 9, 4, 12, 5, 13);
    const V<float> e = __builtin_shufflevector(r[i + 2], r[i + 3], 2, 10, 3, 11, 6, 14, 7, 15);
    r[i] = __builtin_shufflevector(a, c, 0, 1, 8, 9, 4, 5, 12, 13);
    r[i + 1] = __builtin_shufflevector(a, c, 2, 3, 10, 11, 6, 7, 14, 15);
    r[i + 2] = __builtin_shufflevector(b, e, 0, 1, 8, 9, 4, 5, 12, 13);
    r[i + 3] = __builtin_shufflevector(b, e, 2, 3, 10, 11, 6, 7, 14, 15);
  }
}

template <> inline void load_square<float>(const float *x, int64_t d, V<float> *r) {
  QUALMS_UNROLL
  for (int k = 0; k < 8; k++) {
    const float *from = x + k % 4 * d + k / 4 * 4;
    Half low, high;
    memcpy(&low, from, sizeof low), memcpy(&high, from + 4 * d, sizeof high);
    r[k] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
  }
  transpose_in_halves(r);
}

template <> inline void store_square<float>(float *x, int64_t d, V<float> *r) {
  transpose_in_halves(r);
  QUALMS_UNROLL
  for (int k = 0; k < 8; k++) {
    float *to = x + k % 4 * d + k / 4 * 4;
    const Half low = __builtin_shufflevector(r[k], r[k], 0, 1, 2, 3), high = __builtin_shufflevector(r[k], r[k], 4, 5, 6, 7);
    memcpy(to, &low, sizeof low), memcpy(to + 4 * d, &high, sizeof high);
  }
}
#endif

// W rows of length d to d vectors: put(i, vector i). Rows beyond `rows` count as zero.
template <class T, class Put> inline void load_tile(const T *x, int rows, int64_t d, Put put) {
  constexpr int W = Vec<T>::W;
  V<T> r[W];
  if (rows == W && d % W == 0) {
    for (int64_t j = 0; j < d; j += W) {
      QUALMS_UNROLL
      for (int b = 0; b < W; b++) __builtin_prefetch(x + b * d + j + kAhead * W);  // W rows are W streams, more than the processor follows by itself
      load_square<T>(x + j, d, r);
      QUALMS_UNROLL
      for (int b = 0; b < W; b++) put(j + b, r[b]);
    }
    return;
  }
  for (int64_t j = 0; j < d; j += W) {
    const int64_t width = std::min<int64_t>(W, d - j);
    memset(r, 0, sizeof r);
    for (int b = 0; b < rows; b++) memcpy(&r[b], x + b * d + j, width * sizeof(T));
    transpose<T>(r);
    for (int b = 0; b < width; b++) put(j + b, r[b]);
  }
}

template <class T, class Get> inline void store_tile(T *x, int rows, int64_t d, Get get) {
  constexpr int W = Vec<T>::W;
  V<T> r[W];
  if (rows == W && d % W == 0) {
    for (int64_t j = 0; j < d; j += W) {
      QUALMS_UNROLL
      for (int b = 0; b < W; b++) r[b] = get(j + b);
      store_square<T>(x + j, d, r);
    }
    return;
  }
  for (int64_t j = 0; j < d; j += W) {
    const int64_t width = std::min<int64_t>(W, d - j);
    memset(r, 0, sizeof r);
    for (int b = 0; b < width; b++) r[b] = get(j + b);
    transpose<T>(r);
    for (int b = 0; b < rows; b++) memcpy(x + b * d + j, &r[b], width * sizeof(T));
  }
}

// W rows of n ≤ W numbers, one after the other, to n vectors; `left` numbers may be read from x on. Whole vectors are read, into the next rows.
template <class T> inline void load_short(const T *x, int rows, int n, int64_t left, V<T> *g) {
  constexpr int W = Vec<T>::W;
  V<T> r[W];
  if (rows == W && (W - 1) * n + W <= left) {
    load_square<T>(x, n, r);
  } else {
    memset(r, 0, sizeof r);
    for (int b = 0; b < rows; b++) memcpy(&r[b], x + b * n, n * sizeof(T));
    transpose<T>(r);
  }
  for (int q = 0; q < n; q++) g[q] = r[q];
}

// And back: a row's vector reaches into the rows after it, which are written later.
template <class T> inline void store_short(T *x, int rows, int n, const V<T> *z) {
  constexpr int W = Vec<T>::W;
  V<T> r[W];
  for (int q = 0; q < n; q++) r[q] = z[q];
  for (int q = n; q < W; q++) r[q] = V<T>{};
  transpose<T>(r);
  int b = 0;
  for (; b * n + W <= rows * n; b++) memcpy(x + b * n, &r[b], kBytes);
  for (; b < rows; b++) memcpy(x + b * n, &r[b], n * sizeof(T));
}

// The circuit, ready to run ---------------------------------------------------------------------------------------

// A row's rotations are done in trips through the registers, `bits` qubits at a time.
struct Trip {
  int low, bits;
  int64_t groups;  // of 2^bits amplitudes, one after the other before the next trip begins
};

// In which order trips and groups are made, and where each amplitude of each group lies: read once from front to back for every row.
// Bits are cut into stages whose amplitudes fit the first-level cache: all trips of a stage go over one block before the next is touched.
struct Route {
  std::vector<Trip> trips;
  std::vector<int32_t> place;  // (rows, trips, groups, 2^bits), bytes
  int64_t row_size = 0;

  Route(int n, int most) {
    const int64_t d = int64_t(1) << n;
    const int stages = (n + kStageBits - 1) / kStageBits;
    for (int s = 0, low = 0; s < stages; s++) {
      const int size = n / stages + (s < n % stages), count = (size + most - 1) / most;
      const int64_t inner = int64_t(1) << low, outer = inner << size;
      const int64_t columns = std::min<int64_t>(inner, std::max<int64_t>(8, (int64_t(1) << kStageBits) >> size));
      for (int64_t block = 0; block < d; block += outer)
        for (int64_t column = 0; column < inner; column += columns)
          for (int k = 0, at = low; k < count; k++) {
            const int bits = size / count + (k < size % count);
            add(at, bits, block + column, block + column + outer - inner + columns, inner, columns);
            at += bits;
          }
      low += size;
    }
  }

  // The groups on bits [low, low + bits) among indices block + (anything in the stage's bits) + column.
  void add(int low, int bits, int64_t from, int64_t to, int64_t inner, int64_t columns) {
    int64_t groups = 0;
    const int64_t stride = int64_t(1) << low, mask = (stride << bits) - stride;
    for (int64_t start = from; start < to; start += inner)
      for (int64_t i = start; i < start + columns; i++)
        if (!((i - from) & mask)) {
          groups++;
          for (int64_t r = 0; r < int64_t(1) << bits; r++) logical.push_back(int32_t(i + r * stride));
        }
    trips.push_back({low, bits, groups});
  }

  void lay_out(const std::vector<int32_t> &order, int64_t rows, int64_t d) {
    row_size = int64_t(logical.size());
    place.resize(rows * row_size);
    for (int64_t l = 0; l < rows; l++)
      for (int64_t k = 0; k < row_size; k++) place[l * row_size + k] = order[l * d + logical[k]];
  }

  template <class F> void each(int64_t l, F run) const {
    const int32_t *p = place.data() + l * row_size;
    for (const Trip &trip : trips) {
      run(trip, p, trip.groups);
      p += trip.groups << trip.bits;
    }
  }

 private:
  std::vector<int32_t> logical;
};

struct Places {  // where logical amplitude i lies before row l, in bytes of a padded tile; row `rows` is after the last
  int64_t d;
  std::vector<int32_t> order;
  Route forward, backward;
  const int32_t *row(int64_t l) const { return order.data() + l * d; }

  explicit Places(const Job &job) : d(int64_t(1) << job.n), forward(job.n, kForwardBits), backward(job.n, kBackwardBits) {
    const int n = job.n;
    std::vector<int32_t> entangler(d), before(d), now(d);
    for (int64_t i = 0; i < d; i++) entangler[i] = i;
    for (int64_t k = 0; k < job.n_cnots; k++) {
      const int control = n - 1 - job.cnots[2 * k], target = n - 1 - job.cnots[2 * k + 1];
      before = entangler;
      for (int64_t i = 0; i < d; i++) entangler[i] = before[(i >> control) & 1 ? i ^ (int64_t(1) << target) : i];
    }
    for (int64_t i = 0; i < d; i++) now[i] = i;
    order.resize((job.rows + 1) * d);
    for (int64_t l = 0; l <= job.rows; l++) {
      for (int64_t i = 0; i < d; i++) order[l * d + i] = int32_t(padded(now[i]) * kBytes);
      if (l == job.rows || (job.closing && l == job.rows - 1)) continue;
      before = now;
      for (int64_t i = 0; i < d; i++) now[i] = before[entangler[i]];
    }
    forward.lay_out(order, job.rows, d), backward.lay_out(order, job.rows, d);
  }
};

// The tables of the circuits used last: they depend on its shape alone, and making them takes longer than a small batch does.
inline std::shared_ptr<const Places> places_for(const Job &job) {
  static std::mutex lock;
  static std::vector<std::pair<std::vector<int64_t>, std::shared_ptr<const Places>>> kept;
  std::vector<int64_t> key = {job.n, job.rows, job.closing};
  key.insert(key.end(), job.cnots, job.cnots + 2 * job.n_cnots);
  const std::lock_guard<std::mutex> guard(lock);
  for (size_t k = 0; k < kept.size(); k++)
    if (kept[k].first == key) {
      std::rotate(kept.begin(), kept.begin() + k, kept.begin() + k + 1);
      return kept.front().second;
    }
  if (kept.size() == 16) kept.pop_back();
  kept.insert(kept.begin(), {key, std::make_shared<const Places>(job)});
  return kept.front().second;
}

template <class T> struct Plan {  // one circuit's numbers; bit k of an index is qubit n−1−k
  std::vector<T> tangent;         // (rows, n) by bit
  std::vector<T> rescale;         // (rows) multiplied in after row l of the forward sweep; 1 nearly always
  std::vector<T> rescale_back;    // (rows) multiplied in after row l of the backward sweep
  std::vector<double> gradient;   // (rows, n) by bit: what turns the accumulated products into ∂/∂θ
  double final_scale = 1;         // true amplitudes after the last row = stored ones × this
  double start_scale = 1;         // true amplitudes after the backward sweep = stored ones × this
  int64_t flip = 0;               // the Pauli left at the end: true amplitude i = sign(i) × stored amplitude i ^ flip
  int64_t phase = 0;
  int sign = 1;

  // sign of true amplitude i, which is stored as i ^ flip: X^flip Z^phase acts with Z first
  T sign_of(int64_t i) const { return T(__builtin_popcountll((i ^ flip) & phase) & 1 ? -sign : sign); }

  Plan(const Job &job, int64_t circuit) {
    const int n = job.n;
    const int64_t rows = job.rows, first = circuit * rows * n;
    tangent.resize(rows * n), rescale.assign(rows, T(1)), rescale_back.assign(rows, T(1)), gradient.resize(rows * n);
    std::vector<double> cosine(rows * n), direction(rows * n);
    for (int64_t l = 0; l < rows; l++) {
      for (int k = 0; k < n; k++) {
        const int64_t bit = int64_t(1) << k;
        const double turned = ((flip ^ phase) & bit) ? -1 : 1;  // X and Z turn a rotation about Y round
        const int64_t at = first + l * n + n - 1 - k;
        const double theta = turned * (job.angle_bytes == 4 ? double(((const float *)job.angles)[at]) : ((const double *)job.angles)[at]);
        const double half_turns = std::nearbyint(theta / M_PI);
        const double rest = 0.5 * (theta - half_turns * M_PI);
        const int quarter = int(std::fmod(std::fmod(half_turns, 4) + 4, 4));  // (XZ)^quarter
        if (quarter & 2) sign = -sign;
        if (quarter & 1) {
          if (phase & bit) sign = -sign;
          flip ^= bit, phase ^= bit;
        }
        tangent[l * n + k] = T(std::tan(rest)), cosine[l * n + k] = std::cos(rest), direction[l * n + k] = turned;
      }
      if (job.closing && l == rows - 1) continue;
      for (int64_t c = 0; c < job.n_cnots; c++) {
        const int64_t control = int64_t(1) << (n - 1 - job.cnots[2 * c]), target = int64_t(1) << (n - 1 - job.cnots[2 * c + 1]);
        if (flip & control) flip ^= target;
        if (phase & target) phase ^= control;
      }
    }
    double grown = 1;
    for (int64_t l = 0; l < rows; l++) {
      for (int k = 0; k < n; k++) grown *= cosine[l * n + k];
      if (grown * kGrowth < 1) rescale[l] = T(grown), grown = 1;
    }
    final_scale = grown;
    grown = 1;
    for (int64_t l = rows - 1; l >= 0; l--) {
      for (int k = 0; k < n; k++) {
        gradient[l * n + k] = 0.5 * direction[l * n + k] * grown * grown;
        grown *= cosine[l * n + k];
      }
      if (grown * kGrowth < 1) rescale_back[l] = T(grown), grown = 1;
    }
    start_scale = grown;
  }
};

// Sweeps ----------------------------------------------------------------------------------------------------------

template <class T> inline V<T> &at(V<T> *tile, int64_t place) { return *(V<T> *)((char *)tile + place); }

// Keeps a value in its register: left alone, the compiler loads it a second time as another instruction's memory operand.
#define QUALMS_KEEP(value) asm volatile("" : QUALMS_REGISTER(value))
#if defined(__x86_64__)
#define QUALMS_REGISTER(value) "+v"(value)
#elif defined(__aarch64__)
#define QUALMS_REGISTER(value) "+w"(value)
#else
#define QUALMS_REGISTER(value) "+m"(value)
#endif

// A function of its own has all registers to itself: inlined into a tile's whole way, the compiler kept sums in memory, and n = 8 backward
// took half as long again.
#define QUALMS_ALONE __attribute__((noinline))

template <class T, int K> QUALMS_ALONE void rotate(V<T> *state, const int32_t *__restrict place, int64_t groups, const T *tangent) {
  constexpr int R = 1 << K;
  V<T> v[R], t[K];
  for (int k = 0; k < K; k++) t[k] = broadcast<T>(tangent[k]);
  for (int64_t j = 0; j < groups; j++, place += R) {
    QUALMS_UNROLL
    for (int r = 0; r < R; r++) {
      v[r] = at<T>(state, place[r]);
      QUALMS_KEEP(v[r]);
    }
    QUALMS_UNROLL
    for (int k = 0; k < K; k++) {
      QUALMS_UNROLL
      for (int r = 0; r < R; r++)
        if (!((r >> k) & 1)) {
          const V<T> a = v[r], b = v[r | 1 << k];
          v[r] = a - t[k] * b;
          v[r | 1 << k] = b + t[k] * a;
        }
    }
    QUALMS_UNROLL
    for (int r = 0; r < R; r++) at<T>(state, place[r]) = v[r];
  }
}

// State and cotangent lie side by side, so one address serves both; two sums a qubit, because one would be a chain of dependent adds.
template <class T, int K> QUALMS_ALONE void unrotate(V<T> *pairs, const int32_t *__restrict place, int64_t groups, const T *tangent, V<T> *sums) {
  constexpr int R = 1 << K;
  V<T> v[R], w[R], t[K], plus[K], minus[K];
  for (int k = 0; k < K; k++) t[k] = broadcast<T>(tangent[k]), plus[k] = sums[k], minus[k] = V<T>{};
  for (int64_t j = 0; j < groups; j++, place += R) {
    QUALMS_UNROLL
    for (int r = 0; r < R; r++) {
      const V<T> *pair = &at<T>(pairs, 2 * int64_t(place[r]));
      v[r] = pair[0], w[r] = pair[1];
      QUALMS_KEEP(v[r]);
      QUALMS_KEEP(w[r]);
    }
    QUALMS_UNROLL
    for (int k = 0; k < K; k++) {
      QUALMS_UNROLL
      for (int r = 0; r < R; r++)
        if (!((r >> k) & 1)) {
          const int q = r | 1 << k;
          const V<T> a = v[r], b = v[q], c = w[r], d = w[q];
          plus[k] += d * a, minus[k] += c * b;
          v[r] = a + t[k] * b, v[q] = b - t[k] * a;
          w[r] = c + t[k] * d, w[q] = d - t[k] * c;
        }
    }
    QUALMS_UNROLL
    for (int r = 0; r < R; r++) {
      V<T> *pair = &at<T>(pairs, 2 * int64_t(place[r]));
      pair[0] = v[r], pair[1] = w[r];
    }
  }
  for (int k = 0; k < K; k++) sums[k] = plus[k] - minus[k];
}

// `begun`: the first trips of row 0 are done.
template <class T> void forward_sweep(const Job &job, const Places &places, const Plan<T> &plan, V<T> *state, bool begun) {
  const int64_t d = int64_t(1) << job.n;
  for (int64_t l = 0; l < job.rows; l++) {
    const T *t = plan.tangent.data() + l * job.n;
    places.forward.each(l, [&](const Trip &trip, const int32_t *place, int64_t groups) {
      if (begun && l == 0 && trip.low == 0) return;
      switch (trip.bits) {
        case 1: rotate<T, 1>(state, place, groups, t + trip.low); break;
        case 2: rotate<T, 2>(state, place, groups, t + trip.low); break;
        case 3: rotate<T, 3>(state, place, groups, t + trip.low); break;
        default: rotate<T, 4>(state, place, groups, t + trip.low);
      }
    });
    if (plan.rescale[l] != T(1))
      for (int64_t i = 0; i < padded_size(d); i++) state[i] *= plan.rescale[l];
  }
}

// W rows of length d to a tile whose K lowest qubits have been rotated, which meets them in registers; and the squares of every row summed.
template <class T, int K> QUALMS_ALONE V<T> load_and_rotate(const T *x, int64_t d, const T *tangent, V<T> *state) {
  constexpr int W = Vec<T>::W;
  V<T> r[W], t[K], squares[4] = {};
  for (int k = 0; k < K; k++) t[k] = broadcast<T>(tangent[k]);
  for (int64_t j = 0; j < d; j += W) {
    QUALMS_UNROLL
    for (int b = 0; b < W; b++) __builtin_prefetch(x + b * d + j + kAhead * W);
    load_square<T>(x + j, d, r);
    QUALMS_UNROLL
    for (int b = 0; b < W; b++) squares[b % 4] += r[b] * r[b];
    QUALMS_UNROLL
    for (int k = 0; k < K; k++) {
      QUALMS_UNROLL
      for (int b = 0; b < W; b++)
        if (!((b >> k) & 1)) {
          const V<T> a = r[b], c = r[b | 1 << k];
          r[b] = a - t[k] * c;
          r[b | 1 << k] = c + t[k] * a;
        }
    }
    QUALMS_UNROLL
    for (int b = 0; b < W; b++) state[padded(j + b)] = r[b];
  }
  return (squares[0] + squares[1]) + (squares[2] + squares[3]);
}

// `sums`: (rows, n) by bit.
template <class T> void backward_sweep(const Job &job, const Places &places, const Plan<T> &plan, V<T> *pairs, V<T> *sums) {
  const int64_t d = int64_t(1) << job.n;
  for (int64_t l = job.rows - 1; l >= 0; l--) {
    const T *t = plan.tangent.data() + l * job.n;
    V<T> *s = sums + l * job.n;
    places.backward.each(l, [&](const Trip &trip, const int32_t *place, int64_t groups) {
      switch (trip.bits) {
        case 1: unrotate<T, 1>(pairs, place, groups, t + trip.low, s + trip.low); break;
        case 2: unrotate<T, 2>(pairs, place, groups, t + trip.low, s + trip.low); break;
        default: unrotate<T, 3>(pairs, place, groups, t + trip.low, s + trip.low);
      }
    });
    if (plan.rescale_back[l] != T(1))
      for (int64_t i = 0; i < 2 * padded_size(d); i++) pairs[i] *= plan.rescale_back[l];
  }
}

// Readouts --------------------------------------------------------------------------------------------------------

// ⟨Z⟩ of every qubit from amplitudes: halving sums, the least significant bit first.
template <class T> inline void z_means(const V<T> *state, int n, V<T> *p, V<T> *z) {
  int64_t half = int64_t(1) << (n - 1);
  V<T> plus{}, minus{};
  for (int64_t i = 0; i < half; i++) {
    const V<T> a = state[2 * i], b = state[2 * i + 1];
    p[i] = a * a + b * b;
    plus += a * a, minus += b * b;
  }
  z[n - 1] = plus - minus;
  for (int q = n - 2; q >= 0; q--) {
    half /= 2;
    V<T> even{}, odd{};
    int64_t i = 0;
    for (; i + 2 <= half; i += 2) {
      const V<T> a = p[2 * i], b = p[2 * i + 1], c = p[2 * i + 2], e = p[2 * i + 3];
      p[i] = a + b, p[i + 1] = c + e;
      even += a - b, odd += c - e;
    }
    for (; i < half; i++) {
      const V<T> a = p[2 * i], b = p[2 * i + 1];
      p[i] = a + b;
      even += a - b;
    }
    z[q] = even + odd;
  }
}

// Σ_q ±g_q for every basis state, by doubling.
template <class T> inline void z_observable(const V<T> *g, int n, V<T> *out) {
  out[0] = V<T>{};
  for (int q = 0; q < n; q++)
    for (int64_t i = (int64_t(1) << q) - 1; i >= 0; i--) {
      const V<T> a = out[i];
      out[2 * i] = a + g[q], out[2 * i + 1] = a - g[q];
    }
}

template <class T> double safe_inverse_norm(const T *x, int64_t d) {  // where the plain sum of squares over- or underflows
  double sum = 0, largest = 0;
  for (int64_t i = 0; i < d; i++) {
    if (!std::isfinite(x[i])) return NAN;
    largest = std::max(largest, std::fabs(double(x[i])));
  }
  if (largest == 0) return 0;
  for (int64_t i = 0; i < d; i++) sum += (x[i] / largest) * (x[i] / largest);
  return 1 / largest / std::sqrt(sum);
}

// The two passes --------------------------------------------------------------------------------------------------

template <class T> struct Runner {
  static constexpr int W = Vec<T>::W;
  const Job &job;
  const int n;
  const int64_t d, tile_size, saved_size, tiles, width;
  const std::shared_ptr<const Places> held;
  const Places &places;
  std::vector<Plan<T>> plans;

  explicit Runner(const Job &j)
      : job(j), n(j.n), d(int64_t(1) << j.n), tile_size(padded_size(d)), saved_size(d + 2), tiles((j.batch + W - 1) / W),
        width(j.readout == kZ ? j.n : d), held(places_for(j)), places(*held) {
    for (int64_t c = 0; c < job.circuits; c++) plans.emplace_back(job, c);
  }

  // A saved tile: the final amplitudes in order, before scaling, then two vectors, what scales them to norm 1 and 1 / ‖x‖; these differ where squares overflow.
  V<T> *saved(int64_t circuit, int64_t tile) const { return (V<T> *)job.state + (circuit * tiles + tile) * saved_size; }
  int rows_of(int64_t tile) const { return int(std::min<int64_t>(W, job.batch - tile * W)); }
  int64_t row(int64_t circuit, int64_t tile) const { return circuit * job.batch + tile * W; }
  int64_t input_row(int64_t circuit, int64_t tile) const { return row(job.shared_x ? 0 : circuit, tile); }
};

template <class T> V<T> *tile_alloc(int64_t vectors) { return (V<T> *)aligned_alloc(64, (vectors * kBytes + 63) / 64 * 64); }

template <class T> struct Forward {  // one thread's workspace
  static constexpr int W = Vec<T>::W;
  const Runner<T> &run;
  V<T> *state, *work;
  explicit Forward(const Runner<T> &r) : run(r), state(tile_alloc<T>(r.tile_size)), work(tile_alloc<T>(r.d)) {
    memset(state, 0, r.tile_size * kBytes);  // the padding is multiplied too when amplitudes are rescaled
  }
  ~Forward() { free(state), free(work); }
  Forward(const Forward &) = delete;

  void operator()(int64_t first, int64_t last, int64_t) {
    for (int64_t tile = first; tile < last; tile++)
      for (int64_t c = 0; c < run.job.circuits; c++) one(c, tile);
  }

  void one(int64_t c, int64_t tile) {
    const Job &job = run.job;
    const Plan<T> &plan = run.plans[c];
    const int n = run.n, rows = run.rows_of(tile);
    const int64_t d = run.d;
    V<T> *saved = run.saved(c, tile);
    const T *x = (const T *)job.x + run.input_row(c, tile) * d;
    saved[d] = saved[d + 1] = broadcast<T>(1);
    V<T> scale = saved[d], squares;
    const int bits = rows == W && d % W == 0 ? run.places.forward.trips[0].bits : 0;
    bool begun = load_rotated(x, bits, plan.tangent.data(), squares);
    if (begun && job.normalize) begun = within(squares, kSmall, kLarge);  // or rows are scaled first
    if (!begun) load_tile<T>(x, rows, d, [&](int64_t i, V<T> v) { state[padded(i)] = v; });
    if (job.normalize) scale = begun ? inverse_norms(squares, saved + d) : norms(x, rows, saved + d);
    forward_sweep<T>(job, run.places, plan, state, begun);
    const int32_t *place = run.places.row(job.rows);
    T *out = (T *)job.out + run.row(c, tile) * run.width;
    const V<T> factor = scale * T(plan.final_scale), square = factor * factor;
    for (int64_t i = 0; i < d; i++) saved[i] = at<T>(state, place[i]);
    if (job.readout == kAmplitudes) {
      store_tile<T>(out, rows, d, [&](int64_t i) { return saved[i ^ plan.flip] * (factor * plan.sign_of(i)); });
    } else if (job.readout == kProbabilities) {
      store_tile<T>(out, rows, d, [&](int64_t i) {
        const V<T> a = saved[i ^ plan.flip];
        return a * a * square;
      });
    } else {
      V<T> z[kMaxQubits];
      z_means<T>(saved, n, work, z);
      for (int q = 0; q < n; q++) z[q] *= (plan.flip >> (n - 1 - q)) & 1 ? -square : square;
      if (n <= W) return store_short<T>(out, rows, n, z);
      alignas(64) T lanes[kMaxQubits * W];
      for (int q = 0; q < n; q++) memcpy(lanes + q * W, &z[q], kBytes);
      for (int b = 0; b < rows; b++)
        for (int q = 0; q < n; q++) out[b * n + q] = lanes[q * W + b];
    }
  }

  static constexpr T kSmall = sizeof(T) == 4 ? T(1e-25) : T(1e-200), kLarge = sizeof(T) == 4 ? T(1e25) : T(1e200);

  bool load_rotated(const T *x, int bits, const T *tangent, V<T> &squares) {
    switch (bits) {
      case 1: if constexpr (W >= 2) return squares = load_and_rotate<T, 1>(x, run.d, tangent, state), true; break;
      case 2: if constexpr (W >= 4) return squares = load_and_rotate<T, 2>(x, run.d, tangent, state), true; break;
      case 3: if constexpr (W >= 8) return squares = load_and_rotate<T, 3>(x, run.d, tangent, state), true; break;
      case 4: if constexpr (W >= 16) return squares = load_and_rotate<T, 4>(x, run.d, tangent, state), true; break;
    }
    return false;
  }

  static V<T> inverse_norms(V<T> squares, V<T> *factors) {
    T lanes[W];
    memcpy(lanes, &squares, kBytes);
    for (int b = 0; b < W; b++) lanes[b] = 1 / std::sqrt(lanes[b]);
    V<T> inverse;
    memcpy(&inverse, lanes, kBytes);
    return factors[0] = factors[1] = inverse;
  }

  static bool within(V<T> squares, T small, T large) {
    const auto inside = (squares > small) & (squares < large);
    bool all = true;
    for (int b = 0; b < W; b++) all &= inside[b] != 0;
    return all;
  }

  // 1 / ‖x‖ of every lane, 0 for a zero row, NaN for a row with NaN or ∞ in it. Saves both factors behind the tile.
  V<T> norms(const T *x, int rows, V<T> *factors) {
    V<T> partial[4] = {};
    if (run.d >= 4)
      for (int64_t i = 0; i < run.d; i += 4)
        for (int k = 0; k < 4; k++) partial[k] += state[padded(i) + k] * state[padded(i) + k];
    else
      for (int64_t i = 0; i < run.d; i++) partial[0] += state[i] * state[i];
    const V<T> squares = (partial[0] + partial[1]) + (partial[2] + partial[3]);
    V<T> inverse = inverse_norms(squares, factors), scale = inverse;
    if (within(squares, kSmall, kLarge)) return scale;
    for (int b = 0; b < W; b++) {
      if (squares[b] > kSmall && squares[b] < kLarge) continue;
      const double safe = b < rows ? safe_inverse_norm(x + b * run.d, run.d) : 0;
      inverse[b] = T(safe), scale[b] = safe == 0 || std::isnan(safe) ? T(safe) : T(1);
      if (scale[b] == T(1))
        for (int64_t i = 0; i < run.d; i++) state[padded(i)][b] = T(x[b * run.d + i] * safe);
    }
    factors[0] = scale, factors[1] = inverse;
    return scale;
  }
};

template <class T> struct Backward {  // one thread's workspace
  static constexpr int W = Vec<T>::W;
  const Runner<T> &run;
  double *const sums;  // (chunks, circuits, rows, n) by bit
  const int64_t angles;
  V<T> *pairs, *work, *total, *lanes;
  Backward(const Runner<T> &r, double *s) : run(r), sums(s), angles(r.job.circuits * r.job.rows * r.n) {
    pairs = tile_alloc<T>(2 * r.tile_size), work = tile_alloc<T>(r.d), lanes = tile_alloc<T>(angles);
    total = r.job.shared_x && r.job.need_x && r.job.circuits > 1 ? tile_alloc<T>(r.d) : nullptr;
  }
  ~Backward() { free(pairs), free(work), free(lanes), free(total); }
  Backward(const Backward &) = delete;

  void operator()(int64_t first, int64_t last, int64_t chunk) {
    for (int64_t k = 0; k < angles; k++) lanes[k] = V<T>{};
    for (int64_t tile = first; tile < last; tile++)
      for (int64_t c = 0; c < run.job.circuits; c++) one(c, tile, lanes + c * run.job.rows * run.n);
    for (int64_t k = 0; k < angles; k++) {
      double sum = 0;
      for (int b = 0; b < W; b++) sum += lanes[k][b];
      sums[chunk * angles + k] = sum;
    }
  }

  void one(int64_t c, int64_t tile, V<T> *lane_sums) {
    const Job &job = run.job;
    const Plan<T> &plan = run.plans[c];
    const int n = run.n, rows = run.rows_of(tile);
    const int64_t d = run.d;
    const V<T> *saved = run.saved(c, tile);
    const T *grad = (const T *)job.grad + run.row(c, tile) * run.width;
    const int32_t *place = run.places.row(job.rows);
    if (job.readout == kZ) {
      V<T> g[kMaxQubits];
      if (n <= W) {
        load_short<T>(grad, rows, n, (job.batch * job.circuits - run.row(c, tile)) * n, g);
      } else {
        alignas(64) T lanes[kMaxQubits * W];
        if (rows < W) memset(lanes, 0, sizeof(T) * n * W);
        for (int b = 0; b < rows; b++)
          for (int q = 0; q < n; q++) lanes[q * W + b] = grad[b * n + q];
        for (int q = 0; q < n; q++) memcpy(&g[q], lanes + q * W, kBytes);
      }
      for (int q = 0; q < n; q++)
        if ((plan.flip >> (n - 1 - q)) & 1) g[q] = -g[q];
      z_observable<T>(g, n, work);
    } else if (job.readout == kProbabilities) {
      load_tile<T>(grad, rows, d, [&](int64_t i, V<T> v) { work[i ^ plan.flip] = v; });
    } else {
      load_tile<T>(grad, rows, d, [&](int64_t i, V<T> v) { work[i ^ plan.flip] = v * plan.sign_of(i); });
    }
    const V<T> scale = saved[d] * T(plan.final_scale);
    const bool quadratic = job.readout != kAmplitudes;
    V<T> even{}, odd{};
    const auto begin = [&](int64_t i, V<T> &overlap) {
      const V<T> a = saved[i] * scale;
      const V<T> b = quadratic ? (a + a) * work[i] : work[i];
      V<T> *pair = &at<T>(pairs, 2 * int64_t(place[i]));
      pair[0] = a, pair[1] = b;
      overlap += a * b;
    };
    for (int64_t i = 0; i < d; i += 2) begin(i, even), begin(i + 1, odd);
    backward_sweep<T>(job, run.places, plan, pairs, lane_sums);
    if (!job.need_x) return;
    const V<T> outer = saved[d + 1] * T(plan.start_scale), inner = job.normalize ? (even + odd) * outer : V<T>{};
    T *grad_x = (T *)job.grad_x + run.input_row(c, tile) * d;
    const auto value = [&](int64_t i) {
      const V<T> *pair = pairs + 2 * padded(i);
      return pair[1] * outer - pair[0] * inner;
    };
    if (!total) return store_tile<T>(grad_x, rows, d, value);
    for (int64_t i = 0; i < d; i++) total[i] = c == 0 ? value(i) : total[i] + value(i);
    if (c == job.circuits - 1) store_tile<T>(grad_x, rows, d, [&](int64_t i) { return total[i]; });
  }
};

}  // namespace QUALMS_VARIANT
}  // namespace qualms

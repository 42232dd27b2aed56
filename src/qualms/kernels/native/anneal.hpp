// Metropolis sweeps over the spins of E(s) = Σ_{i<j} J_ij s_i s_j + Σ h_i s_i, one replica a SIMD lane.
//
// Every lane visits the same spin at the same time, so a spin's neighbours are loaded once for all replicas, and the local fields are kept:
// most visits at low temperature cost a product and a comparison. A spin flips if ΔE·β < e, e exponentially distributed (−ln of a uniform).
#pragma once
#include <chrono>
#include <cstring>

#include "layers.hpp"

namespace qualms {
namespace QUALMS_VARIANT {

template <class T> struct Bits;
template <> struct Bits<float> {
  typedef uint32_t Word;
  typedef int32_t Int;
  static constexpr int mantissa = 23, bias = 127, a = 9, b = 11;
  static constexpr Word one = 0x3f800000u, low = 0x7fffffu;
};
template <> struct Bits<double> {
  typedef uint64_t Word;
  typedef int64_t Int;
  static constexpr int mantissa = 52, bias = 1023, a = 17, b = 45;
  static constexpr Word one = 0x3ff0000000000000u, low = 0xfffffffffffffu;
};

constexpr double kLargest = 16;  // ΔE·β above which no float's exponential reaches; a double's is cut there too, one flip in nine million

template <class T> struct Annealer {
  static constexpr int W = Vec<T>::W;
  typedef Bits<T> B;
  typedef typename B::Word Word;
  typedef typename B::Int Int;
  typedef Word U __attribute__((vector_size(kBytes)));
  typedef Int M __attribute__((vector_size(kBytes)));

  static V<T> number(U x) { V<T> v; memcpy(&v, &x, sizeof v); return v; }
  static U bits(V<T> x) { U v; memcpy(&v, &x, sizeof v); return v; }

  static bool any(M m) {
    typedef int64_t L __attribute__((vector_size(kBytes)));
    L x;
    memcpy(&x, &m, sizeof x);
    int64_t found = 0;
    for (int k = 0; k < kBytes / 8; k++) found |= x[k];
    return found;
  }

  // Blackman and Vigna's xoshiro, four words a lane, kept in the tile's last four vectors.
  static U draw(U *s) {
    const U out = s[0] + s[3], t = s[1] << B::a;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t;
    s[3] = (s[3] << B::b) | (s[3] >> (8 * int(sizeof(Word)) - B::b));
    return out;
  }

  static void seed(U *s, uint64_t x) {
    const auto mix = [&x] {  // splitmix64
      uint64_t z = (x += 0x9e3779b97f4a7c15ull);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull, z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
      return z ^ (z >> 31);
    };
    for (int k = 0; k < 4; k++)
      for (int l = 0; l < W; l++) s[k][l] = Word(mix()) | Word(k == 3);
  }

  // −ln of a uniform number in (0, 1], to about 1e-4: exponent, and log₂ of the mantissa by a polynomial that is exact at both ends.
  static V<T> exponential(U word) {
    const V<T> uniform = broadcast<T>(2) - number((word >> (8 * int(sizeof(Word)) - B::mantissa)) | B::one);
    const U u = bits(uniform);
    const V<T> exponent = __builtin_convertvector(M(u >> B::mantissa) - B::bias, V<T>), m = number((u & B::low) | B::one);
    V<T> p = broadcast<T>(T(0.0599332135));
    p = p * m - T(0.467414086), p = p * m + T(1.48487907), p = p * m - T(2.52426758), p = p * m + T(2.88940017);
    return (exponent + p * (m - T(1))) * T(-0.693147181);
  }

  const AnnealJob &job;

  void operator()(int64_t tile) const {
    V<T> *spin = static_cast<V<T> *>(job.state) + tile * (2 * job.n + 4), *field = spin + job.n;
    U *random = reinterpret_cast<U *>(field + job.n);
    if (job.start) begin(spin, field, random, tile);
    const T *couplings = static_cast<const T *>(job.couplings);
    // Tiles that wait for a thread have their share of the time too.
    const double began = now(), share = job.seconds / double((job.tiles + job.threads - 1) / job.threads);
    int64_t sweep = 0;
    for (; sweep < job.sweeps; sweep++) {
      if (job.seconds > 0 && now() - began > share) break;
      V<T> scale;
      for (int l = 0; l < W; l++) scale[l] = T(-2 * job.betas[sweep * job.beta_stride + (job.per_lane ? tile * W + l : 0)]);
      for (int64_t i = 0; i < job.n; i++) {
        const V<T> cost = scale * (spin[i] * field[i]);
        if (!any(cost < T(kLargest))) continue;
        const M flip = cost < exponential(draw(random));
        if (!any(flip)) continue;
        const V<T> change = number(U(flip) & bits(T(-2) * spin[i]));
        spin[i] += change;
        for (int64_t k = job.first[i]; k < job.first[i + 1]; k++) field[job.neighbours[k]] += couplings[k] * change;
      }
    }
    job.done[tile] = sweep;
    energies(spin, field, tile);
  }

  void begin(V<T> *spin, V<T> *field, U *random, int64_t tile) const {
    if (job.start < 3) seed(random, job.seed + 0x632be59bd9b4e019ull * uint64_t(tile + 1));
    if (job.start == 1)
      for (int64_t i = 0; i < job.n; i++) spin[i] = __builtin_convertvector(M(draw(random) >> (8 * int(sizeof(Word)) - 1)) * 2 - 1, V<T>);
    fields(spin, field);
  }

  void fields(const V<T> *spin, V<T> *field) const {
    const T *couplings = static_cast<const T *>(job.couplings), *own = static_cast<const T *>(job.fields);
    for (int64_t i = 0; i < job.n; i++) {
      V<T> sum = broadcast<T>(own[i]);
      for (int64_t k = job.first[i]; k < job.first[i + 1]; k++) sum += couplings[k] * spin[job.neighbours[k]];
      field[i] = sum;
    }
  }

  void energies(const V<T> *spin, const V<T> *field, int64_t tile) const {
    double sum[W] = {};
    const T *own = static_cast<const T *>(job.fields);
    for (int64_t i = 0; i < job.n; i++) {
      const V<T> part = spin[i] * (field[i] + own[i]);
      for (int l = 0; l < W; l++) sum[l] += part[l];
    }
    for (int l = 0; l < W; l++) job.energies[tile * W + l] = sum[l] / 2;
  }

  static double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
};

template <class T> void anneal(const AnnealJob &job) {
  run_parallel(job.tiles, job.threads, [&] { return Annealer<T>{job}; });
}

}  // namespace QUALMS_VARIANT
}  // namespace qualms

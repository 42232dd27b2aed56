// AdamW with the superpositional term, θ ← θ(1 − lr·decay) − lr·( m̂/(√v̂ + ε) + λ·sin(πθ)·g ), one sweep over memory.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "job.hpp"
#include "parallel.hpp"

namespace qualms {
namespace QUALMS_VARIANT {

constexpr int64_t kSlice = 1 << 14;  // numbers dealt to a thread at a time: the four arrays' slices fit the second-level cache

// sin(πx) for any x: the nearest even number is taken off exactly, what is left is folded into [−1/2, 1/2], and there Taylor's series
// reaches the type's precision. Above `whole` every number of the type is whole, and the sine is 0.
template <class T> inline T sin_pi(T x) {
  constexpr bool narrow = sizeof(T) == 4;
  constexpr T shift = narrow ? T(12582912) : T(6755399441055744);  // 1.5·2^23, 1.5·2^52: adding it rounds to whole numbers
  constexpr T whole = narrow ? T(4194304) : T(2251799813685248);
  const T half = x * T(0.5), r = T(2) * (half - ((half + shift) - shift)), size = std::fabs(r);
  const T y = T(3.14159265358979323846) * (size > T(0.5) ? T(1) - size : size), y2 = y * y;
  T s;
  if constexpr (narrow)
    s = T(1) + y2 * (T(-1.0 / 6) + y2 * (T(1.0 / 120) + y2 * (T(-1.0 / 5040) + y2 * (T(1.0 / 362880) + y2 * T(-1.0 / 39916800)))));
  else
    s = T(1) + y2 * (T(-1.0 / 6) + y2 * (T(1.0 / 120) + y2 * (T(-1.0 / 5040) + y2 * (T(1.0 / 362880) + y2 * (T(-1.0 / 39916800) +
        y2 * (T(1.0 / 6227020800) + y2 * (T(-1.0 / 1307674368000) + y2 * (T(1.0 / 355687428096000) + y2 * (T(-1.0 / 121645100408832000) +
        y2 * T(1.0 / 51090942171709440000.0))))))))));
  return std::fabs(x) < whole ? std::copysign(y * s, r) : T(0);
}

// How many numbers of a slice are infinite or NaN.
template <class T> inline int64_t not_finite(const T *x, int64_t count) {
  typename std::conditional<sizeof(T) == 4, int32_t, int64_t>::type bad = 0;
  for (int64_t k = 0; k < count; k++) bad += !(std::fabs(x[k]) <= std::numeric_limits<T>::max());
  return bad;
}

template <class T> struct AdamW {
  const AdamWJob &job;
  std::vector<int64_t> first;  // slice at which each tensor begins

  explicit AdamW(const AdamWJob &j) : job(j), first(j.tensors + 1, 0) {
    for (int64_t i = 0; i < j.tensors; i++) first[i + 1] = first[i] + (j.sizes[i] + kSlice - 1) / kSlice;
  }

  void operator()(int64_t slice) const {
    const int64_t i = std::upper_bound(first.begin(), first.end(), slice) - first.begin() - 1;
    const int64_t from = (slice - first[i]) * kSlice, count = std::min(kSlice, job.sizes[i] - from);
    if (job.not_finite) {  // the slice's gradient is in the cache when the sweep reads it again
      const int64_t bad = not_finite(static_cast<const T *>(job.grads[i]) + from, count);
      if (bad) {
        __atomic_fetch_add(&job.not_finite[i], bad, __ATOMIC_RELAXED);
        return;
      }
    }
    const double correction1 = job.correct_bias ? 1 - std::pow(job.beta1, job.steps[i]) : 1;
    const double correction2 = job.correct_bias ? 1 - std::pow(job.beta2, job.steps[i]) : 1;
    const int64_t sines = std::max<int64_t>(0, std::min(count, job.limits[i] - from));
    const auto run = [&](auto function, int64_t start, int64_t length) {
      const int64_t at = from + start;
      function(job, static_cast<T *>(job.params[i]) + at, static_cast<const T *>(job.grads[i]) + at, static_cast<T *>(job.means[i]) + at,
               static_cast<T *>(job.squares[i]) + at, length, T(job.lr / correction1), T(1 / std::sqrt(correction2)));
    };
    if (sines) run(job.eps_inside_root ? sweep<true, true> : sweep<true, false>, 0, sines);
    if (sines < count) run(job.eps_inside_root ? sweep<false, true> : sweep<false, false>, sines, count - sines);
  }

  template <bool kSine, bool kInside>
  static void sweep(const AdamWJob &job, T *__restrict p, const T *__restrict g, T *__restrict m, T *__restrict v, int64_t count, T step, T unbias) {
    const T keep = T(1 - job.lr * job.decay), b1 = T(1 - job.beta1), b2 = T(job.beta2), c2 = T(1 - job.beta2), eps = T(job.eps);
    const T lam = T(job.lr * job.lam), sign = job.maximize ? T(-1) : T(1);
    for (int64_t k = 0; k < count; k++) {
      const T gk = sign * g[k], pk = p[k], mk = m[k] + (gk - m[k]) * b1, vk = v[k] * b2 + c2 * gk * gk;
      m[k] = mk, v[k] = vk;
      const T root = kInside ? std::sqrt(vk * unbias * unbias + eps) : std::sqrt(vk) * unbias + eps;
      p[k] = pk * keep - step * mk / root - (kSine ? lam * gk * sin_pi(pk) : T(0));
    }
  }
};

template <class T> void adamw(const AdamWJob &job) {
  const AdamW<T> work(job);
  const int64_t slices = work.first.back();
  run_parallel(slices, std::min<int64_t>(job.threads, std::max<int64_t>(1, slices / 2)), [&] { return work; });
}

}  // namespace QUALMS_VARIANT
}  // namespace qualms

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

constexpr int64_t kSlice = 1 << 17;  // numbers dealt to a thread at a time: long enough for the processor to see four streams
constexpr int64_t kBlock = 512;      // numbers whose gradients are looked at together, and then read again from the first-level cache

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
  std::vector<T> step, unbias;

  explicit AdamW(const AdamWJob &j) : job(j), first(j.tensors + 1, 0), step(j.tensors), unbias(j.tensors) {
    for (int64_t i = 0; i < j.tensors; i++) {
      first[i + 1] = first[i] + (j.sizes[i] + kSlice - 1) / kSlice;
      step[i] = T(j.lr / (j.correct_bias ? 1 - std::pow(j.beta1, j.steps[i]) : 1));
      unbias[i] = T(1 / std::sqrt(j.correct_bias ? 1 - std::pow(j.beta2, j.steps[i]) : 1));
    }
  }

  int64_t tensor(int64_t slice) const { return std::upper_bound(first.begin(), first.end(), slice) - first.begin() - 1; }

  void operator()(int64_t slice) const {
    const int64_t i = tensor(slice), from = (slice - first[i]) * kSlice, to = std::min(from + kSlice, job.sizes[i]);
    int64_t bad = 0;
    for (int64_t at = from; at < to; at += kBlock) {
      const int64_t count = std::min(kBlock, to - at);
      const int64_t found = job.not_finite ? not_finite(static_cast<const T *>(job.grads[i]) + at, count) : 0;
      bad += found;
      if (!found) block(i, at, count);
    }
    if (bad) __atomic_fetch_add(&job.not_finite[i], bad, __ATOMIC_RELAXED);
  }

  void block(int64_t i, int64_t from, int64_t count) const {
    const int64_t sines = std::max<int64_t>(0, std::min(count, job.limits[i] - from));
    const auto run = [&](auto function, int64_t start, int64_t length) {
      const int64_t at = from + start;
      function(job, static_cast<T *>(job.params[i]) + at, static_cast<const T *>(job.grads[i]) + at, static_cast<T *>(job.means[i]) + at,
               static_cast<T *>(job.squares[i]) + at, length, step[i], unbias[i]);
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

inline int64_t threads_for(const AdamWJob &job) {  // a thread is worth waking for some 20 µs of work
  int64_t numbers = 0;
  for (int64_t i = 0; i < job.tensors; i++) numbers += job.sizes[i];
  return std::max<int64_t>(1, std::min(job.threads, numbers >> 16));
}

// How many gradients of each tensor are infinite or NaN, and nothing else.
template <class T> struct Look {
  const AdamW<T> &work;
  void operator()(int64_t slice) const {
    const AdamWJob &job = work.job;
    const int64_t i = work.tensor(slice), from = (slice - work.first[i]) * kSlice, to = std::min(from + kSlice, job.sizes[i]);
    int64_t bad = 0;
    for (int64_t at = from; at < to; at += kBlock) bad += not_finite(static_cast<const T *>(job.grads[i]) + at, std::min(kBlock, to - at));
    if (bad) __atomic_fetch_add(&job.not_finite[i], bad, __ATOMIC_RELAXED);
  }
};

template <class T> void look(const AdamWJob &job) {
  const AdamW<T> work(job);
  run_parallel(work.first.back(), threads_for(job), [&] { return Look<T>{work}; });
}

template <class T> struct Borrowed {  // a worker of every thread, without a copy of the tables
  const AdamW<T> &work;
  void operator()(int64_t slice) const { work(slice); }
};

template <class T> void adamw(const AdamWJob &job) {
  const AdamW<T> work(job);
  const int64_t slices = work.first.back();
  run_parallel(slices, threads_for(job), [&] { return Borrowed<T>{work}; });
}

}  // namespace QUALMS_VARIANT
}  // namespace qualms

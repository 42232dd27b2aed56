// Low-autocorrelation sequences: a memetic search whose offspring go through tabu search (Gallardo, Cotta, Fernández 2009).
//
// C_k is kept for all lags; a flip of s_i changes it by −2 s_i (s_{i−k} + s_{i+k}), so that a sweep over all flips is n rows of n independent
// sums of squares, which compilers turn into SIMD. Sequences lie between n zeros on either side and need no edge cases.
#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "job.hpp"

namespace qualms {
namespace QUALMS_VARIANT {

struct LabsSearch {
  const int n;
  uint64_t state[2];
  std::vector<int32_t> padded, lags, tabu;
  std::vector<int8_t> kept;

  LabsSearch(int n, uint64_t seed) : n(n), padded(3 * n, 0), lags(n, 0), tabu(n, 0), kept(n, 0) {
    for (auto &s : state) {  // splitmix64
      uint64_t z = (seed += 0x9e3779b97f4a7c15ull);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
      s = z ^ (z >> 31);
    }
  }

  uint64_t draw() {  // Vigna's xorshift128+
    uint64_t a = state[0];
    const uint64_t b = state[1];
    state[0] = b;
    a ^= a << 23;
    state[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
    return state[1] + b;
  }
  int below(int most) { return int((draw() >> 32) * uint64_t(most) >> 32); }

  int64_t correlations() {
    const int32_t *s = padded.data() + n;
    int64_t energy = 0;
    for (int k = 1; k < n; k++) {
      int32_t c = 0;
      for (int i = 0; i + k < n; i++) c += s[i] * s[i + k];
      lags[k] = c;
      energy += int64_t(c) * c;
    }
    return energy;
  }

  int64_t flipped(int i) const {
    const int32_t *s = padded.data() + n + i, *c = lags.data(), turn = -2 * s[0];
    int32_t energy = 0;  // at most n³, n ≤ 1024
    for (int k = 1; k < n; k++) {
      const int32_t v = c[k] + turn * (s[-k] + s[k]);
      energy += v * v;
    }
    return energy;
  }

  void flip(int i) {
    int32_t *s = padded.data() + n + i;
    const int32_t turn = -2 * s[0];
    for (int k = 1; k < n; k++) lags[k] += turn * (s[-k] + s[k]);
    s[0] = -s[0];
  }

  // From `sequence`; its best replaces it.
  int64_t search(int8_t *sequence, std::chrono::steady_clock::time_point end) {
    for (int i = 0; i < n; i++) padded[n + i] = sequence[i], tabu[i] = 0, kept[i] = sequence[i];
    int64_t lowest = correlations();
    const int most = n / 2 + below(n + 1), tenure = most / 10 + 1, spread = most / 50 + 1;
    for (int t = 1; t <= most; t++) {
      if ((t & 63) == 0 && std::chrono::steady_clock::now() >= end) break;
      int64_t best = INT64_MAX;
      int at = -1, equal = 0;
      for (int i = 0; i < n; i++) {
        const int64_t energy = flipped(i);
        if (tabu[i] >= t && energy >= lowest) continue;
        if (energy < best) best = energy, at = i, equal = 1;
        else if (energy == best && below(++equal) == 0) at = i;
      }
      if (at < 0) continue;
      flip(at);
      tabu[at] = t + tenure + below(spread + 1);
      if (best < lowest) {
        lowest = best;
        for (int i = 0; i < n; i++) kept[i] = int8_t(padded[n + i]);
      }
    }
    for (int i = 0; i < n; i++) sequence[i] = kept[i];
    return lowest;
  }
};

// Offspring until one is better than `best_energy`, or they or the time are used up. Members with energy < 0 are not searched yet.
inline void labs(LabsJob &job) {
  typedef std::chrono::steady_clock Clock;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(job.seconds));
  const int n = int(job.n), size = int(job.population);
  LabsSearch search(n, job.seed);
  std::vector<int8_t> child(n);
  job.done = 0;
  while (job.done < job.offspring) {
    int64_t place = -1;
    for (int m = 0; m < size && place < 0; m++)
      if (job.energies[m] < 0) place = m;
    const auto pick = [&] {  // of two
      const int a = search.below(size), b = search.below(size);
      return job.energies[a] <= job.energies[b] ? a : b;
    };
    if (place >= 0) {
      for (int i = 0; i < n; i++) child[i] = search.draw() >> 63 ? 1 : -1;
    } else {
      const int8_t *a = job.members + int64_t(pick()) * n, *b = search.below(10) < 9 ? job.members + int64_t(pick()) * n : a;
      for (int i = 0; i < n; i++) {
        child[i] = search.draw() >> 63 ? a[i] : b[i];
        if (search.below(n) == 0) child[i] = -child[i];
      }
      place = search.below(size);
    }
    const int64_t energy = search.search(child.data(), end);
    for (int i = 0; i < n; i++) job.members[place * n + i] = child[i];
    job.energies[place] = energy;
    job.done++;
    if (energy < job.best_energy) {
      job.best_energy = energy;
      for (int i = 0; i < n; i++) job.best[i] = child[i];
      return;
    }
    if ((job.done & 7) == 0 && std::chrono::steady_clock::now() >= end) return;
  }
}

}  // namespace QUALMS_VARIANT
}  // namespace qualms

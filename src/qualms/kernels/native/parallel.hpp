// Threads. Torch already runs an OpenMP pool whose idle workers spin; a second pool would fight it for the cores. So the work is given
// to torch's own pool: Python looks up GOMP_parallel, which GNU's and LLVM's runtimes both export, and hands its address over.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "job.hpp"

namespace qualms {

using Fork = void (*)(void (*)(void *), void *, unsigned, unsigned);
inline Fork fork_join = nullptr;

inline int64_t threads_for(const Job &job) {  // a thread is worth waking for some 20 µs of work
  const double work = double(job.circuits) * double(job.batch) * double(int64_t(1) << job.n) * double(job.n * job.rows + 4);
  return std::max<int64_t>(1, std::min<int64_t>(job.threads, int64_t(work / 262144)));
}

// Deals chunks 0 … chunks−1 to threads; each thread makes itself one worker and calls it as worker(chunk). A thread begins with its own
// share, the same in every call for the thread that calls, so that what the forward pass wrote is in its cache for the backward pass; then it
// helps where something is left.
template <class Make> struct Team {
  const Make &make;
  int64_t chunks, threads;
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<int64_t> others{1};
  struct alignas(64) Share {
    std::atomic<int64_t> taken{0};
  };
  static constexpr int64_t kShares = 64;
  Share shares[kShares] = {};
  int64_t first(int64_t share, int64_t count) const { return chunks * share / count; }
  static void work(void *self) {
    auto &team = *static_cast<Team *>(self);
    auto worker = team.make();
    const int64_t count = std::min(team.threads, kShares);
    const int64_t own = std::this_thread::get_id() == team.caller ? 0 : team.others.fetch_add(1, std::memory_order_relaxed);
    for (int64_t k = 0; k < count; k++) {
      const int64_t share = (own + k) % count, begin = team.first(share, count), size = team.first(share + 1, count) - begin;
      auto &taken = team.shares[share].taken;
      for (int64_t j; (j = taken.fetch_add(1, std::memory_order_relaxed)) < size;) worker(begin + j);
    }
  }
};

template <class Make> void run_parallel(int64_t chunks, int64_t threads, const Make &make) {
  threads = std::max<int64_t>(1, std::min(threads, chunks));
  Team<Make> team{make, chunks, threads};
  if (threads <= 1) return Team<Make>::work(&team);
  if (fork_join) return fork_join(&Team<Make>::work, &team, unsigned(threads), 0);
  std::vector<std::thread> others;
  for (int64_t k = 1; k < threads; k++) others.emplace_back(&Team<Make>::work, &team);
  Team<Make>::work(&team);
  for (auto &t : others) t.join();
}

}  // namespace qualms

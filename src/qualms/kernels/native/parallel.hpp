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

// Deals chunks 0 … chunks−1 to threads; each thread makes itself one worker and calls it as worker(chunk).
template <class Make> struct Team {
  const Make &make;
  int64_t chunks;
  std::atomic<int64_t> next{0};
  static void work(void *self) {
    auto &team = *static_cast<Team *>(self);
    auto worker = team.make();
    for (int64_t k; (k = team.next.fetch_add(1, std::memory_order_relaxed)) < team.chunks;) worker(k);
  }
};

template <class Make> void run_parallel(int64_t chunks, int64_t threads, const Make &make) {
  Team<Make> team{make, chunks};
  threads = std::min(threads, chunks);
  if (threads <= 1) return Team<Make>::work(&team);
  if (fork_join) return fork_join(&Team<Make>::work, &team, unsigned(threads), 0);
  std::vector<std::thread> others;
  for (int64_t k = 1; k < threads; k++) others.emplace_back(&Team<Make>::work, &team);
  Team<Make>::work(&team);
  for (auto &t : others) t.join();
}

}  // namespace qualms

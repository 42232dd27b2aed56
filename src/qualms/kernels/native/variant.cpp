// Compiled into one library per instruction set (one library for all would let the linker share inlined standard-library code across
// sets, and an old processor could meet a new instruction); the build defines QUALMS_VARIANT, QUALMS_BYTES and the trip lengths that its registers hold.
#include "adamw.hpp"
#include "anneal.hpp"
#include "labs.hpp"
#include "layers.hpp"
#include "parallel.hpp"
#include "wide.hpp"

namespace qualms {
namespace QUALMS_VARIANT {

// Tiles are dealt out in chunks whose size depends on the work alone, and angle gradients are summed chunk by chunk in order:
// the result does not depend on the number of threads.
struct Chunks {
  int64_t tiles, size, count;
  explicit Chunks(int64_t t) : tiles(t), size(std::max<int64_t>(1, (t + 63) / 64)), count((t + size - 1) / size) {}
  int64_t first(int64_t k) const { return k * size; }
  int64_t last(int64_t k) const { return std::min(tiles, (k + 1) * size); }
};

template <class W> struct Worker {
  W work;
  const Chunks &chunks;
  void operator()(int64_t k) { work(chunks.first(k), chunks.last(k), k); }
};

template <class T> void forward(const Job &job) {
  const Runner<T> run(job);
  const Chunks chunks(run.tiles);
  run_parallel(chunks.count, threads_for(job), [&] { return Worker<Forward<T>>{Forward<T>(run), chunks}; });
}

template <class T> void backward(const Job &job) {
  const Runner<T> run(job);
  const Chunks chunks(run.tiles);
  const int64_t angles = job.rows * job.n;
  std::vector<double> sums(chunks.count * job.circuits * angles);
  run_parallel(chunks.count, threads_for(job), [&] { return Worker<Backward<T>>{Backward<T>(run, sums.data()), chunks}; });
  for (int64_t c = 0; c < job.circuits; c++)
    for (int64_t l = 0; l < job.rows; l++)
      for (int64_t q = 0; q < job.n; q++) {
        const int64_t bit = l * job.n + job.n - 1 - q;
        double sum = 0;
        for (int64_t k = 0; k < chunks.count; k++) sum += sums[(k * job.circuits + c) * angles + bit];
        const int64_t at = c * angles + l * job.n + q;
        sum *= run.plans[c].gradient[bit];
        if (job.angle_bytes == 4)
          ((float *)job.grad_angles)[at] = float(sum);
        else
          ((double *)job.grad_angles)[at] = sum;
      }
}

}  // namespace QUALMS_VARIANT
}  // namespace qualms

// The C interface -------------------------------------------------------------------------------------------------

#define QUALMS_API extern "C" __attribute__((visibility("default")))
using namespace qualms;

QUALMS_API int64_t qualms_abi() { return 6; }
QUALMS_API int64_t qualms_job_bytes() { return sizeof(Job); }
QUALMS_API void qualms_set_fork(Fork fork) { fork_join = fork; }
QUALMS_API void qualms_forward(const Job *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::forward<float>(*job) : QUALMS_VARIANT::forward<double>(*job);
}
QUALMS_API void qualms_backward(const Job *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::backward<float>(*job) : QUALMS_VARIANT::backward<double>(*job);
}

QUALMS_API int64_t qualms_wide_job_bytes() { return sizeof(WideJob); }
QUALMS_API void qualms_turn(const WideJob *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::Wide<float>(*job).run<false>() : QUALMS_VARIANT::Wide<double>(*job).run<false>();
}
QUALMS_API void qualms_turn_back(const WideJob *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::Wide<float>(*job).run<true>() : QUALMS_VARIANT::Wide<double>(*job).run<true>();
}
QUALMS_API void qualms_phase(const WideJob *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::phases<float, false>(*job) : QUALMS_VARIANT::phases<double, false>(*job);
}
QUALMS_API void qualms_phase_back(const WideJob *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::phases<float, true>(*job) : QUALMS_VARIANT::phases<double, true>(*job);
}

QUALMS_API int64_t qualms_adamw_job_bytes() { return sizeof(AdamWJob); }
QUALMS_API void qualms_adamw(const AdamWJob *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::adamw<float>(*job) : QUALMS_VARIANT::adamw<double>(*job);
}

QUALMS_API void qualms_not_finite(const AdamWJob *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::look<float>(*job) : QUALMS_VARIANT::look<double>(*job);
}

QUALMS_API int64_t qualms_anneal_job_bytes() { return sizeof(AnnealJob); }
QUALMS_API void qualms_anneal(const AnnealJob *job, int64_t value_bytes) {
  value_bytes == 4 ? QUALMS_VARIANT::anneal<float>(*job) : QUALMS_VARIANT::anneal<double>(*job);
}

QUALMS_API int64_t qualms_labs_job_bytes() { return sizeof(LabsJob); }
QUALMS_API void qualms_labs(LabsJob *job, int64_t) { QUALMS_VARIANT::labs(*job); }

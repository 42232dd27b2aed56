// Part of the baseline library alone, which every processor of the architecture runs: which other libraries may be loaded.
#include <cstdint>
#include <cstring>

extern "C" __attribute__((visibility("default"))) int64_t qualms_supports(const char *variant) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!strcmp(variant, "avx512")) return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma");
  if (!strcmp(variant, "avx2")) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return !strcmp(variant, "baseline");
}

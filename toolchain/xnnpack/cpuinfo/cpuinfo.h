// The part of cpuinfo that XNNPACK asks on x86-64, answered by the compiler's run-time library.
#pragma once

#include <stdbool.h>

static inline bool cpuinfo_initialize(void) {
  __builtin_cpu_init();
  return true;
}

static inline bool cpuinfo_has_x86_sse2(void) {
  return __builtin_cpu_supports("sse2");
}
static inline bool cpuinfo_has_x86_ssse3(void) {
  return __builtin_cpu_supports("ssse3");
}
static inline bool cpuinfo_has_x86_sse4_1(void) {
  return __builtin_cpu_supports("sse4.1");
}
static inline bool cpuinfo_has_x86_avx(void) {
  return __builtin_cpu_supports("avx");
}
static inline bool cpuinfo_has_x86_avx2(void) {
  return __builtin_cpu_supports("avx2");
}
static inline bool cpuinfo_has_x86_fma3(void) {
  return __builtin_cpu_supports("fma");
}
// Some compilers cannot be asked for F16C by name; every CPU with AVX2 has it, and only such
// kernels' callers need it.
static inline bool cpuinfo_has_x86_f16c(void) {
  return __builtin_cpu_supports("avx2");
}

// One family of CPUs gets a kernel of its own.
enum cpuinfo_uarch { cpuinfo_uarch_unknown, cpuinfo_uarch_zen, cpuinfo_uarch_dhyana };
struct cpuinfo_core {
  enum cpuinfo_uarch uarch;
};

static inline const struct cpuinfo_core* cpuinfo_get_core(int index) {
  static const struct cpuinfo_core zen = {cpuinfo_uarch_zen}, other = {cpuinfo_uarch_unknown};
  (void)index;
  __builtin_cpu_init();
  return __builtin_cpu_is("znver1") ? &zen : &other;
}

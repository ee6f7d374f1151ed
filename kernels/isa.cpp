#include "kernels/isa.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "kernels/forms.h"

#if defined(__EMSCRIPTEN__)
#include <emscripten/emscripten.h>
#endif

namespace edgy::kernels {
namespace {

constexpr Isa kIsas[] = {Isa::kReference, Isa::kSimd128, Isa::kRelaxedDot, Isa::kRelaxedPair};

#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
double now_ms() {
#if defined(__EMSCRIPTEN__)
  return emscripten_get_now();
#else
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count();
#endif
}

// A tile as in the sparse kernels: two weights for each of eight vectors, all different, so that
// nothing can be computed once for all.
template <typename Form>
__attribute__((always_inline)) inline int32_t spin(const int8_t* operands, int32_t rounds) {
  const Form form;
  typename Form::Sum sums[8] = {};
  for (int32_t round = 0; round < rounds; ++round) {
    const int8_t* here = operands + 16 * (round & 7);
    const typename Form::Operand first = Form::splat(here);
    const typename Form::Operand second = Form::splat(here + 4);
    for (int i = 0; i < 8; ++i) {
      form.accumulate_two(sums[i], first, Form::load(here + 16 * i), second,
                          Form::load(here + 16 * i + 4));
    }
  }
  for (int i = 1; i < 8; ++i) {
    sums[0] = wasm_i32x4_add(sums[0], sums[i]);
  }
  return wasm_i32x4_extract_lane(sums[0], 0);
}

// One function for both forms: a browser optimizes functions one by one, and would else compare
// optimized code with code that is not.
__attribute__((noinline)) int32_t spin(Isa isa, const int8_t* operands, int32_t rounds) {
  return isa == Isa::kRelaxedDot ? spin<RelaxedDotForm>(operands, rounds)
                                 : spin<RelaxedPairForm>(operands, rounds);
}

double time_ms(Isa isa, const int8_t* operands, int32_t rounds) {
  volatile int32_t sink = 0;
  const double start = now_ms();
  sink = spin(isa, operands, rounds);
  (void)sink;
  return now_ms() - start;
}

// Runs grow until the slower form takes ten ticks of a browser's coarsest clock (0.1 ms), then the
// best counts, as a busy machine interrupts now one form and now the other; turns go on until
// neither has become faster for a while. That is about ten milliseconds in all. Code that is not
// optimized in that time shows the same order, because each form is what costs most in it, but less
// clearly, and ten ticks are few. So dot products have to win by a margin, as they do where the
// processor has an instruction for them; elsewhere they lose by as much.
Isa measure_relaxed() {
  std::array<int8_t, 288> operands;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    operands[i] = static_cast<int8_t>(i & 63);  // two i16 sums may be added
  }
  constexpr double kLongEnoughMs = 1.0;
  constexpr int32_t kMostRounds = 1 << 22;
  double dot = 0;
  double pair = 0;
  int32_t rounds = 1 << 12;
  for (; rounds < kMostRounds && (dot < kLongEnoughMs && pair < kLongEnoughMs); rounds *= 2) {
    dot = time_ms(Isa::kRelaxedDot, operands.data(), rounds);
    pair = time_ms(Isa::kRelaxedPair, operands.data(), rounds);
  }
  constexpr int kPatience = 6;
  constexpr int kMostTurns = 60;
  constexpr double kFaster = 0.9;
  for (int turn = 0, calm = 0; turn < kMostTurns && calm < kPatience; ++turn) {
    const double dot_now = time_ms(Isa::kRelaxedDot, operands.data(), rounds / 2);
    const double pair_now = time_ms(Isa::kRelaxedPair, operands.data(), rounds / 2);
    const bool faster = dot_now < kFaster * dot || pair_now < kFaster * pair;
    calm = faster ? 0 : calm + 1;
    dot = std::min(dot, dot_now);
    pair = std::min(pair, pair_now);
  }
  constexpr double kMargin = 0.85;
  return dot < kMargin * pair ? Isa::kRelaxedDot : Isa::kRelaxedPair;
}
#endif

}  // namespace

#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
alignas(16) const int16_t kOnes[8] = {1, 1, 1, 1, 1, 1, 1, 1};
#endif

const char* to_string(Isa isa) {
  switch (isa) {
    case Isa::kReference:
      return "reference";
    case Isa::kSimd128:
      return "simd128";
    case Isa::kRelaxedDot:
      return "relaxed-dot";
    case Isa::kRelaxedPair:
      return "relaxed-pair";
  }
  return "unknown";
}

std::span<const Isa> available_isas() {
  return std::span<const Isa>(kIsas).first(kHasRelaxedSimd ? 4 : 2);
}

Isa fastest_isa(int activation_bits) {
#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
  if (activation_bits <= 7) {
    static const Isa fastest = measure_relaxed();
    return fastest;
  }
#else
  (void)activation_bits;
#endif
  return Isa::kSimd128;
}

}  // namespace edgy::kernels

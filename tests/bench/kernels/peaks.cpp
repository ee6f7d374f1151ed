// Loops that show what the machine can do: one instruction form, from registers or as a matrix tile
// with loads; and loads alone. Each returns a value, so that no loop is optimized away.
#include <cstddef>
#include <cstdint>

#include "kernels/aligned.h"
#include "kernels/forms.h"

#define EXPORT extern "C" __attribute__((used, visibility("default"), noinline))

namespace {

using namespace edgy::kernels;

struct F32Form {
  using Operand = v128_t;
  using Sum = v128_t;
  static Operand load(const int8_t* p) { return wasm_v128_load(p); }
  static Operand splat(const int8_t* p) { return wasm_v128_load32_splat(p); }
  static Sum start(int32_t) { return wasm_f32x4_splat(0.0F); }
  void accumulate(Sum& sum, Operand a, Operand b) const {
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(a, b));
  }
};

#if defined(__wasm_relaxed_simd__)
struct F32RelaxedForm : F32Form {
  void accumulate(Sum& sum, Operand a, Operand b) const {
    sum = wasm_f32x4_relaxed_madd(a, b, sum);
  }
};
#endif

// i16 operands as they lie in memory: eight products an instruction.
struct I16Form : F32Form {
  static Operand splat(const int8_t* p) { return wasm_v128_load64_splat(p); }
  static Sum start(int32_t) { return wasm_i32x4_splat(0); }
  void accumulate(Sum& sum, Operand a, Operand b) const {
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(a, b));
  }
};

alignas(64) int8_t
    operands[4096];  // written by `fill_operands`, so that the compiler takes no value for known

// Eight different products of four operands in registers and two that are loaded anew each round,
// so that no product can be computed once for all rounds.
template <typename Form>
int32_t registers(int32_t rounds) {
  const Form form;
  typename Form::Sum sum[4][2];
  typename Form::Operand weights[4];
  for (int i = 0; i < 4; ++i) {
    sum[i][0] = sum[i][1] = Form::start(0);
    weights[i] = Form::load(operands + 16 * i);
  }
  for (int32_t round = 0; round < rounds; ++round) {
    const int8_t* activations = operands + 128 + 32 * (round & 31);
    const typename Form::Operand first = Form::load(activations);
    const typename Form::Operand second = Form::load(activations + 16);
    for (int i = 0; i < 4; ++i) {
      form.accumulate(sum[i][0], weights[i], first);
      form.accumulate(sum[i][1], weights[i], second);
    }
  }
  v128_t total = wasm_i32x4_splat(0);
  for (const auto& row : sum) {
    total = wasm_i32x4_add(total, wasm_i32x4_add(row[0], row[1]));
  }
  return wasm_i32x4_extract_lane(total, 0);
}

// Four weights by two vectors, 32 steps over a buffer in the first-level cache.
template <typename Form>
int32_t tile(int32_t rounds) {
  const Form form;
  v128_t total = wasm_i32x4_splat(0);
  for (int32_t round = 0; round < rounds; ++round) {
    typename Form::Sum sum[4][2];
    for (auto& row : sum) {
      row[0] = row[1] = Form::start(0);
    }
    const int8_t* weights = operands;
    const int8_t* activations = operands + 2048;
    for (int step = 0; step < 32; ++step, weights += 32, activations += 32) {
      const typename Form::Operand first = Form::load(activations);
      const typename Form::Operand second = Form::load(activations + 16);
      for (int i = 0; i < 4; ++i) {
        const typename Form::Operand weight = Form::splat(weights + 8 * i);
        form.accumulate(sum[i][0], weight, first);
        form.accumulate(sum[i][1], weight, second);
      }
    }
    for (const auto& row : sum) {
      total = wasm_i32x4_add(total, wasm_i32x4_add(row[0], row[1]));
    }
  }
  return wasm_i32x4_extract_lane(total, 0);
}

#if defined(__wasm_relaxed_simd__)
// The same loads, products of two steps added before they are widened.
int32_t tile_of_sum_pairs(int32_t rounds) {
  const RelaxedPairForm form;
  v128_t total = wasm_i32x4_splat(0);
  for (int32_t round = 0; round < rounds; ++round) {
    v128_t sum[4][2] = {};
    const int8_t* weights = operands;
    const int8_t* activations = operands + 2048;
    for (int step = 0; step < 32; step += 2, weights += 64, activations += 64) {
      for (int i = 0; i < 4; ++i) {
        const v128_t first = RelaxedPairForm::splat(weights + 8 * i);
        const v128_t second = RelaxedPairForm::splat(weights + 32 + 8 * i);
        for (int v = 0; v < 2; ++v) {
          form.accumulate_two(sum[i][v], first, RelaxedPairForm::load(activations + 16 * v), second,
                              RelaxedPairForm::load(activations + 32 + 16 * v));
        }
      }
    }
    for (const auto& row : sum) {
      total = wasm_i32x4_add(total, wasm_i32x4_add(row[0], row[1]));
    }
  }
  return wasm_i32x4_extract_lane(total, 0);
}
#endif

}  // namespace

/// To be called first. Every four bytes are a float between 0.5 and 1.
EXPORT void fill_operands(int32_t value) {
  for (int32_t i = 0; i < 4096; ++i) {
    operands[i] = static_cast<int8_t>(i % 4 == 3 ? 63 : (i * value) & 63);
  }
}

// Multiply-accumulates a round: registers 8 * lanes * depth, tile 256 * lanes * depth (f32 4, i16
// 8, i8 16).
EXPORT int32_t registers_f32(int32_t rounds) {
  return registers<F32Form>(rounds);
}
EXPORT int32_t registers_i16(int32_t rounds) {
  return registers<I16Form>(rounds);
}
EXPORT int32_t tile_f32(int32_t rounds) {
  return tile<F32Form>(rounds);
}
EXPORT int32_t tile_i16(int32_t rounds) {
  return tile<I16Form>(rounds);
}
#if defined(__wasm_relaxed_simd__)
EXPORT int32_t registers_f32_relaxed(int32_t rounds) {
  return registers<F32RelaxedForm>(rounds);
}
EXPORT int32_t registers_dot(int32_t rounds) {
  return registers<RelaxedDotForm>(rounds);
}
EXPORT int32_t registers_pair(int32_t rounds) {
  return registers<RelaxedPairForm>(rounds);
}
EXPORT int32_t tile_f32_relaxed(int32_t rounds) {
  return tile<F32RelaxedForm>(rounds);
}
EXPORT int32_t tile_dot(int32_t rounds) {
  return tile<RelaxedDotForm>(rounds);
}
EXPORT int32_t tile_pair(int32_t rounds) {
  return tile<RelaxedPairForm>(rounds);
}
EXPORT int32_t tile_sum_pair(int32_t rounds) {
  return tile_of_sum_pairs(rounds);
}
#endif

// Reads `bytes` (a multiple of 256) `rounds` times.
EXPORT int32_t load_bytes(int32_t bytes, int32_t rounds) {
  static const AlignedVector<int8_t> buffer(std::size_t{32} << 20, 1);
  v128_t sum[4] = {};
  for (int32_t round = 0; round < rounds; ++round) {
    for (const int8_t *p = buffer.data(), *end = p + bytes; p != end; p += 256) {
      for (int i = 0; i < 16; ++i) {
        sum[i % 4] = wasm_v128_xor(sum[i % 4], wasm_v128_load(p + 16 * i));
      }
    }
  }
  const v128_t total = wasm_v128_xor(wasm_v128_xor(sum[0], sum[1]), wasm_v128_xor(sum[2], sum[3]));
  return wasm_i32x4_extract_lane(total, 0);
}

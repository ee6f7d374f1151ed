// Depthwise sums as templates over the instruction form. Lanes are the four channels of one
// position, from the products to the stored values, so that nothing is transposed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/conv_int8/depthwise.h"
#include "kernels/conv_int8/requantizer.h"
#include "kernels/forms.h"

namespace edgy::kernels {

/// One step at four positions: taps of a channel are brought next to each other.
template <typename Form>
struct DepthwiseStep {
  static constexpr int32_t kTaps = 4;
  static v128_t load_weights(const int8_t* weights) { return wasm_v128_load(weights); }

  static void add(const Form& form, v128_t weights, const int8_t* input, const int32_t* offsets,
                  v128_t (&sums)[4]) {
    const v128_t tap0 = wasm_v128_load(input + offsets[0]);
    const v128_t tap1 = wasm_v128_load(input + offsets[1]);
    const v128_t tap2 = wasm_v128_load(input + offsets[2]);
    const v128_t tap3 = wasm_v128_load(input + offsets[3]);
    const v128_t low01 =
        wasm_i8x16_shuffle(tap0, tap1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const v128_t low23 =
        wasm_i8x16_shuffle(tap2, tap3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    form.accumulate(sums[0], weights, wasm_i16x8_shuffle(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11));
    form.accumulate(sums[1], weights, wasm_i16x8_shuffle(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15));
    const v128_t high01 = wasm_i8x16_shuffle(tap0, tap1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                             29, 14, 30, 15, 31);
    const v128_t high23 = wasm_i8x16_shuffle(tap2, tap3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                             29, 14, 30, 15, 31);
    form.accumulate(sums[2], weights, wasm_i16x8_shuffle(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11));
    form.accumulate(sums[3], weights,
                    wasm_i16x8_shuffle(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15));
  }
};

template <>
struct DepthwiseStep<Simd128Form> {
  static constexpr int32_t kTaps = 2;
  static v128_t load_weights(const int8_t* weights) { return wasm_i16x8_load8x8(weights); }

  static void add(const Simd128Form&, v128_t weights, const int8_t* input, const int32_t* offsets,
                  v128_t (&sums)[4]) {
    for (int half = 0; half < 2; ++half) {
      const v128_t tap0 = wasm_i16x8_load8x8(input + offsets[0] + 8 * half);
      const v128_t tap1 = wasm_i16x8_load8x8(input + offsets[1] + 8 * half);
      v128_t* sum = sums + 2 * half;
      sum[0] = wasm_i32x4_add(
          sum[0],
          wasm_i32x4_dot_i16x8(weights, wasm_i16x8_shuffle(tap0, tap1, 0, 8, 1, 9, 2, 10, 3, 11)));
      sum[1] = wasm_i32x4_add(
          sum[1], wasm_i32x4_dot_i16x8(weights,
                                       wasm_i16x8_shuffle(tap0, tap1, 4, 12, 5, 13, 6, 14, 7, 15)));
    }
  }
};

/// What becomes of sums: int8 values.
class DepthwiseValues {
 public:
  static constexpr std::ptrdiff_t kPositionBytes = 4;

  DepthwiseValues(const ConvQuantization& quantization, const float* scale)
      : requantizer_(quantization), scale_(wasm_v128_load(scale)) {}

  void store(const v128_t (&sums)[4], int8_t* out) const {
    v128_t values[4];
    for (int p = 0; p < 4; ++p) {
      values[p] = requantizer_(sums[p], scale_);
    }
    wasm_v128_store(out, requantizer_.narrow(values));
  }

 private:
  Requantizer requantizer_;
  v128_t scale_;
};

/// What becomes of sums: floats.
class DepthwiseFloats {
 public:
  static constexpr std::ptrdiff_t kPositionBytes = 16;

  DepthwiseFloats(const ConvQuantization& quantization, const float* scale)
      : low_(wasm_f32x4_splat(quantization.float_min)),
        high_(wasm_f32x4_splat(quantization.float_max)),
        scale_(wasm_v128_load(scale)) {}

  void store(const v128_t (&sums)[4], int8_t* out) const {
    for (int p = 0; p < 4; ++p) {
      const v128_t scaled = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums[p]), scale_);
      wasm_v128_store(out + 16 * p, wasm_f32x4_pmin(high_, wasm_f32x4_pmax(low_, scaled)));
    }
  }

 private:
  v128_t low_;
  v128_t high_;
  v128_t scale_;
};

/// Four neighbouring positions.
struct DepthwisePlace {
  const int8_t* input;
  int8_t* out;
};

/// `Vectors` times four positions, wherever they lie.
template <typename Form, typename Results, int Vectors>
__attribute__((always_inline)) inline void depthwise_tile(const Form& form,
                                                          const DepthwiseQuad& quad,
                                                          const Results& results,
                                                          const DepthwisePlace (&places)[Vectors]) {
  using Step = DepthwiseStep<Form>;
  v128_t sums[Vectors][4];
  const v128_t bias = wasm_v128_load(quad.bias);
  for (auto& vector : sums) {
    for (v128_t& position : vector) {
      position = bias;
    }
  }
  const int8_t* weights = quad.weights;
  const int32_t* offsets = quad.offsets;
  const int32_t* end = offsets + std::ptrdiff_t{Step::kTaps} * quad.steps;
  for (; offsets != end; offsets += Step::kTaps, weights += 4 * Step::kTaps) {
    const v128_t step_weights = Step::load_weights(weights);
    for (int v = 0; v < Vectors; ++v) {
      Step::add(form, step_weights, places[v].input, offsets, sums[v]);
    }
  }
  for (int v = 0; v < Vectors; ++v) {
    results.store(sums[v], places[v].out);
  }
}

/// RunDepthwise. A row that is no whole number of vectors ends with one that overlaps the last: no
/// position is stored that does not exist, and none by itself.
template <typename Form, typename Results>
void depthwise_rows(const DepthwiseQuad& quad, const DepthwiseRows& rows,
                    const ConvQuantization& quantization) {
  const Form form;
  const Results results(quantization, quad.scale);
  const DepthwiseQuad own = quad;  // read again after each store, through the reference
  const int8_t* input = rows.input;
  auto* out = static_cast<int8_t*>(rows.out);
  if (rows.width < 4) {
    alignas(16) int8_t four[4 * Results::kPositionBytes];
    for (int64_t row = 0; row < rows.rows; ++row) {
      depthwise_tile<Form, Results, 1>(form, own, results, {{input, four}});
      std::memcpy(out, four, to_size(Results::kPositionBytes * rows.width));
      input += rows.input_pitch;
      out += rows.out_pitch;
    }
    return;
  }
  const auto last = narrow<std::ptrdiff_t>(rows.width - 4);
  const auto input_pitch = narrow<std::ptrdiff_t>(rows.input_pitch);
  const auto out_pitch = narrow<std::ptrdiff_t>(rows.out_pitch);
  std::ptrdiff_t x = 0;
  const auto next_place = [&]() __attribute__((always_inline)) {
    const std::ptrdiff_t here = std::min(x, last);
    const DepthwisePlace place = {input + 4 * here, out + Results::kPositionBytes * here};
    x += 4;
    if (x >= last + 4) {
      x = 0;
      input += input_pitch;
      out += out_pitch;
    }
    return place;
  };
  int64_t vectors = divide_up(rows.width, 4) * rows.rows;
  for (; vectors >= 2; vectors -= 2) {
    const DepthwisePlace first = next_place();
    depthwise_tile<Form, Results, 2>(form, own, results, {first, next_place()});
  }
  if (vectors == 1) {
    depthwise_tile<Form, Results, 1>(form, own, results, {next_place()});
  }
}

template <typename Form>
DepthwiseForms depthwise_forms() {
  return {depthwise_rows<Form, DepthwiseValues>, depthwise_rows<Form, DepthwiseFloats>};
}

}  // namespace edgy::kernels

// A loop for weights that are kept one by one, to see what a kernel for them could gain.
// Activations lie channel by channel; two weights of an output channel are multiplied at a time,
// each pair of products at its position.
#include <cstddef>
#include <vector>

#include "kernels/forms.h"
#include "tests/bench/kernels/operands.h"

#if defined(__wasm_relaxed_simd__)
namespace {

using namespace edgy::kernels;

constexpr int32_t kPositions = 32;  // at a time: their sums fill half the registers

struct Layer {
  int32_t rows;
  int32_t positions;
  std::vector<int8_t> weights;   // two a pair
  std::vector<int32_t> offsets;  // two a pair
  std::vector<int32_t> starts;   // of each row, in pairs of pairs
  std::vector<int8_t> input;
  std::vector<int32_t> sums;
};

Layer layer;

v128_t interleaved(v128_t a, v128_t b, bool high) {
  return high ? wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31)
              : wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

// Products of two weights with 16 positions: i16, low and high eight.
void products(const int8_t* input, const int32_t* offsets, v128_t weights, v128_t (&out)[2]) {
  const v128_t a = wasm_v128_load(input + offsets[0]);
  const v128_t b = wasm_v128_load(input + offsets[1]);
  out[0] = relaxed_dot_pairs(weights, interleaved(a, b, false));
  out[1] = relaxed_dot_pairs(weights, interleaved(a, b, true));
}

void run_row(int32_t row, int32_t first) {
  v128_t sum[kPositions / 4] = {};
  const int8_t* input = layer.input.data() + first;
  for (int32_t turn = layer.starts[row]; turn < layer.starts[row + 1]; ++turn) {
    const int8_t* weights = layer.weights.data() + std::ptrdiff_t{4} * turn;
    const int32_t* offsets = layer.offsets.data() + std::ptrdiff_t{4} * turn;
    const v128_t first_two = wasm_v128_load16_splat(weights);
    const v128_t second_two = wasm_v128_load16_splat(weights + 2);
    for (int32_t i = 0; i < kPositions / 16; ++i) {
      v128_t one[2];
      v128_t two[2];
      products(input + std::ptrdiff_t{16} * i, offsets, first_two, one);
      products(input + std::ptrdiff_t{16} * i, offsets + 2, second_two, two);
      for (int32_t half = 0; half < 2; ++half) {
        const v128_t four = wasm_i16x8_add(one[half], two[half]);
        v128_t* to = sum + std::ptrdiff_t{4} * i + std::ptrdiff_t{2} * half;
        to[0] = wasm_i32x4_add(to[0], wasm_i32x4_extend_low_i16x8(four));
        to[1] = wasm_i32x4_add(to[1], wasm_i32x4_extend_high_i16x8(four));
      }
    }
  }
  int32_t* out = layer.sums.data() + std::ptrdiff_t{1} * layer.positions * row + first;
  for (int32_t i = 0; i < kPositions / 4; ++i) {
    wasm_v128_store(out + std::ptrdiff_t{4} * i, sum[i]);
  }
}

}  // namespace

/// Random weights, a share of them (in thousandths) kept.
EXPORT void set_up_single(int32_t in_channels, int32_t out_channels, int32_t kernel,
                          int32_t positions, int32_t density) {
  layer = {};
  layer.rows = out_channels;
  layer.positions = (positions + kPositions - 1) / kPositions * kPositions;
  const int32_t pitch = layer.positions + kernel - 1;
  const edgy::kernels::ConvShape shape = {
      .in_channels = in_channels, .out_channels = out_channels, .kernel_w = kernel};
  const std::vector<int8_t> weights =
      edgy::bench::random_weights(shape, edgy::bench::Pattern::k1x1, density);
  const int8_t* weight = weights.data();
  layer.starts.push_back(0);
  for (int32_t row = 0; row < out_channels; ++row) {
    for (int32_t tap = 0; tap < kernel; ++tap) {
      for (int32_t channel = 0; channel < in_channels; ++channel, ++weight) {
        if (*weight != 0) {
          // Halved where four would not fit into 16 bits together: this is about speed.
          layer.weights.push_back(static_cast<int8_t>(*weight / 2));
          layer.offsets.push_back(channel * pitch + tap);
        }
      }
    }
    while (layer.weights.size() % 4 != 0) {
      layer.weights.push_back(0);
      layer.offsets.push_back(0);
    }
    layer.starts.push_back(static_cast<int32_t>(layer.weights.size() / 4));
  }
  layer.input.resize(static_cast<std::size_t>(pitch) * in_channels + kPositions);
  edgy::bench::fill_activations(layer.input);
  layer.sums.resize(static_cast<std::size_t>(layer.rows) * layer.positions);
}

EXPORT void run_single(int32_t times) {
  for (int32_t i = 0; i < times; ++i) {
    for (int32_t first = 0; first < layer.positions; first += kPositions) {
      for (int32_t row = 0; row < layer.rows; ++row) {
        run_row(row, first);
      }
    }
  }
}
#endif

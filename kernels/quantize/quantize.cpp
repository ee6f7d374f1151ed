#include "kernels/quantize/quantize.h"

#include <algorithm>
#include <cstring>

#include "kernels/requantize.h"
#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

// The bits of kernels/requantize.h in vectors: adding 1.5 * 2^23 rounds half to even and leaves the
// integer in the low bits.
class Quantizer {
 public:
  explicit Quantizer(const QuantizeParameters& p)
      : inverse_scale_(wasm_f32x4_splat(1.0F / p.scale)),
        low_(wasm_f32x4_splat(static_cast<float>(p.qmin - p.zero_point))),
        high_(wasm_f32x4_splat(static_cast<float>(p.qmax - p.zero_point))),
        bits_to_value_(wasm_i32x4_splat(p.zero_point - 0x4B400000)) {}

  /// Four int32 values in qmin..qmax.
  v128_t operator()(v128_t values) const {
    const v128_t scaled = wasm_f32x4_mul(values, inverse_scale_);
    // pmax gives its first operand where the second is NaN.
    const v128_t clamped = wasm_f32x4_pmin(high_, wasm_f32x4_pmax(low_, scaled));
    return wasm_i32x4_add(wasm_f32x4_add(clamped, wasm_f32x4_splat(12582912.0F)), bits_to_value_);
  }

 private:
  v128_t inverse_scale_;
  v128_t low_;
  v128_t high_;
  v128_t bits_to_value_;
};

v128_t narrow(v128_t a, v128_t b, v128_t c, v128_t d) {
  return wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(a, b), wasm_i16x8_narrow_i32x4(c, d));
}

int8_t quantize_one(float value, const QuantizeParameters& p) {
  return quantize(value, 1.0F / p.scale, p.zero_point, p.qmin, p.qmax);
}

}  // namespace

void quantize_rows(const float* input, std::size_t count, const QuantizeParameters& parameters,
                   int8_t* output) {
  const Quantizer quantizer(parameters);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const float* from = input + i;
    wasm_v128_store(
        output + i,
        narrow(quantizer(wasm_v128_load(from)), quantizer(wasm_v128_load(from + 4)),
               quantizer(wasm_v128_load(from + 8)), quantizer(wasm_v128_load(from + 12))));
  }
  for (; i < count; ++i) {
    output[i] = quantize_one(input[i], parameters);
  }
}

namespace {

// Stores four neighbouring positions at a time. No division for the usual phases: it would cost
// more than the rest.
class CellStore {
 public:
  explicit CellStore(const Block4& layout)
      : layout_(layout),
        first_(layout.column_offset(layout.pad_left)),
        second_(layout.column_offset(layout.pad_left + 1)) {}

  // From column `x` of the image on, a multiple of four.
  void operator()(v128_t cells, int64_t x, int8_t* row) const {
    if (layout_.phases == 1) {
      wasm_v128_store(row + first_ + 4 * x, cells);
    } else if (layout_.phases == 2) {
      const v128_t halves = wasm_i32x4_shuffle(cells, cells, 0, 2, 1, 3);
      wasm_v128_store64_lane(row + first_ + 2 * x, halves, 0);
      wasm_v128_store64_lane(row + second_ + 2 * x, halves, 1);
    } else {
      const int64_t column = layout_.pad_left + x;
      wasm_v128_store32_lane(row + layout_.column_offset(column), cells, 0);
      wasm_v128_store32_lane(row + layout_.column_offset(column + 1), cells, 1);
      wasm_v128_store32_lane(row + layout_.column_offset(column + 2), cells, 2);
      wasm_v128_store32_lane(row + layout_.column_offset(column + 3), cells, 3);
    }
  }

 private:
  const Block4 layout_;
  int64_t first_;
  int64_t second_;
};

}  // namespace

void quantize_to_block4(const Block4& layout, const float* channels_last,
                        const QuantizeParameters& parameters, int8_t* output) {
  const Quantizer quantizer(parameters);
  const CellStore store(layout);
  const int64_t channels = layout.channels;
  const int64_t whole = channels / 4;
  const int64_t block_bytes = layout.block_bytes();
  const float* from = channels_last;
  for (int64_t y = 0; y < layout.height; ++y) {
    int8_t* row = output + layout.row_bytes() * (y + layout.pad_top);
    int64_t x = 0;
    // All channels of four positions: each is read in order, and every store is a whole one.
    for (; x + 4 <= layout.width; x += 4, from += 4 * channels) {
      for (int64_t block = 0; block < whole; ++block) {
        const float* position = from + 4 * block;
        const v128_t cells = narrow(quantizer(wasm_v128_load(position)),
                                    quantizer(wasm_v128_load(position + channels)),
                                    quantizer(wasm_v128_load(position + 2 * channels)),
                                    quantizer(wasm_v128_load(position + 3 * channels)));
        store(cells, x, row + block_bytes * block);
      }
    }
    for (; x < layout.width; ++x, from += channels) {
      int8_t* cell = row + layout.column_offset(x + layout.pad_left);
      for (int64_t block = 0; block < whole; ++block) {
        const v128_t values = quantizer(wasm_v128_load(from + 4 * block));
        wasm_v128_store32_lane(cell + block_bytes * block, narrow(values, values, values, values),
                               0);
      }
    }
  }
  for (int64_t c = 4 * whole; c < channels; ++c) {
    from = channels_last + c;
    for (int64_t y = 0; y < layout.height; ++y) {
      for (int64_t x = 0; x < layout.width; ++x, from += channels) {
        output[layout.offset(whole, y, x) + c % 4] = quantize_one(*from, parameters);
      }
    }
  }
}

void quantize_planes_to_block4(const Block4& layout, const float* channels_first,
                               const QuantizeParameters& parameters, int8_t* output) {
  const Quantizer quantizer(parameters);
  const CellStore store(layout);
  const int64_t plane = layout.height * layout.width;
  const v128_t zeros = wasm_f32x4_splat(0.0F);  // quantized, the zero point
  for (int64_t block = 0; block < layout.blocks(); ++block) {
    const int64_t channels = std::min<int64_t>(4, layout.channels - 4 * block);
    for (int64_t y = 0; y < layout.height; ++y) {
      const float* from = channels_first + plane * 4 * block + y * layout.width;
      int8_t* row = output + layout.offset(block, y, -layout.pad_left);  // from the border on
      int64_t x = 0;
      for (; x + 4 <= layout.width; x += 4) {
        v128_t values[4];
        for (int64_t c = 0; c < 4; ++c) {
          values[c] = quantizer(c < channels ? wasm_v128_load(from + plane * c + x) : zeros);
        }
        const v128_t planar = narrow(values[0], values[1], values[2], values[3]);
        const v128_t cells = wasm_i8x16_shuffle(planar, planar, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10,
                                                14, 3, 7, 11, 15);
        store(cells, x, row);
      }
      for (; x < layout.width; ++x) {
        int8_t* cell = output + layout.offset(block, y, x);
        for (int64_t c = 0; c < channels; ++c) {
          cell[c] = quantize_one(from[plane * c + x], parameters);
        }
      }
    }
  }
}

void dequantize(const int8_t* input, std::size_t count, float scale, int32_t zero_point,
                float* output) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t zero = wasm_i16x8_splat(static_cast<int16_t>(zero_point));
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const v128_t centred = wasm_i16x8_sub(wasm_i16x8_load8x8(input + i), zero);
    const v128_t low = wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(centred));
    const v128_t high = wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(centred));
    wasm_v128_store(output + i, wasm_f32x4_mul(low, scales));
    wasm_v128_store(output + i + 4, wasm_f32x4_mul(high, scales));
  }
  for (; i < count; ++i) {
    output[i] = scale * static_cast<float>(input[i] - zero_point);
  }
}

}  // namespace edgy::kernels

#include "kernels/conv_int8/output.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "kernels/conv_int8/requantizer.h"
#include "kernels/simd.h"

namespace edgy::kernels {

const volatile float kRounder = 12582912.0F;

namespace {

struct alignas(16) QuadScales {
  float channel[4];
};

QuadScales load_scales(const ConvQuantization& quantization, int64_t quad) {
  // A channel that does not exist gets scale 0, and so the zero point as its value.
  QuadScales scales = {};
  const int64_t channels = std::ssize(quantization.scale) - 4 * quad;
  std::copy_n(quantization.scale.data() + 4 * quad, std::min<int64_t>(4, channels), scales.channel);
  return scales;
}

// int8 values, four channels of a position together.
void finish_int8(const ConvQuantization& quantization, const QuadScales& scales, int32_t vectors,
                 const QuadSums& sums, int8_t* words) {
  const Requantizer requantizer(quantization);
  v128_t channel_scales[4];
  for (int32_t i = 0; i < 4; ++i) {
    channel_scales[i] = wasm_v128_load32_splat(scales.channel + i);
  }
  for (int32_t vector = 0; vector < vectors; ++vector) {
    v128_t values[4];
    for (int32_t i = 0; i < 4; ++i) {
      values[i] = requantizer(wasm_v128_load(sums.channel[i] + std::ptrdiff_t{4} * vector),
                              channel_scales[i]);
    }
    const v128_t planar = requantizer.narrow(values);
    const v128_t by_position =
        wasm_i8x16_shuffle(planar, planar, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    wasm_v128_store(words + std::ptrdiff_t{16} * vector, by_position);
  }
}

void finish_int8(const ConvQuantization& quantization, const QuadScales& scales, int32_t vectors,
                 const PositionSums& sums, int8_t* words) {
  const Requantizer requantizer(quantization);
  const v128_t scale = wasm_v128_load(scales.channel);
  for (int32_t vector = 0; vector < vectors; ++vector) {
    v128_t values[4];
    for (int32_t i = 0; i < 4; ++i) {
      values[i] = requantizer(wasm_v128_load(sums.position[4 * vector + i]), scale);
    }
    wasm_v128_store(words + std::ptrdiff_t{16} * vector, requantizer.narrow(values));
  }
}

// float values, four channels of a position together.
void finish_float(const ConvQuantization& quantization, const QuadScales& scales, int32_t vectors,
                  const QuadSums& sums, float* values) {
  const v128_t low = wasm_f32x4_splat(quantization.float_min);
  const v128_t high = wasm_f32x4_splat(quantization.float_max);
  for (int32_t vector = 0; vector < vectors; ++vector) {
    v128_t row[4];
    for (int32_t i = 0; i < 4; ++i) {
      const v128_t sum = wasm_v128_load(sums.channel[i] + std::ptrdiff_t{4} * vector);
      const v128_t scaled =
          wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sum), wasm_v128_load32_splat(scales.channel + i));
      row[i] = wasm_f32x4_pmin(high, wasm_f32x4_pmax(low, scaled));
    }
    const v128_t low01 = wasm_i32x4_shuffle(row[0], row[1], 0, 4, 1, 5);
    const v128_t low23 = wasm_i32x4_shuffle(row[2], row[3], 0, 4, 1, 5);
    const v128_t high01 = wasm_i32x4_shuffle(row[0], row[1], 2, 6, 3, 7);
    const v128_t high23 = wasm_i32x4_shuffle(row[2], row[3], 2, 6, 3, 7);
    float* out = values + std::ptrdiff_t{16} * vector;
    wasm_v128_store(out, wasm_i64x2_shuffle(low01, low23, 0, 2));
    wasm_v128_store(out + 4, wasm_i64x2_shuffle(low01, low23, 1, 3));
    wasm_v128_store(out + 8, wasm_i64x2_shuffle(high01, high23, 0, 2));
    wasm_v128_store(out + 12, wasm_i64x2_shuffle(high01, high23, 1, 3));
  }
}

void finish_float(const ConvQuantization& quantization, const QuadScales& scales, int32_t vectors,
                  const PositionSums& sums, float* values) {
  const v128_t low = wasm_f32x4_splat(quantization.float_min);
  const v128_t high = wasm_f32x4_splat(quantization.float_max);
  const v128_t scale = wasm_v128_load(scales.channel);
  for (int32_t i = 0; i < 4 * vectors; ++i) {
    const v128_t sum = wasm_f32x4_convert_i32x4(wasm_v128_load(sums.position[i]));
    const v128_t scaled = wasm_f32x4_mul(sum, scale);
    wasm_v128_store(values + std::ptrdiff_t{4} * i,
                    wasm_f32x4_pmin(high, wasm_f32x4_pmax(low, scaled)));
  }
}

v128_t interleave_low(v128_t a, v128_t b) {
  return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

v128_t interleave_high(v128_t a, v128_t b) {
  return wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// Sixteen positions of four channels, [4][kPlanarBytes], to [position][4].
void interleave_rows(const int8_t* from, int8_t* out) {
  const v128_t row0 = wasm_v128_load(from);
  const v128_t row1 = wasm_v128_load(from + kPlanarBytes);
  const v128_t row2 = wasm_v128_load(from + 2 * kPlanarBytes);
  const v128_t row3 = wasm_v128_load(from + 3 * kPlanarBytes);
  const v128_t low01 = interleave_low(row0, row1);
  const v128_t low23 = interleave_low(row2, row3);
  const v128_t high01 = interleave_high(row0, row1);
  const v128_t high23 = interleave_high(row2, row3);
  wasm_v128_store(out, wasm_i16x8_shuffle(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11));
  wasm_v128_store(out + 16, wasm_i16x8_shuffle(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15));
  wasm_v128_store(out + 32, wasm_i16x8_shuffle(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11));
  wasm_v128_store(out + 48, wasm_i16x8_shuffle(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15));
}

// Sixteen channels of one position.
v128_t requantize_sixteen(const Requantizer& requantizer, const int32_t* sums,
                          const float* scales) {
  v128_t values[4];
  for (int32_t i = 0; i < 4; ++i) {
    values[i] = requantizer(wasm_v128_load(sums + std::ptrdiff_t{4} * i),
                            wasm_v128_load(scales + std::ptrdiff_t{4} * i));
  }
  return requantizer.narrow(values);
}

// Channels of one position as int8, each four `stride` bytes after the last four.
void column_to_values(const ConvQuantization& quantization, const int32_t* sums,
                      const float* scales, int64_t channels, int64_t stride, int8_t* out) {
  const Requantizer requantizer(quantization);
  int64_t done = 0;
  for (; done + 16 <= channels; done += 16, out += 4 * stride) {
    const v128_t values = requantize_sixteen(requantizer, sums + done, scales + done);
    if (stride == 4) {
      wasm_v128_store(out, values);
    } else {
      wasm_v128_store32_lane(out, values, 0);
      wasm_v128_store32_lane(out + stride, values, 1);
      wasm_v128_store32_lane(out + 2 * stride, values, 2);
      wasm_v128_store32_lane(out + 3 * stride, values, 3);
    }
  }
  if (done == channels) {
    return;
  }
  // What is left goes through copies that are filled up with zeros.
  const int64_t left = channels - done;
  alignas(16) int32_t last_sums[16] = {};
  alignas(16) float last_scales[16] = {};
  alignas(16) int8_t values[16];
  std::copy_n(sums + done, left, last_sums);
  std::copy_n(scales + done, left, last_scales);
  wasm_v128_store(values, requantize_sixteen(requantizer, last_sums, last_scales));
  for (int64_t i = 0; i < left; i += 4, out += stride) {
    // Rows end with their last channel; a block's channels that do not exist hold the zero point.
    std::memcpy(out, values + i, stride == 4 ? to_size(std::min<int64_t>(4, left - i)) : 4);
  }
}

// Channels of one position as floats.
void column_to_floats(const ConvQuantization& quantization, const int32_t* sums,
                      const float* scales, int64_t channels, float* out) {
  int64_t done = 0;
  const v128_t low = wasm_f32x4_splat(quantization.float_min);
  const v128_t high = wasm_f32x4_splat(quantization.float_max);
  const auto finish = [&](const int32_t* four_sums, const float* four_scales, float* to) {
    const v128_t sum = wasm_f32x4_convert_i32x4(wasm_v128_load(four_sums));
    const v128_t scaled = wasm_f32x4_mul(sum, wasm_v128_load(four_scales));
    wasm_v128_store(to, wasm_f32x4_pmin(high, wasm_f32x4_pmax(low, scaled)));
  };
  for (; done + 4 <= channels; done += 4) {
    finish(sums + done, scales + done, out + done);
  }
  if (done < channels) {
    alignas(16) float last[4] = {};
    std::copy_n(scales + done, channels - done, last);
    finish(sums + done, last, last);
    std::copy_n(last, channels - done, out + done);
  }
}

void copy_words(const int8_t* words, int64_t count, int8_t* out) {
  for (; count >= 4; count -= 4, words += 16, out += 16) {
    wasm_v128_store(out, wasm_v128_load(words));
  }
  for (; count > 0; --count, words += 4, out += 4) {
    std::memcpy(out, words, 4);
  }
}

// Words to two rows in turns, the first to `even`.
void deal_words(const int8_t* words, int64_t count, int8_t* even, int8_t* odd) {
  for (; count >= 8; count -= 8, words += 32, even += 16, odd += 16) {
    const v128_t first = wasm_v128_load(words);
    const v128_t second = wasm_v128_load(words + 16);
    wasm_v128_store(even, wasm_i32x4_shuffle(first, second, 0, 2, 4, 6));
    wasm_v128_store(odd, wasm_i32x4_shuffle(first, second, 1, 3, 5, 7));
  }
  for (; count > 0; --count, words += 4, std::swap(even, odd)) {
    std::memcpy(even, words, 4);
    even += 4;
  }
}

}  // namespace

// Calls `store(run, positions before it)` for what exists of `count` positions from `start` on.
template <typename Store>
void OutputWriter::for_each_run(int64_t quad, int64_t start, int32_t count,
                                const Store& store) const {
  int64_t y = start < pitch_ ? 0 : start / pitch_;
  int64_t x = start - y * pitch_;
  for (int64_t done = 0; done < count;) {
    const int64_t left_in_pitch = std::min(count - done, pitch_ - x);
    const Run run = {quad, y, x, std::min(left_in_pitch, output_.layout.width - x)};
    if (run.count > 0) {
      store(run, done);
    }
    done += left_in_pitch;
    x = 0;
    ++y;
  }
}

template <typename Sums>
void OutputWriter::store_sums(int64_t quad, int64_t start, int32_t count, const Sums& sums) const {
  const QuadScales scales = load_scales(quantization_, quad);
  const int32_t vectors = (count + 3) / 4;
  alignas(16) union {
    int8_t words[4 * kStripPositions];
    float values[4 * kStripPositions];
  } finished;
  if (output_.kind == ConvOutput::Kind::kRowsFloat) {
    finish_float(quantization_, scales, vectors, sums, finished.values);
    for_each_run(quad, start, count, [&](const Run& run, int64_t done) {
      store_floats(run, finished.values + 4 * done);
    });
  } else {
    finish_int8(quantization_, scales, vectors, sums, finished.words);
    for_each_run(quad, start, count, [&](const Run& run, int64_t done) {
      store_words(run, finished.words + 4 * done);
    });
  }
}

void OutputWriter::store(int64_t quad, int64_t start, int32_t count, const QuadSums& sums) const {
  store_sums(quad, start, count, sums);
}
void OutputWriter::store(int64_t quad, int64_t start, int32_t count,
                         const PositionSums& sums) const {
  store_sums(quad, start, count, sums);
}

int8_t* OutputWriter::as_one_run(int64_t quad, int64_t start, int32_t count) const {
  const Block4& layout = output_.layout;
  const int64_t y = start < pitch_ ? 0 : start / pitch_;
  const int64_t x = start - y * pitch_;
  if (output_.kind != ConvOutput::Kind::kBlock4 || layout.phases != 1 || x + count > layout.width) {
    return nullptr;
  }
  return static_cast<int8_t*>(output_.data) + layout.offset(quad, y, x);
}

void OutputWriter::store_planar(int64_t quad, int64_t start, int32_t count,
                                const int8_t* values) const {
  alignas(16) int8_t words[4 * kPlanarBytes];
  int8_t* out = as_one_run(quad, start, count);
  const int32_t whole = out == nullptr ? 0 : count / 16 * 16;
  int32_t first = 0;
  for (; first < whole; first += 16) {
    interleave_rows(values + first, out + std::ptrdiff_t{4} * first);
  }
  for (; first < count; first += 16) {
    interleave_rows(values + first, words + std::ptrdiff_t{4} * first);
  }
  if (out != nullptr) {
    copy_words(words + std::ptrdiff_t{4} * whole, count - whole, out + std::ptrdiff_t{4} * whole);
    return;
  }
  for_each_run(quad, start, count,
               [&](const Run& run, int64_t done) { store_words(run, words + 4 * done); });
}

void OutputWriter::store_column(int64_t quad, int64_t quads, int64_t position,
                                const int32_t* sums) const {
  const Block4& layout = output_.layout;
  const int64_t channels = std::min(4 * quads, layout.channels - 4 * quad);
  const float* scales = quantization_.scale.data() + 4 * quad;
  const int64_t y = position < pitch_ ? 0 : position / pitch_;
  const int64_t x = position - y * pitch_;
  if (output_.kind != ConvOutput::Kind::kBlock4) {
    const int64_t first = (y * layout.width + x) * layout.channels + 4 * quad;
    if (is_float()) {
      column_to_floats(quantization_, sums, scales, channels,
                       static_cast<float*>(output_.data) + first);
    } else {
      column_to_values(quantization_, sums, scales, channels, 4,
                       static_cast<int8_t*>(output_.data) + first);
    }
    return;
  }
  column_to_values(quantization_, sums, scales, channels, layout.block_bytes(),
                   static_cast<int8_t*>(output_.data) + layout.offset(quad, y, x));
}

void OutputWriter::store_words(const Run& run, const int8_t* words) const {
  const Block4& layout = output_.layout;
  auto* data = static_cast<int8_t*>(output_.data);
  if (output_.kind == ConvOutput::Kind::kRowsInt8) {
    int8_t* out = data + (run.y * layout.width + run.x) * layout.channels + 4 * run.quad;
    const int64_t channels = std::min<int64_t>(4, layout.channels - 4 * run.quad);
    for (int64_t i = 0; i < run.count; ++i, out += layout.channels, words += 4) {
      if (channels == 4) {
        std::memcpy(out, words, 4);
      } else {
        std::copy_n(words, channels, out);
      }
    }
    return;
  }
  if (layout.phases == 1) {
    copy_words(words, run.count, data + layout.offset(run.quad, run.y, run.x));
    return;
  }
  int8_t* row = data + layout.offset(run.quad, run.y, -layout.pad_left);
  const int64_t phase_bytes = 4 * layout.phase_width();
  int64_t phase = (run.x + layout.pad_left) % layout.phases;
  int64_t index = (run.x + layout.pad_left) / layout.phases;
  if (layout.phases == 2) {
    int8_t* first = row + phase * phase_bytes + 4 * index;
    int8_t* second = row + (1 - phase) * phase_bytes + 4 * (index + phase);
    deal_words(words, run.count, first, second);
    return;
  }
  for (int64_t i = 0; i < run.count; ++i, words += 4) {
    std::memcpy(row + phase * phase_bytes + 4 * index, words, 4);
    if (++phase == layout.phases) {
      phase = 0;
      ++index;
    }
  }
}

void OutputWriter::store_floats(const Run& run, const float* values) const {
  const Block4& layout = output_.layout;
  float* out = static_cast<float*>(output_.data) +
               (run.y * layout.width + run.x) * layout.channels + 4 * run.quad;
  const int64_t channels = std::min<int64_t>(4, layout.channels - 4 * run.quad);
  for (int64_t i = 0; i < run.count; ++i, out += layout.channels, values += 4) {
    if (channels == 4) {
      wasm_v128_store(out, wasm_v128_load(values));
    } else {
      std::copy_n(values, channels, out);
    }
  }
}

}  // namespace edgy::kernels

#include "kernels/conv_int8/strip_copy.h"

#include <algorithm>

#include "kernels/conv_int8/geometry.h"
#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

// 64 Ki values: the first-level cache of most machines is smaller, but second-level reads of a
// compact range are cheap.
constexpr int64_t kCapacity = int64_t{64} << 10;
// Kernels of single weights read up to sixteen positions past the last.
alignas(64) thread_local int8_t buffer[2 * (kCapacity + 64)];

// Whole vectors: up to 15 values too many.
void widen_vectors(const int8_t* from, int32_t values, int8_t* out) {
  for (int32_t i = 0; i < values; i += 16) {
    const v128_t low = wasm_i16x8_load8x8(from + i);
    const v128_t high = wasm_i16x8_load8x8(from + i + 8);
    wasm_v128_store(out + std::ptrdiff_t{2} * i, low);
    wasm_v128_store(out + std::ptrdiff_t{2} * i + 16, high);
  }
}

void store_planar(v128_t values, CopiedWidth width, int8_t* row, int32_t first) {
  if (width == CopiedWidth::k8Bits) {
    wasm_v128_store(row + first, values);
  } else {
    wasm_v128_store(row + std::ptrdiff_t{2} * first, wasm_i16x8_extend_low_i8x16(values));
    wasm_v128_store(row + std::ptrdiff_t{2} * first + 16, wasm_i16x8_extend_high_i8x16(values));
  }
}

// `positions` of four channels, at `from` next to each other, to rows of `pitch` >= 16 values. The
// last sixteen overlap those before.
void copy_planar(const int8_t* from, int32_t positions, int32_t pitch, CopiedWidth width,
                 int8_t* out) {
  const std::ptrdiff_t row_bytes = std::ptrdiff_t{pitch} * static_cast<int32_t>(width);
  for (int32_t done = 0; done < positions; done += 16) {
    const int32_t first = std::min(done, std::max(positions - 16, 0));
    v128_t four[4];  // [position][4 channels] to [4 channels][position], a vector each
    for (int i = 0; i < 4; ++i) {
      const v128_t words = wasm_v128_load(from + std::ptrdiff_t{4} * first + 16 * i);
      four[i] =
          wasm_i8x16_shuffle(words, words, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    }
    const v128_t low01 = wasm_i32x4_shuffle(four[0], four[1], 0, 4, 1, 5);
    const v128_t low23 = wasm_i32x4_shuffle(four[2], four[3], 0, 4, 1, 5);
    const v128_t high01 = wasm_i32x4_shuffle(four[0], four[1], 2, 6, 3, 7);
    const v128_t high23 = wasm_i32x4_shuffle(four[2], four[3], 2, 6, 3, 7);
    store_planar(wasm_i64x2_shuffle(low01, low23, 0, 2), width, out, first);
    store_planar(wasm_i64x2_shuffle(low01, low23, 1, 3), width, out + row_bytes, first);
    store_planar(wasm_i64x2_shuffle(high01, high23, 0, 2), width, out + 2 * row_bytes, first);
    store_planar(wasm_i64x2_shuffle(high01, high23, 1, 3), width, out + 3 * row_bytes, first);
  }
}

// Whole vectors, four at a time: up to 15 bytes too many.
void copy_vectors(const int8_t* from, int32_t bytes, int8_t* out) {
  int32_t i = 0;
  for (; i + 64 <= bytes; i += 64) {
    const v128_t vectors[4] = {wasm_v128_load(from + i), wasm_v128_load(from + i + 16),
                               wasm_v128_load(from + i + 32), wasm_v128_load(from + i + 48)};
    for (int v = 0; v < 4; ++v) {
      wasm_v128_store(out + i + 16 * v, vectors[v]);
    }
  }
  for (; i < bytes; i += 16) {
    wasm_v128_store(out + i, wasm_v128_load(from + i));
  }
}

// Values of a segment. Where it costs little room, a segment begins with a cache line: what a row
// of weights reads of it lies in as few lines as can be.
int64_t in_cache_lines(int64_t values, CopiedWidth width) {
  const int64_t line = 64 / static_cast<int64_t>(width);
  const int64_t whole = divide_up(values, line) * line;
  return whole - values <= values / 8 ? whole : values;
}

}  // namespace

StripCopy::StripCopy(const ConvShape& shape, const Block4& input, int32_t strip_vectors,
                     CopiedWidth width, CopiedOrder order)
    : shape_(shape),
      input_(input),
      strip_vectors_(strip_vectors),
      width_(width),
      order_(order),
      segment_values_(
          in_cache_lines(16 * strip_vectors + 4 * ((span_w(shape) - 1) / input.phases), width)) {}

bool StripCopy::fits() const {
  // A model may name any stride and kernel.
  return capped_product(input_.blocks(), segments(), segment_values_) <= kCapacity;
}

bool StripCopy::worthwhile(int64_t stored_blocks) const {
  if (!fits()) {
    return false;
  }
  const int64_t segments_copied = input_.blocks() * segments();
  // A stored block costs eight loads, a copied segment about ten loads and stores; widened values
  // save a third of a block.
  return stored_blocks >= 16 * segments_copied &&
         (width_ == CopiedWidth::k16Bits || block_bytes() < input_.block_bytes());
}

int64_t StripCopy::segment_of(int64_t block, int64_t tap) const {
  const int64_t row = tap / shape_.kernel_w;
  const int64_t column = tap % shape_.kernel_w * shape_.dilation_w;
  return (block * shape_.kernel_h + row) * input_.phases + column % input_.phases;
}

int32_t StripCopy::offset(int64_t block, int64_t tap) const {
  const int64_t position = tap % shape_.kernel_w * shape_.dilation_w / input_.phases;
  return narrow<int32_t>(segment_of(block, tap) * segment_bytes() + 4 * position * value_bytes());
}

int32_t StripCopy::channel_offset(int64_t channel, int64_t tap) const {
  const int64_t position = tap % shape_.kernel_w * shape_.dilation_w / input_.phases;
  const int64_t values = channel % 4 * (segment_values_ / 4) + position;
  return narrow<int32_t>(segment_of(channel / 4, tap) * segment_bytes() + values * value_bytes());
}

const int8_t* StripCopy::fill(const int8_t* input, int32_t vectors) const {
  // Kernels read whole vectors of the strip, moved by up to the last tap.
  const auto segment_values = narrow<int32_t>(segment_values_);
  const int32_t values = segment_values - 16 * (strip_vectors_ - vectors);
  const int64_t phase_bytes = 4 * input_.phase_width();
  int8_t* out = buffer;
  for (int64_t block = 0; block < input_.blocks(); ++block) {
    for (int64_t row = 0; row < shape_.kernel_h; ++row) {
      const int8_t* from =
          input + input_.block_bytes() * block + input_.row_bytes() * (row * shape_.dilation_h);
      for (int64_t phase = 0; phase < input_.phases; ++phase) {
        if (order_ == CopiedOrder::kPlanar) {
          copy_planar(from + phase * phase_bytes, values / 4, segment_values / 4, width_, out);
        } else if (width_ == CopiedWidth::k16Bits) {
          widen_vectors(from + phase * phase_bytes, values, out);
        } else {
          copy_vectors(from + phase * phase_bytes, values, out);
        }
        out += segment_bytes();
      }
    }
  }
  return buffer;
}

}  // namespace edgy::kernels

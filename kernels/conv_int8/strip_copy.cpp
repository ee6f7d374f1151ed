#include "kernels/conv_int8/strip_copy.h"

#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

// 64 Ki values: the first-level cache of most machines is smaller, but second-level reads of a
// compact range are cheap.
constexpr std::size_t kCapacity = std::size_t{64} << 10;
alignas(64) thread_local int8_t buffer[2 * (kCapacity + 16)];

// Whole vectors: up to 15 values too many.
void widen_vectors(const int8_t* from, int32_t values, int8_t* out) {
  for (int32_t i = 0; i < values; i += 16) {
    const v128_t low = wasm_i16x8_load8x8(from + i);
    const v128_t high = wasm_i16x8_load8x8(from + i + 8);
    wasm_v128_store(out + std::ptrdiff_t{2} * i, low);
    wasm_v128_store(out + std::ptrdiff_t{2} * i + 16, high);
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

}  // namespace

StripCopy::StripCopy(const ConvShape& shape, const Block4& input, int32_t strip_vectors,
                     CopiedWidth width)
    : shape_(shape),
      input_(input),
      strip_vectors_(strip_vectors),
      width_(width),
      segment_values_(16 * strip_vectors +
                      4 * ((shape.kernel_w - 1) * shape.dilation_w / input.phases)) {}

bool StripCopy::worthwhile(std::size_t stored_blocks) const {
  const std::size_t segments_copied = std::size_t(input_.blocks()) * segments();
  if (segments_copied * segment_values_ > kCapacity) {
    return false;
  }
  // A stored block costs eight loads, a copied segment about ten loads and stores; widened values
  // save a third of a block.
  return stored_blocks >= 16 * segments_copied &&
         (width_ == CopiedWidth::k16Bits || block_bytes() < input_.block_bytes());
}

int32_t StripCopy::offset(int32_t block, int32_t tap) const {
  const int32_t row = tap / shape_.kernel_w;
  const int32_t column = tap % shape_.kernel_w * shape_.dilation_w;
  const int32_t segment = (block * shape_.kernel_h + row) * input_.phases + column % input_.phases;
  return segment * segment_bytes() + 4 * (column / input_.phases) * static_cast<int32_t>(width_);
}

const int8_t* StripCopy::fill(const int8_t* input, int32_t vectors) const {
  // Kernels read whole vectors of the strip, moved by up to the last tap.
  const int32_t values = segment_values_ - 16 * (strip_vectors_ - vectors);
  const std::ptrdiff_t phase_bytes = std::ptrdiff_t{4} * input_.phase_width();
  int8_t* out = buffer;
  for (int32_t block = 0; block < input_.blocks(); ++block) {
    for (int32_t row = 0; row < shape_.kernel_h; ++row) {
      const int8_t* from = input + input_.block_bytes() * block +
                           input_.row_bytes() * (static_cast<std::size_t>(row) * shape_.dilation_h);
      for (int32_t phase = 0; phase < input_.phases; ++phase) {
        if (width_ == CopiedWidth::k16Bits) {
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

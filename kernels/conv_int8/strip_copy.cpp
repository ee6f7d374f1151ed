#include "kernels/conv_int8/strip_copy.h"

#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

// 64 KiB: the first-level cache of most machines is smaller, but second-level reads of a compact
// range are cheap.
constexpr std::size_t kCapacity = std::size_t{64} << 10;
alignas(64) thread_local int8_t buffer[kCapacity + 16];

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

StripCopy::StripCopy(const ConvShape& shape, const Block4& input, int32_t strip_vectors)
    : shape_(shape),
      input_(input),
      strip_vectors_(strip_vectors),
      segment_bytes_(16 * strip_vectors +
                     4 * ((shape.kernel_w - 1) * shape.dilation_w / input.phases)) {}

bool StripCopy::worthwhile(std::size_t stored_blocks) const {
  const std::size_t segments_copied = std::size_t(input_.blocks()) * segments();
  // A stored block costs eight loads, a copied segment about ten loads and stores.
  return segments_copied * segment_bytes_ <= kCapacity && stored_blocks >= 16 * segments_copied &&
         block_bytes() < input_.block_bytes();
}

int32_t StripCopy::offset(int32_t block, int32_t tap) const {
  const int32_t row = tap / shape_.kernel_w;
  const int32_t column = tap % shape_.kernel_w * shape_.dilation_w;
  const int32_t segment = (block * shape_.kernel_h + row) * input_.phases + column % input_.phases;
  return segment * segment_bytes_ + 4 * (column / input_.phases);
}

const int8_t* StripCopy::fill(const int8_t* input, int32_t vectors) const {
  // Kernels read whole vectors of the strip, moved by up to the last tap.
  const int32_t bytes = segment_bytes_ - 16 * (strip_vectors_ - vectors);
  const std::ptrdiff_t phase_bytes = std::ptrdiff_t{4} * input_.phase_width();
  int8_t* out = buffer;
  for (int32_t block = 0; block < input_.blocks(); ++block) {
    for (int32_t row = 0; row < shape_.kernel_h; ++row) {
      const int8_t* from = input + input_.block_bytes() * block +
                           input_.row_bytes() * (static_cast<std::size_t>(row) * shape_.dilation_h);
      for (int32_t phase = 0; phase < input_.phases; ++phase) {
        copy_vectors(from + phase * phase_bytes, bytes, out);
        out += segment_bytes_;
      }
    }
  }
  return buffer;
}

}  // namespace edgy::kernels

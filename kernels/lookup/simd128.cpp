#include "kernels/lookup/lookup.h"
#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

/// Sixteen values at a time, in `Parts` parts of sixteen answers. A swizzle gives 0 for an index of
/// 16 and more; 16 less for each part, and every index is below 16 in one part and beyond it in all
/// others.
template <int Parts>
std::size_t lookup_vectors(const LookupTable& table, const int8_t* input, std::size_t count,
                           int8_t* output) {
  v128_t answers[Parts];
  for (int part = 0; part < Parts; ++part) {
    answers[part] = wasm_v128_load(&table.answers[static_cast<std::size_t>(part) * 16]);
  }
  const v128_t sixteen = wasm_i8x16_splat(16);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    v128_t index = wasm_v128_load(input + i);
    v128_t found = wasm_i8x16_swizzle(answers[0], index);
    for (int part = 1; part < Parts; ++part) {
      index = wasm_i8x16_sub(index, sixteen);
      found = wasm_v128_or(found, wasm_i8x16_swizzle(answers[part], index));
    }
    wasm_v128_store(output + i, found);
  }
  return i;
}

}  // namespace

void lookup(const LookupTable& table, const int8_t* input, std::size_t count, int8_t* output) {
  const std::size_t done = table.seven_bits ? lookup_vectors<8>(table, input, count, output)
                                            : lookup_vectors<16>(table, input, count, output);
  lookup_reference(table, input + done, count - done, output + done);
}

}  // namespace edgy::kernels

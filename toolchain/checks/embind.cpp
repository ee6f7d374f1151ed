// Compiled once by toolchain/setup: C++20, Embind and relaxed SIMD without exceptions or RTTI.
#include <emscripten/bind.h>
#include <wasm_simd128.h>

#include <cstdint>
#include <span>
#include <string>

namespace {

// The plain SIMD128 path, so that Node may judge it: dot product of two vectors of 16-bit numbers.
int dot(const std::string& left, const std::string& right) {
  v128_t sum = wasm_i32x4_splat(0);
  const std::span<const char> a(left), b(right);
  for (std::size_t i = 0; i + 8 <= a.size() && i + 8 <= b.size(); i += 8) {
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(a.data() + i),
                                                   wasm_i16x8_load8x8(b.data() + i)));
  }
  return wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) +
         wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3);
}

// Only has to compile: older engines of Node get this instruction wrong.
int relaxed(int x) {
  const v128_t v = wasm_i8x16_splat(static_cast<std::int8_t>(x));
  return wasm_i32x4_extract_lane(wasm_i32x4_relaxed_dot_i8x16_i7x16_add(v, v, wasm_i32x4_splat(0)),
                                 0);
}

}  // namespace

EMSCRIPTEN_BINDINGS(check) {
  emscripten::function("dot", &dot);
  emscripten::function("relaxed", &relaxed);
}

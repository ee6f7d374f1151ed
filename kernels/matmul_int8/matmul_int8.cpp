#include "kernels/matmul_int8/matmul_int8.h"

#include <algorithm>

#include "kernels/conv_int8/conv_forms.h"
#include "kernels/forms_of.h"
#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

constexpr int32_t kStrip = 4 * kQuadStripVectors;  ///< rows of `a` that are computed together

/// An operand in blocks of four rows (of `a`) or columns (of `b`) by four products.
struct Blocks {
  int64_t lines;                 ///< rows of `a`, columns of `b`
  int64_t products;              ///< of a line
  bool lines_apart;              ///< whether a line's products are next to each other
  int32_t zero_point;            ///< is taken off; stands where there is nothing
  std::ptrdiff_t line_bytes;     ///< from four lines to the next four
  std::ptrdiff_t product_bytes;  ///< from four products to the next four
};

v128_t four_rows(const int8_t* from, std::ptrdiff_t pitch) {
  v128_t rows = wasm_v128_load32_zero(from);
  rows = wasm_v128_load32_lane(from + pitch, rows, 1);
  rows = wasm_v128_load32_lane(from + 2 * pitch, rows, 2);
  return wasm_v128_load32_lane(from + 3 * pitch, rows, 3);
}

/// Blocks as [line][product], 16 bytes each.
void pack(const Blocks& blocks, const int8_t* from, int8_t* to) {
  const int64_t pitch = blocks.lines_apart ? blocks.products : blocks.lines;
  const auto zero_point = static_cast<int8_t>(blocks.zero_point);
  const v128_t zero_points = wasm_i8x16_splat(zero_point);
  for (int64_t line = 0; line < blocks.lines; line += 4) {
    for (int64_t product = 0; product < blocks.products; product += 4) {
      const int64_t lines = std::min<int64_t>(4, blocks.lines - line);
      const int64_t products = std::min<int64_t>(4, blocks.products - product);
      const int64_t rows = blocks.lines_apart ? lines : products;
      const int64_t columns = blocks.lines_apart ? products : lines;
      const int8_t* corner =
          from + (blocks.lines_apart ? line * pitch + product : product * pitch + line);
      v128_t block;
      if (lines == 4 && products == 4) {
        block = four_rows(corner, narrow<std::ptrdiff_t>(pitch));
      } else {
        alignas(16) int8_t few[16];
        std::fill_n(few, 16, zero_point);
        for (int64_t row = 0; row < rows; ++row) {
          std::copy_n(corner + row * pitch, columns, few + 4 * row);
        }
        block = wasm_v128_load(few);
      }
      if (!blocks.lines_apart) {
        block =
            wasm_i8x16_shuffle(block, block, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
      }
      wasm_v128_store(to + line / 4 * blocks.line_bytes + product / 4 * blocks.product_bytes,
                      wasm_i8x16_sub(block, zero_points));
    }
  }
}

}  // namespace

MatmulInt8::MatmulInt8(const MatmulShape& shape, const MatmulQuantization& quantization, Isa isa)
    : shape_(shape),
      quantization_(quantization),
      isa_(isa),
      scale_(to_size(shape.n), quantization.scale) {
  for (int64_t step = 0; step < steps(); ++step) {
    offsets_.push_back(narrow<int32_t>(16 * divide_up(shape.m, 4) * step));
  }
}

int64_t MatmulInt8::steps() const {
  return divide_up(shape_.k, 4);
}

int64_t MatmulInt8::scratch_bytes() const {
  const int64_t quads = divide_up(shape_.n, 4);
  return 16 * (divide_up(shape_.m, 4) * steps() + quads * steps() + quads) + Block4::kSlackBytes;
}

void MatmulInt8::run(const int8_t* a, const int8_t* b, void* out, uint8_t* scratch) const {
  const int64_t quads = divide_up(shape_.n, 4);
  const std::ptrdiff_t quad_bytes = narrow<std::ptrdiff_t>(16 * steps());
  const std::ptrdiff_t step_bytes = narrow<std::ptrdiff_t>(16 * divide_up(shape_.m, 4));
  auto* bias = reinterpret_cast<int32_t*>(scratch);
  auto* weights = reinterpret_cast<int8_t*>(scratch + 16 * quads);
  int8_t* image = weights + quads * quad_bytes;
  pack({shape_.m, shape_.k, !shape_.transpose_a, 0, 16, step_bytes}, a, image);
  pack({shape_.n, shape_.k, shape_.transpose_b, quantization_.b_zero_point, quad_bytes, 16}, b,
       weights);
  for (int64_t quad = 0; quad < quads; ++quad) {
    v128_t sum = wasm_i32x4_splat(0);
    for (int64_t step = 0; step < steps(); ++step) {
      const v128_t four = wasm_v128_load(weights + quad * quad_bytes + 16 * step);
      sum = wasm_i32x4_add(
          sum, wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extadd_pairwise_i8x16(four)));
    }
    wasm_v128_store(bias + 4 * quad,
                    wasm_i32x4_mul(sum, wasm_i32x4_splat(-quantization_.a_zero_point)));
  }
  const ConvForms forms = forms_of<conv_simd128, conv_relaxed_dot, conv_relaxed_pair>(isa_);
  QuadKernel kernel;
  kernel.accumulate = forms.dense;
  kernel.accumulate_two = forms.dense_two;
  kernel.accumulate_column = forms.dense_column;
  kernel.weights = weights;
  kernel.offsets = offsets_.data();
  kernel.steps = narrow<int32_t>(steps());
  kernel.out_channels = shape_.n;
  kernel.quads_per_group = quads;
  ConvQuantization results;
  results.bias = {bias, to_size(shape_.n)};
  results.scale = scale_;
  results.zero_point = quantization_.result.zero_point;
  results.qmin = quantization_.result.qmin;
  results.qmax = quantization_.result.qmax;
  ConvOutput output;
  output.kind = quantization_.is_float ? ConvOutput::Kind::kRowsFloat : ConvOutput::Kind::kRowsInt8;
  output.layout.channels = shape_.n;
  output.layout.width = shape_.m;
  output.data = out;
  const OutputWriter writer(results, output, shape_.m);
  for (int64_t row = 0; row < shape_.m; row += kStrip) {
    const auto rows = narrow<int32_t>(std::min<int64_t>(kStrip, shape_.m - row));
    kernel.run({image + 4 * row, 0, row, rows}, {0, shape_.n}, results, writer);
  }
}

}  // namespace edgy::kernels

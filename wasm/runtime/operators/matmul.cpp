// MatMul and NearestCode.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "kernels/float/elementwise.h"
#include "kernels/float/matmul.h"
#include "kernels/matmul_int8/matmul_int8.h"
#include "kernels/nearest_code/nearest_code.h"
#include "wasm/format/text.h"
#include "wasm/runtime/operators/integer_forms.h"
#include "wasm/runtime/operators/kernel_choice.h"
#include "wasm/runtime/operators/registry.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

class MatMul : public Operation {
 public:
  MatMul(bool transpose_a, bool transpose_b)
      : transpose_a_(transpose_a), transpose_b_(transpose_b) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    const Shape& a = in_shapes[0];
    const Shape& b = in_shapes[1];
    Shape& y = out_shapes[0];
    y.resize(std::max(a.size(), b.size()) - 2);
    const bool fits = kernels::broadcast_shape(std::span(a).first(a.size() - 2),
                                               std::span(b).first(b.size() - 2), y);
    const int64_t k = a[a.size() - (transpose_a_ ? 2 : 1)];
    if (!fits || k != b[b.size() - (transpose_b_ ? 1 : 2)]) {
      return fail(ErrorCode::kInvalidInput,
                  str("shapes ", std::span<const int64_t>(a), " and ", std::span<const int64_t>(b),
                      " cannot be multiplied"));
    }
    y.push_back(a[a.size() - (transpose_a_ ? 1 : 2)]);
    y.push_back(b[b.size() - (transpose_b_ ? 2 : 1)]);
    return {};
  }

  Result<int64_t> plan() override {
    const Shape& a = inputs[0].shape;
    const Shape& y = outputs[0].shape;
    m_ = static_cast<std::size_t>(y[y.size() - 2]);
    n_ = static_cast<std::size_t>(y[y.size() - 1]);
    k_ = static_cast<std::size_t>(a[a.size() - (transpose_a_ ? 2 : 1)]);
    return 0;
  }

  Result<void> run() override {
    const Shape& y = outputs[0].shape;
    const std::size_t batches = static_cast<std::size_t>(product(y, 0, y.size() - 2));
    for (std::size_t batch = 0; batch < batches; batch++) {
      multiply(matrix_of(inputs[0].shape, batch) * m_ * k_,
               matrix_of(inputs[1].shape, batch) * k_ * n_, batch * m_ * n_);
    }
    return {};
  }

  const char* kernel() const override { return "float/matmul"; }
  uint64_t macs() const override { return static_cast<uint64_t>(output_count(0)) * k_; }

 protected:
  /// The matrices that begin with these elements of a, b and the output.
  virtual void multiply(std::size_t a, std::size_t b, std::size_t y) {
    kernels::matmul(in<float>(0).subspan(a, m_ * k_), in<float>(1).subspan(b, k_ * n_), m_, k_, n_,
                    transpose_a_, transpose_b_, out<float>(0).subspan(y, m_ * n_));
  }

  bool transpose_a_;
  bool transpose_b_;
  std::size_t m_ = 0;
  std::size_t n_ = 0;
  std::size_t k_ = 0;

 private:
  /// Which matrix of an operand of this shape the output's matrix `batch` reads: extents of 1 are
  /// repeated.
  std::size_t matrix_of(const Shape& shape, std::size_t batch) const {
    const Shape& y = outputs[0].shape;
    std::size_t index = 0;
    std::size_t step = 1;
    for (std::size_t axis = y.size() - 2; axis-- > 0;) {
      const std::size_t extent = static_cast<std::size_t>(y[axis]);
      const std::size_t back = y.size() - axis;
      if (back <= shape.size()) {
        const std::size_t own = static_cast<std::size_t>(shape[shape.size() - back]);
        index += own == 1 ? 0 : batch % extent * step;
        step *= own;
      }
      batch /= extent;
    }
    return index;
  }
};

class MatMulInt8 final : public MatMul {
 public:
  MatMulInt8(const fb::MatMul& options, const kernels::MatmulQuantization& quantization,
             kernels::Isa isa)
      : MatMul(options.transpose_a(), options.transpose_b()),
        quantization_(quantization),
        isa_(isa) {}

  Result<int64_t> plan() override {
    if (Result<int64_t> planned = MatMul::plan(); !planned) {
      return planned;
    }
    const auto k = static_cast<int64_t>(k_);
    if (k > kernels::MatmulInt8::kMostProducts) {
      return fail(ErrorCode::kInvalidInput,
                  str("a sum of ", k, " int8 products; at most ",
                      kernels::MatmulInt8::kMostProducts, " are possible"));
    }
    kernel_.emplace(kernels::MatmulShape{static_cast<int64_t>(m_), k, static_cast<int64_t>(n_),
                                         transpose_a_, transpose_b_},
                    quantization_, isa_);
    return kernel_->scratch_bytes();
  }
  const char* kernel() const override { return "matmul_int8"; }

 private:
  void multiply(std::size_t a, std::size_t b, std::size_t y) override {
    kernel_->run(in<int8_t>(0).data() + a, in<int8_t>(1).data() + b,
                 outputs[0].target + y * (quantization_.is_float ? sizeof(float) : 1), scratch);
  }

  kernels::MatmulQuantization quantization_;
  kernels::Isa isa_;
  std::optional<kernels::MatmulInt8> kernel_;  ///< of the current plan
};

NewOperation make_matmul_int8(const CreateContext& context) {
  const auto a = quantize_parameters(context.input(0));
  const auto b = quantize_parameters(context.input(1));
  kernels::MatmulQuantization quantization;
  quantization.is_float = context.output(0).type() == DataType::F32;
  const auto y = quantization.is_float ? kernels::QuantizeParameters{}
                                       : quantize_parameters(context.output(0));
  if (context.is_constant(0) || context.is_constant(1)) {
    return context.unsupported("its int8 inputs must be activations");
  }
  if (!a || !b || !y || a->qmin < 0 || b->qmin < 0) {
    return context.unsupported(
        "its int8 tensors need a scale and a zero point in their range, its inputs values of 0 to "
        "127");
  }
  const double scale = double{a->scale} * b->scale;
  quantization.a_zero_point = a->zero_point;
  quantization.b_zero_point = b->zero_point;
  quantization.scale = static_cast<float>(quantization.is_float ? scale : scale / y->scale);
  quantization.result = *y;
  if (!std::isfinite(quantization.scale)) {
    return context.invalid("the scales of its tensors overflow a float");
  }
  const FormChoice forms{.activation_bits = 7, .wanted = context.isa};
  return std::unique_ptr<Operation>(
      std::make_unique<MatMulInt8>(*context.op().options_as_MatMul(), quantization,
                                   forms.form_of(kernels::ConvKernelKind::kDense)));
}

class NearestCode final : public Operation {
 public:
  NearestCode(std::span<const float> codebook, std::span<const float> half_norm)
      : codebook_(codebook, half_norm) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    const Shape& x = in_shapes[0];
    if (x.back() != static_cast<int64_t>(codebook_.dimensions())) {
      return fail(
          ErrorCode::kInvalidInput,
          str("x has rows of ", x.back(), " values; the codebook has ", codebook_.dimensions()));
    }
    out_shapes[0].assign(x.begin(), x.end() - 1);
    return {};
  }
  Result<int64_t> plan() override { return codebook_.scratch_bytes(); }
  Result<void> run() override {
    kernels::nearest_code(codebook_, in<float>(0), out<int64_t>(0), scratch);
    return {};
  }
  const char* kernel() const override { return "nearest_code/simd128"; }
  uint64_t macs() const override {
    return static_cast<uint64_t>(output_count(0)) * codebook_.codes() * codebook_.dimensions();
  }
  int64_t packed_bytes() const override { return static_cast<int64_t>(codebook_.bytes()); }
  bool reads(std::size_t input) const override { return input == 0; }

 private:
  kernels::PackedCodebook codebook_;
};

}  // namespace

NewOperation make_matmul(const CreateContext& context) {
  const bool integers = has_integers(context);
  if (Result<void> types = integers ? Result<void>{} : context.expect_types(DataType::F32);
      !types) {
    return tl::unexpected<Error>(std::move(types.error()));
  }
  if (declared_shape(context.input(0)).size() < 2 || declared_shape(context.input(1)).size() < 2) {
    return context.unsupported("both inputs must have rank 2 or more");
  }
  if (integers) {
    return make_matmul_int8(context);
  }
  const auto& options = *context.op().options_as_MatMul();
  return std::unique_ptr<Operation>(
      std::make_unique<MatMul>(options.transpose_a(), options.transpose_b()));
}

NewOperation make_nearest_code(const CreateContext& context) {
  if (context.output(0).type() != DataType::I64 || context.input(0).type() != DataType::F32 ||
      context.input(1).type() != DataType::F32 ||
      (context.has_input(2) && context.input(2).type() != DataType::F32)) {
    return context.unsupported("float32 inputs and an int64 output are needed");
  }
  const int64_t codes = context.input(1).shape()->Get(0);
  // Floats, half norms, and integers in pairs of dimensions.
  const int64_t dimensions = context.input(1).shape()->Get(1);
  const int64_t bytes = (codes + 8) * (4 * (dimensions + 1) + 2 * (dimensions + 1));
  if (Result<void> reserved = context.reserve(bytes); !reserved) {
    return tl::unexpected<Error>(std::move(reserved.error()));
  }
  return std::unique_ptr<Operation>(
      context.has_input(2)
          ? std::make_unique<NearestCode>(context.floats(1), context.floats(2))
          : std::make_unique<NearestCode>(
                context.floats(1),
                kernels::half_squared_norms(context.floats(1), static_cast<std::size_t>(codes))));
}

}  // namespace edgy::runtime

// Unary and Binary.
#include <cstddef>
#include <iterator>
#include <utility>

#include "kernels/float/elementwise.h"
#include "wasm/format/text.h"
#include "wasm/runtime/operators/integer_forms.h"
#include "wasm/runtime/operators/registry.h"

namespace edgy::runtime {
namespace {

// The kernels' operations are the file's, by the same lists.
#define EDGY_UNARY(name, ...)                                    \
  static_assert(static_cast<int>(format::fb::UnaryKind::name) == \
                static_cast<int>(kernels::UnaryOp::k##name));
#include "kernels/float/unary.inc"
#define EDGY_BINARY(name, ...)                                    \
  static_assert(static_cast<int>(format::fb::BinaryKind::name) == \
                static_cast<int>(kernels::BinaryOp::k##name));
#include "kernels/float/binary.inc"
#define EDGY_UNARY(name, ...) kernels::UnaryOp::k##name,
static_assert(static_cast<std::size_t>(format::fb::UnaryKind::MAX) + 1 == std::size({
#include "kernels/float/unary.inc"
                                                                          }));
#define EDGY_BINARY(name, ...) kernels::BinaryOp::k##name,
static_assert(static_cast<std::size_t>(format::fb::BinaryKind::MAX) + 1 == std::size({
#include "kernels/float/binary.inc"
                                                                           }));

class Unary final : public Operation {
 public:
  Unary(kernels::UnaryOp op, float alpha, float beta) : op_(op), alpha_(alpha), beta_(beta) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    out_shapes[0] = in_shapes[0];
    return {};
  }
  Result<void> run() override {
    kernels::unary(op_, alpha_, beta_, in<float>(0), out<float>(0));
    return {};
  }
  const char* kernel() const override { return "float/unary"; }

 private:
  kernels::UnaryOp op_;
  float alpha_;
  float beta_;
};

class Binary final : public Operation {
 public:
  explicit Binary(kernels::BinaryOp op) : op_(op) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    return broadcast(in_shapes, out_shapes[0]);
  }
  Result<void> run() override {
    kernels::binary(op_, in<float>(0), inputs[0].shape, in<float>(1), inputs[1].shape,
                    out<float>(0), outputs[0].shape);
    return {};
  }
  const char* kernel() const override { return "float/binary"; }

 private:
  kernels::BinaryOp op_;
};

}  // namespace

Result<void> broadcast(const InputShapes& in_shapes, Shape& out_shape) {
  out_shape.resize(std::max(in_shapes[0].size(), in_shapes[1].size()));
  if (!kernels::broadcast_shape(in_shapes[0], in_shapes[1], out_shape)) {
    return fail(ErrorCode::kInvalidInput,
                str("shapes ", std::span<const int64_t>(in_shapes[0]), " and ",
                    std::span<const int64_t>(in_shapes[1]), " cannot be broadcast"));
  }
  return {};
}

NewOperation make_unary(const CreateContext& context) {
  if (has_integers(context)) {
    return make_unary_int8(context);
  }
  if (Result<void> types = context.expect_types(DataType::F32); !types) {
    return tl::unexpected<Error>(std::move(types.error()));
  }
  const auto& options = *context.op().options_as_Unary();
  return std::unique_ptr<Operation>(std::make_unique<Unary>(
      static_cast<kernels::UnaryOp>(options.kind()), options.alpha(), options.beta()));
}

NewOperation make_binary(const CreateContext& context) {
  if (has_integers(context)) {
    return make_binary_int8(context);
  }
  if (Result<void> types = context.expect_types(DataType::F32); !types) {
    return tl::unexpected<Error>(std::move(types.error()));
  }
  return std::unique_ptr<Operation>(std::make_unique<Binary>(
      static_cast<kernels::BinaryOp>(context.op().options_as_Binary()->kind())));
}

}  // namespace edgy::runtime

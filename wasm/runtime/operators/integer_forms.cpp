#include "wasm/runtime/operators/integer_forms.h"

#include <cmath>
#include <utility>

#include "kernels/binary_int8/binary_int8.h"
#include "kernels/lookup/lookup.h"
#include "kernels/pool_int8/pool_int8.h"
#include "wasm/format/text.h"
#include "wasm/runtime/plan/byte_runs.h"

namespace edgy::runtime {
namespace {

class UnaryInt8 final : public Operation {
 public:
  UnaryInt8(const kernels::LookupTable& table, int32_t zero_point)
      : table_(table), zero_point_(zero_point) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    out_shapes[0] = in_shapes[0];
    return {};
  }
  bool keeps_layout(const InputShapes& /*inputs*/) const override { return true; }
  Result<void> run() override {
    const ByteRuns runs(inputs, outputs[0]);
    runs.for_each([&](const ByteRun& run) {
      kernels::lookup(table_, run.from[0], kernels::to_size(run.bytes), run.to);
    });
    runs.fill_written_border(zero_point_);
    return {};
  }
  const char* kernel() const override { return "lookup"; }

 private:
  kernels::LookupTable table_;
  int32_t zero_point_;  ///< of the output
};

class BinaryInt8 final : public Operation {
 public:
  using Quantization = std::optional<kernels::QuantizeParameters>;

  BinaryInt8(kernels::BinaryOp op, const std::array<Quantization, 3>& quantizations)
      : op_(op), quantizations_(quantizations) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    return broadcast(in_shapes, out_shapes[0]);
  }
  bool keeps_layout(const InputShapes& in_shapes) const override {
    return quantizations_[0] && quantizations_[1] && quantizations_[2] &&
           in_shapes[0] == in_shapes[1];
  }
  Result<void> run() override {
    if (!outputs[0].placement.block4) {
      compute(inputs[0].source, inputs[0].shape, inputs[1].source, inputs[1].shape,
              outputs[0].target, outputs[0].shape);
      return {};
    }
    const ByteRuns runs(inputs, outputs[0]);
    runs.for_each([&](const ByteRun& run) {
      const kernels::Extents bytes(&run.bytes, 1);
      compute(run.from[0], bytes, run.from[1], bytes, run.to, bytes);
    });
    runs.fill_written_border(quantizations_[2]->zero_point);
    return {};
  }
  const char* kernel() const override { return "binary_int8"; }

 private:
  void compute(const void* a, kernels::Extents a_shape, const void* b, kernels::Extents b_shape,
               void* out, kernels::Extents out_shape) const {
    kernels::binary_int8(op_, {a, a_shape, quantizations_[0]}, {b, b_shape, quantizations_[1]},
                         {out, out_shape, quantizations_[2]});
  }

  kernels::BinaryOp op_;
  std::array<Quantization, 3> quantizations_;  ///< of a, b and the result; nothing: float32
};

}  // namespace

std::optional<kernels::QuantizeParameters> quantize_parameters(const TensorEntry& tensor) {
  const std::optional<TensorQuantization> q = activation_quantization(tensor);
  if (tensor.type() != DataType::I8 || !q) {
    return std::nullopt;
  }
  return kernels::QuantizeParameters{q->scale, q->zero_point, q->qmin, q->qmax};
}

bool has_integers(const CreateContext& context) {
  for (uint32_t i = 0; i < context.op().inputs()->size(); i++) {
    if (context.has_input(i) && context.input(i).type() == DataType::I8) {
      return true;
    }
  }
  return context.output(0).type() == DataType::I8;
}

NewOperation make_unary_int8(const CreateContext& context) {
  const auto x = quantize_parameters(context.input(0));
  const auto y = quantize_parameters(context.output(0));
  if (!x || !y) {
    return context.unsupported("its int8 tensors need a scale and a zero point in their range");
  }
  const auto& options = *context.op().options_as_Unary();
  return std::unique_ptr<Operation>(std::make_unique<UnaryInt8>(
      kernels::unary_table(static_cast<kernels::UnaryOp>(options.kind()), options.alpha(),
                           options.beta(), *x, *y),
      y->zero_point));
}

NewOperation make_binary_int8(const CreateContext& context) {
  std::array<BinaryInt8::Quantization, 3> quantizations;
  const std::array<TensorEntry, 3> tensors = {context.input(0), context.input(1),
                                              context.output(0)};
  for (std::size_t i = 0; i < tensors.size(); i++) {
    quantizations[i] = quantize_parameters(tensors[i]);
    if (!quantizations[i] && tensors[i].type() != DataType::F32) {
      return context.unsupported("its int8 tensors need a scale and a zero point in their range");
    }
  }
  return std::unique_ptr<Operation>(std::make_unique<BinaryInt8>(
      static_cast<kernels::BinaryOp>(context.op().options_as_Binary()->kind()), quantizations));
}

Result<PoolInt8> PoolInt8::make(const CreateContext& context, bool is_max, bool count_pad) {
  const auto x = quantize_parameters(context.input(0));
  const auto y = quantize_parameters(context.output(0));
  if (!x || !y) {
    return context.unsupported("its int8 tensors need a scale and a zero point in their range");
  }
  if (!std::isfinite(x->scale / y->scale)) {
    return context.invalid("the scale of its input is too large beside that of its output");
  }
  PoolInt8 made;
  made.is_max_ = is_max;
  made.count_pad_ = count_pad;
  made.from_ = *x;
  made.to_ = *y;
  return made;
}

Result<void> PoolInt8::check(const kernels::PoolShape& shape) const {
  const int64_t window = shape.kernel_h * shape.kernel_w;
  return is_max_ || window <= kernels::kMostAveraged
             ? Result<void>{}
             : fail(ErrorCode::kInvalidInput, str("a mean over ", window, " int8 values; at most ",
                                                  kernels::kMostAveraged, " are possible"));
}

void PoolInt8::run(const kernels::PoolShape& shape, const uint8_t* x, uint8_t* out) const {
  const auto* from = reinterpret_cast<const int8_t*>(x);
  auto* to = reinterpret_cast<int8_t*>(out);
  if (is_max_) {
    kernels::max_pool_int8(shape, from, to);
  } else {
    kernels::average_pool_int8(shape, count_pad_, from_, to_, from, to);
  }
}

}  // namespace edgy::runtime

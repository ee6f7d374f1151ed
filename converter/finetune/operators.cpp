#include "converter/finetune/operators.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

namespace edgy::converter::finetune {
namespace fb = format::fb;
namespace {

using torch::Tensor;
using Inputs = std::vector<Tensor>;

Tensor unary(const fb::UnaryT& op, const Tensor& x) {
  switch (op.kind) {
    case fb::UnaryKind::Relu:
      return x.relu();
    case fb::UnaryKind::LeakyRelu:
      return at::leaky_relu(x, op.alpha);
    case fb::UnaryKind::Clip:
      return x.clamp(op.alpha, op.beta);
    case fb::UnaryKind::Sigmoid:
      return x.sigmoid();
    case fb::UnaryKind::Tanh:
      return x.tanh();
    case fb::UnaryKind::Erf:
      return x.erf();
    case fb::UnaryKind::Gelu:
      return at::gelu(x);
    case fb::UnaryKind::Exp:
      return x.exp();
    case fb::UnaryKind::Log:
      return x.log();
    case fb::UnaryKind::Sqrt:
      return x.sqrt();
    case fb::UnaryKind::Neg:
      return x.neg();
    case fb::UnaryKind::Abs:
      return x.abs();
    case fb::UnaryKind::HardSwish:
      return x * (x / 6 + 0.5).clamp(0, 1);
    case fb::UnaryKind::HardSigmoid:
      return (x * op.alpha + op.beta).clamp(0, 1);
    case fb::UnaryKind::Elu:
      return at::elu(x, op.alpha);
    case fb::UnaryKind::Reciprocal:
      return x.reciprocal();
    case fb::UnaryKind::Floor:
      return x.floor();
    case fb::UnaryKind::Ceil:
      return x.ceil();
    case fb::UnaryKind::Round:
      return x.round();
  }
  return x;
}

Tensor binary(const fb::BinaryT& op, const Tensor& a, const Tensor& b) {
  switch (op.kind) {
    case fb::BinaryKind::Add:
      return a + b;
    case fb::BinaryKind::Sub:
      return a - b;
    case fb::BinaryKind::Mul:
      return a * b;
    case fb::BinaryKind::Div:
      return a / b;
    case fb::BinaryKind::Max:
      return at::maximum(a, b);
    case fb::BinaryKind::Min:
      return at::minimum(a, b);
    case fb::BinaryKind::Pow:
      return a.pow(b);
  }
  return a;
}

Tensor reduce(const fb::ReduceT& op, const Tensor& x) {
  const std::vector<int64_t> axes(op.axes.begin(), op.axes.end());
  switch (op.kind) {
    case fb::ReduceKind::Mean:
      return x.mean(axes, op.keep_dims);
    case fb::ReduceKind::Sum:
      return x.sum(axes, op.keep_dims);
    case fb::ReduceKind::Max:
      return x.amax(axes, op.keep_dims);
    case fb::ReduceKind::Min:
      return x.amin(axes, op.keep_dims);
  }
  return x;
}

Tensor pool(const fb::Pool2DT& op, const Tensor& x) {
  const bool sequence = x.dim() == 3;
  Tensor planes = sequence ? x.permute({0, 2, 1}).unsqueeze(2) : x.permute({0, 3, 1, 2});
  const bool largest = op.kind == fb::PoolKind::Max;
  const std::vector<int64_t> pads = {op.pad_left, op.pad_right, op.pad_top, op.pad_bottom};
  const std::vector<int64_t> kernel = {op.kernel_h, op.kernel_w};
  const std::vector<int64_t> stride = {op.stride_h, op.stride_w};
  const Tensor padded =
      at::constant_pad_nd(planes, pads, largest ? -std::numeric_limits<double>::infinity() : 0.0);
  if (largest) {
    planes = at::max_pool2d(padded, kernel, stride);
  } else {
    planes = at::avg_pool2d(padded, kernel, stride);
    if (!op.count_include_pad) {
      const Tensor ones = at::constant_pad_nd(
          torch::ones_like(
              padded.narrow(2, op.pad_top, padded.size(2) - op.pad_top - op.pad_bottom)
                  .narrow(3, op.pad_left, padded.size(3) - op.pad_left - op.pad_right)),
          pads, 0.0);
      planes = planes / at::avg_pool2d(ones, kernel, stride);
    }
  }
  return sequence ? planes.squeeze(2).permute({0, 2, 1}) : planes.permute({0, 2, 3, 1});
}

Tensor slice(const fb::SliceT& op, Tensor x) {
  for (std::size_t i = 0; i < op.axes.size(); ++i)
    x = x.slice(op.axes[i], op.starts[i], op.ends[i], op.steps[i]);
  return x;
}

/// Axis by axis, since torch pads by reflection only the last ones of some ranks.
Tensor pad(const fb::PadT& op, Tensor x) {
  for (int64_t axis = 0; axis < x.dim(); ++axis) {
    const int64_t before = op.before[static_cast<std::size_t>(axis)];
    const int64_t after = op.after[static_cast<std::size_t>(axis)];
    if (before == 0 && after == 0)
      continue;
    const int64_t extent = x.size(axis);
    if (op.mode == fb::PadMode::Constant) {
      std::vector<int64_t> shape = x.sizes().vec();
      shape[static_cast<std::size_t>(axis)] = before;
      const Tensor front = torch::full(shape, op.value);
      shape[static_cast<std::size_t>(axis)] = after;
      x = at::cat({front, x, torch::full(shape, op.value)}, axis);
      continue;
    }
    Tensor index = torch::arange(-before, extent + after);
    index = op.mode == fb::PadMode::Edge ? index.clamp(0, extent - 1)
                                         : (extent - 1 - (index.abs() - (extent - 1)).abs());
    x = x.index_select(axis, index);
  }
  return x;
}

Tensor reshape(const fb::ReshapeT& op, const Tensor& x) {
  std::vector<int64_t> shape(op.shape.begin(), op.shape.end());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0)
      shape[i] = x.size(static_cast<int64_t>(i));
  }
  return x.reshape(shape);
}

std::vector<int64_t> wide(const std::vector<int32_t>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

Tensor code_scores(const Tensor& x, const Tensor& codebook) {
  return at::matmul(x, codebook.t()) - codebook.square().sum(1) / 2;
}

bool is_plain_operator(const fb::OperatorT& op) {
  switch (op.options.type) {
    case fb::OperatorOptions::NONE:
    case fb::OperatorOptions::Conv2D:
    case fb::OperatorOptions::Dense:
    case fb::OperatorOptions::Quantize:
    case fb::OperatorOptions::Dequantize:
    case fb::OperatorOptions::Lstm:
    case fb::OperatorOptions::Gru:
      return false;
    default:
      return true;
  }
}

Tensor apply_operator(const fb::OperatorT& op, const Inputs& in) {
  const auto& o = op.options;
  switch (o.type) {
    case fb::OperatorOptions::MatMul: {
      const auto& m = *o.AsMatMul();
      return at::matmul(m.transpose_a ? in[0].transpose(-1, -2) : in[0],
                        m.transpose_b ? in[1].transpose(-1, -2) : in[1]);
    }
    case fb::OperatorOptions::Pool2D:
      return pool(*o.AsPool2D(), in[0]);
    case fb::OperatorOptions::Unary:
      return unary(*o.AsUnary(), in[0]);
    case fb::OperatorOptions::Binary:
      return binary(*o.AsBinary(), in[0], in[1]);
    case fb::OperatorOptions::Transpose:
      return in[0].permute(wide(o.AsTranspose()->perm));
    case fb::OperatorOptions::Reshape:
      return reshape(*o.AsReshape(), in[0]);
    case fb::OperatorOptions::Concat:
      return at::cat(in, o.AsConcat()->axis);
    case fb::OperatorOptions::Slice:
      return slice(*o.AsSlice(), in[0]);
    case fb::OperatorOptions::Pad:
      return pad(*o.AsPad(), in[0]);
    case fb::OperatorOptions::Gather: {
      const int64_t axis = o.AsGather()->axis;
      const Tensor flat = in[0].index_select(axis, in[1].flatten().to(torch::kLong));
      std::vector<int64_t> shape = in[0].sizes().vec();
      const auto at = shape.erase(shape.begin() + (axis < 0 ? axis + in[0].dim() : axis));
      shape.insert(at, in[1].sizes().begin(), in[1].sizes().end());
      return flat.reshape(shape);
    }
    case fb::OperatorOptions::Softmax:
      return in[0].softmax(o.AsSoftmax()->axis);
    case fb::OperatorOptions::Reduce:
      return reduce(*o.AsReduce(), in[0]);
    case fb::OperatorOptions::ArgReduce: {
      const auto& a = *o.AsArgReduce();
      return a.kind == fb::ArgKind::Min ? in[0].argmin(a.axis, a.keep_dims)
                                        : in[0].argmax(a.axis, a.keep_dims);
    }
    case fb::OperatorOptions::LayerNorm:
      return at::layer_norm(in[0], {in[0].size(-1)}, in[1], in.size() > 2 ? in[2] : Tensor(),
                            o.AsLayerNorm()->epsilon);
    case fb::OperatorOptions::NearestCode:
      return code_scores(in[0], in[1]).argmax(-1);
    default:
      break;
  }
  TORCH_CHECK(false, "no differentiable form");
  return {};
}

}  // namespace edgy::converter::finetune

#include "converter/finetune/network/operators.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

namespace edgy::converter::finetune {
namespace fb = format::fb;
namespace {

using torch::Tensor;
using Inputs = std::vector<Tensor>;

Tensor apply(const fb::UnaryT& op, const Inputs& in) {
  const Tensor& x = in[0];
  const auto clamp = [](const Tensor& y, double low, double high) { return y.clamp(low, high); };
  [[maybe_unused]] const float alpha = op.alpha;
  [[maybe_unused]] const float beta = op.beta;
  switch (op.kind) {
#define EDGY_UNARY(name, since, alpha_default, beta_default, ...) \
  case fb::UnaryKind::name:                                       \
    return __VA_ARGS__;
#include "kernels/float/unary.inc"
  }
  return x;
}

Tensor flag(const Tensor& holds) {
  return holds.to(torch::kFloat32);
}
Tensor keep(const Tensor& a, const Tensor& b) {
  return torch::where(b != 0, a, torch::zeros_like(a));
}

Tensor apply(const fb::BinaryT& op, const Inputs& in) {
  const Tensor& a = in[0];
  const Tensor& b = in[1];
  switch (op.kind) {
#define EDGY_BINARY(name, ...) \
  case fb::BinaryKind::name:   \
    return __VA_ARGS__;
#include "kernels/float/binary.inc"
  }
  return a;
}

Tensor apply(const fb::ReduceT& op, const Inputs& in) {
  const Tensor& x = in[0];
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

Tensor apply(const fb::Pool2DT& op, const Inputs& in) {
  const Tensor& x = in[0];
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

Tensor apply(const fb::SliceT& op, const Inputs& in) {
  Tensor x = in[0];
  for (std::size_t i = 0; i < op.axes.size(); ++i)
    x = x.slice(op.axes[i], op.starts[i], op.ends[i], op.steps[i]);
  return x;
}

/// Axis by axis, since torch pads by reflection only the last ones of some ranks.
Tensor apply(const fb::PadT& op, const Inputs& in) {
  Tensor x = in[0];
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

Tensor apply(const fb::ReshapeT& op, const Inputs& in) {
  const Tensor& x = in[0];
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

Tensor apply(const fb::MatMulT& op, const Inputs& in) {
  return at::matmul(op.transpose_a ? in[0].transpose(-1, -2) : in[0],
                    op.transpose_b ? in[1].transpose(-1, -2) : in[1]);
}

Tensor apply(const fb::TransposeT& op, const Inputs& in) {
  return in[0].permute(wide(op.perm));
}

Tensor apply(const fb::ConcatT& op, const Inputs& in) {
  return at::cat(in, op.axis);
}

Tensor apply(const fb::GatherT& op, const Inputs& in) {
  const Tensor flat = in[0].index_select(op.axis, in[1].flatten().to(torch::kLong));
  std::vector<int64_t> shape = in[0].sizes().vec();
  const auto at = shape.erase(shape.begin() + (op.axis < 0 ? op.axis + in[0].dim() : op.axis));
  shape.insert(at, in[1].sizes().begin(), in[1].sizes().end());
  return flat.reshape(shape);
}

Tensor apply(const fb::SoftmaxT& op, const Inputs& in) {
  return in[0].softmax(op.axis);
}

Tensor apply(const fb::ArgReduceT& op, const Inputs& in) {
  return op.kind == fb::ArgKind::Min ? in[0].argmin(op.axis, op.keep_dims)
                                     : in[0].argmax(op.axis, op.keep_dims);
}

Tensor apply(const fb::LayerNormT& op, const Inputs& in) {
  return at::layer_norm(in[0], {in[0].size(-1)}, in[1], in.size() > 2 ? in[2] : Tensor(),
                        op.epsilon);
}

Tensor apply(const fb::NearestCodeT& /*op*/, const Inputs& in) {
  return code_scores(in[0], in[1]).argmax(-1);
}

}  // namespace

Tensor code_scores(const Tensor& x, const Tensor& codebook) {
  return at::matmul(x, codebook.t()) - codebook.square().sum(1) / 2;
}

format::Training training_of(const fb::OperatorT& op) {
  const format::OperatorTraits* traits = format::traits_of(op.options.type);
  return traits == nullptr ? format::Training::kRefused : traits->training;
}

// A line of the catalog that says Plain needs an `apply` of its type; the others are not computed
// here.
#define EDGY_APPLY_Plain(type)    \
  case fb::OperatorOptions::type: \
    return apply(*op.options.As##type(), in);
#define EDGY_APPLY_Weights(type)
#define EDGY_APPLY_Grid(type)
#define EDGY_APPLY_Refused(type)

Tensor apply_operator(const fb::OperatorT& op, const Inputs& in) {
  switch (op.options.type) {
#define EDGY_OPERATOR(type, family, required, inputs, constants, outputs, integers, training) \
  EDGY_APPLY_##training(type)
#include "wasm/format/catalog/operators.inc"
    default:
      break;
  }
  TORCH_CHECK(false, "no differentiable form");
  return {};
}

}  // namespace edgy::converter::finetune

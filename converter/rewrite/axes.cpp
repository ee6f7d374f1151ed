// Sums, normalizations and others along axes.
#include <algorithm>
#include <numeric>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

/// Waits until the input's type and shape are known.
bool is_ready(Builder& b) {
  if (!b.has_shape(0))
    return false;
  b.expect_float(0);
  return true;
}

/// The axes of a reduction; nullopt while they are no constants.
std::optional<std::vector<int64_t>> reduced_axes(Builder& b) {
  if (!is_ready(b) || b.input(1) != kNone)
    return std::nullopt;
  return b.node().get_ints("axes");
}

bool keeps_dims(const Builder& b) {
  return b.node().get_int("keepdims", 1) != 0;
}

/// Axis `key` of the first input as a position.
int64_t axis_of(const Builder& b, const char* key, int64_t otherwise) {
  return static_cast<int64_t>(
      graph::normalize_axis(b.node(), b.node().get_int(key, otherwise), b.rank(b.input(0))));
}

/// The axes from `first` on.
std::vector<int64_t> axes_from(int64_t first, std::size_t rank) {
  std::vector<int64_t> axes(rank - static_cast<std::size_t>(first));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

/// (x - mean) / sqrt(variance + epsilon) over `axes`.
ValueId normalized(Builder& b, ValueId x, const std::vector<int64_t>& axes, float epsilon) {
  const ValueId centred = b.add("Sub", {x, b.reduce("ReduceMean", x, axes)});
  const ValueId variance = b.reduce("ReduceMean", b.add("Mul", {centred, centred}), axes);
  return b.add("Div", {centred, b.add("Sqrt", {b.add("Add", {variance, b.number(epsilon)})})});
}

/// `values`, one a channel, as a constant that broadcasts over [N, C, ...].
ValueId along_channels(Builder& b, const graph::Tensor& values, std::size_t rank) {
  std::vector<int64_t> shape(rank - 1, 1);
  shape[0] = values.elements();
  return b.floats(shape, graph::as_floats(values));
}

}  // namespace

/// x - max - log(sum(exp(x - max)))
bool rewrite_log_softmax(Builder& b) {
  if (!is_ready(b))
    return false;
  const bool one_axis = b.graph().opset >= 13;
  const int64_t axis = axis_of(b, "axis", one_axis ? -1 : 1);
  const std::vector<int64_t> axes =
      one_axis ? std::vector<int64_t>{axis} : axes_from(axis, b.rank(b.input(0)));
  const ValueId x = b.input(0);
  const ValueId centred = b.add("Sub", {x, b.reduce("ReduceMax", x, axes)});
  const ValueId sum = b.reduce("ReduceSum", b.add("Exp", {centred}), axes);
  return b.finish(b.add("Sub", {centred, b.add("Log", {sum})}));
}

/// Over several axes, as operator sets before 13 have it: exp(x - max) / sum.
bool rewrite_softmax(Builder& b) {
  if (!b.node().has(":axes_from") || !is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const auto axes = axes_from(b.node().get_int(":axes_from", 0), b.rank(x));
  const ValueId powers = b.add("Exp", {b.add("Sub", {x, b.reduce("ReduceMax", x, axes)})});
  return b.finish(b.add("Div", {powers, b.reduce("ReduceSum", powers, axes)}));
}

bool rewrite_reduce_l1(Builder& b) {
  const auto axes = reduced_axes(b);
  return axes && b.finish(b.reduce("ReduceSum", b.add("Abs", {b.input(0)}), *axes, keeps_dims(b)));
}

bool rewrite_reduce_sum_square(Builder& b) {
  const auto axes = reduced_axes(b);
  if (!axes)
    return false;
  const ValueId x = b.input(0);
  const ValueId sum = b.reduce("ReduceSum", b.add("Mul", {x, x}), *axes, keeps_dims(b));
  return b.finish(b.node().op == "ReduceL2" ? b.add("Sqrt", {sum}) : sum);
}

bool rewrite_reduce_log_sum(Builder& b) {
  const auto axes = reduced_axes(b);
  return axes && b.finish(b.add("Log", {b.reduce("ReduceSum", b.input(0), *axes, keeps_dims(b))}));
}

/// max + log(sum(exp(x - max)))
bool rewrite_reduce_log_sum_exp(Builder& b) {
  const auto axes = reduced_axes(b);
  if (!axes)
    return false;
  const ValueId x = b.input(0);
  const ValueId powers = b.add("Exp", {b.add("Sub", {x, b.reduce("ReduceMax", x, *axes)})});
  const ValueId sum = b.reduce("ReduceSum", powers, *axes, keeps_dims(b));
  return b.finish(
      b.add("Add", {b.add("Log", {sum}), b.reduce("ReduceMax", x, *axes, keeps_dims(b))}));
}

/// Slices of a fixed extent, multiplied in pairs.
bool rewrite_reduce_prod(Builder& b) {
  auto axes = reduced_axes(b);
  if (!axes)
    return false;
  const std::size_t rank = b.rank(b.input(0));
  if (axes->empty())
    *axes = axes_from(0, rank);
  constexpr int64_t kMost = 64;
  ValueId x = b.input(0);
  std::vector<int64_t> dropped;
  for (const int64_t given : *axes) {
    const auto axis = static_cast<int64_t>(graph::normalize_axis(b.node(), given, rank));
    dropped.push_back(axis);
    const graph::Dim extent = b.shape(x)[static_cast<std::size_t>(axis)];
    if (!extent.fixed() || extent.value < 1 || extent.value > kMost)
      graph::fail_at(b.node(), "a product over an axis of 1 to " + std::to_string(kMost) +
                                   " elements, fixed, is supported");
    for (int64_t count = extent.value; count > 1;) {
      const int64_t half = count / 2;
      const ValueId pairs =
          b.add("Mul", {b.slice(x, axis, 0, half), b.slice(x, axis, half, 2 * half)});
      x = count % 2 == 0
              ? pairs
              : b.add("Concat", {pairs, b.slice(x, axis, 2 * half, count)}, {{"axis", axis}});
      count = half + count % 2;
    }
  }
  return b.finish(keeps_dims(b) ? x : b.add("Squeeze", {x}, {{"axes", dropped}}));
}

/// A product with a triangle of ones, for a fixed extent.
bool rewrite_cum_sum(Builder& b) {
  const graph::TensorPtr which = b.constant(1);
  if (!is_ready(b) || !which)
    return false;
  const std::size_t rank = b.rank(b.input(0));
  const std::vector<int64_t> given = graph::as_ints(*which);
  if (given.size() != 1)
    graph::fail_at(b.node(), "its axis must be one number");
  const std::size_t axis = graph::normalize_axis(b.node(), given[0], rank);
  const graph::Dim extent = b.shape(b.input(0))[axis];
  constexpr int64_t kMost = 2048;
  if (!extent.fixed() || extent.value > kMost)
    graph::fail_at(b.node(), "a running sum over a fixed axis of at most " + std::to_string(kMost) +
                                 " elements is supported");
  const int64_t n = extent.value;
  const bool exclusive = b.node().get_int("exclusive", 0) != 0;
  const bool reverse = b.node().get_int("reverse", 0) != 0;
  std::vector<float> ones(static_cast<std::size_t>(n * n));
  for (int64_t from = 0; from < n; ++from) {
    for (int64_t to = 0; to < n; ++to) {
      const int64_t behind = reverse ? from - to : to - from;
      ones[static_cast<std::size_t>(from * n + to)] =
          behind > 0 || (behind == 0 && !exclusive) ? 1 : 0;
    }
  }
  const ValueId triangle = b.floats({n, n}, ones);
  if (rank == 1)
    return b.finish(b.reshape(b.add("MatMul", {b.reshape(b.input(0), {1, n}), triangle}), {n}));
  std::vector<int64_t> perm = axes_from(0, rank);
  std::swap(perm[axis], perm.back());
  const ValueId sums = b.add("MatMul", {b.transpose(b.input(0), perm), triangle});
  return b.finish(b.transpose(sums, perm));
}

/// Over the spatial axes, with one scale and bias a channel.
bool rewrite_instance_norm(Builder& b) {
  const graph::TensorPtr scale = b.constant(1);
  const graph::TensorPtr bias = b.constant(2);
  if (!is_ready(b) || !scale || !bias)
    return false;
  const std::size_t rank = b.rank(b.input(0));
  if (rank < 3)
    graph::fail_at(b.node(), "an input [N, C, ...] with a spatial axis is expected");
  const ValueId y =
      normalized(b, b.input(0), axes_from(2, rank), b.node().get_float("epsilon", 1e-5F));
  return b.finish(b.add(
      "Add", {b.add("Mul", {y, along_channels(b, *scale, rank)}), along_channels(b, *bias, rank)}));
}

/// Over the spatial axes and the channels of a group: means of channels are averaged by a matrix,
/// so that no extent has to be known.
bool rewrite_group_norm(Builder& b) {
  const graph::TensorPtr scale = b.constant(1);
  const graph::TensorPtr bias = b.constant(2);
  if (!is_ready(b) || !scale || !bias)
    return false;
  const Node& node = b.node();
  const DimShape shape = b.shape(b.input(0));
  const std::size_t rank = shape.size();
  const int64_t groups = node.get_int("num_groups", 0);
  if (rank < 3 || !shape[1].fixed() || groups < 1 || shape[1].value % groups != 0)
    graph::fail_at(node,
                   "an input [N, C, ...] with C fixed and a multiple of num_groups is expected");
  const int64_t channels = shape[1].value;
  const int64_t size = channels / groups;
  std::vector<float> matrix(static_cast<std::size_t>(channels * channels));
  for (int64_t i = 0; i < channels; ++i) {
    for (int64_t j = 0; j < channels; ++j)
      matrix[static_cast<std::size_t>(i * channels + j)] =
          i / size == j / size ? 1 / static_cast<float>(size) : 0;
  }
  const ValueId average = b.floats({channels, channels}, matrix);
  std::vector<int64_t> ones(rank, 1);
  ones[0] = 0;
  ones[1] = channels;
  const auto group_mean = [&](ValueId x) {
    const ValueId means = b.reduce("ReduceMean", x, axes_from(2, rank), false);
    return b.reshape(b.add("MatMul", {means, average}), ones);
  };
  const ValueId centred = b.add("Sub", {b.input(0), group_mean(b.input(0))});
  const ValueId variance = group_mean(b.add("Mul", {centred, centred}));
  const ValueId deviation =
      b.add("Sqrt", {b.add("Add", {variance, b.number(node.get_float("epsilon", 1e-5F))})});
  // Before operator set 21 a scale was a group's.
  const auto spread = [&](const graph::Tensor& values) {
    std::vector<float> list = graph::as_floats(values);
    if (static_cast<int64_t>(list.size()) == groups && groups != channels) {
      std::vector<float> wide;
      for (const float value : list)
        wide.insert(wide.end(), static_cast<std::size_t>(size), value);
      list = std::move(wide);
    }
    if (static_cast<int64_t>(list.size()) != channels)
      graph::fail_at(node, "its scale and bias must have one value a channel");
    return along_channels(b, graph::make_floats({channels}, list), rank);
  };
  const ValueId y = b.add("Div", {centred, deviation});
  return b.finish(b.add("Add", {b.add("Mul", {y, spread(*scale)}), spread(*bias)}));
}

/// What the runtime's, over the last axis with constants, cannot say.
bool rewrite_layer_norm(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const std::size_t rank = b.rank(x);
  const int64_t axis = axis_of(b, "axis", -1);
  const bool extra = b.is_read(1) || b.is_read(2);
  if (rank > 0 && axis == static_cast<int64_t>(rank) - 1 && !extra)
    return false;
  const float epsilon = b.node().get_float("epsilon", 1e-5F);
  const auto axes = axes_from(axis, rank);
  const ValueId mean = b.reduce("ReduceMean", x, axes);
  const ValueId centred = b.add("Sub", {x, mean});
  const ValueId variance = b.reduce("ReduceMean", b.add("Mul", {centred, centred}), axes);
  const ValueId inverse =
      b.add("Reciprocal", {b.add("Sqrt", {b.add("Add", {variance, b.number(epsilon)})})});
  ValueId y = b.add("Mul", {b.add("Mul", {centred, inverse}), b.input(1)});
  if (b.input(2) != kNone)
    y = b.add("Add", {y, b.input(2)});
  b.finish(mean, 1);
  b.finish(inverse, 2);
  return b.finish(y);
}

/// x / sqrt(mean(x^2) + epsilon) scale
bool rewrite_rms_norm(Builder& b) {
  if (!is_ready(b) || !b.has_shape(1))
    return false;
  const ValueId x = b.input(0);
  const auto axes = axes_from(axis_of(b, "axis", -1), b.rank(x));
  const ValueId square = b.reduce("ReduceMean", b.add("Mul", {x, x}), axes);
  const ValueId size =
      b.add("Sqrt", {b.add("Add", {square, b.number(b.node().get_float("epsilon", 1e-5F))})});
  return b.finish(b.add("Mul", {b.add("Div", {x, size}), b.input(1)}));
}

/// (x - mean) / (sqrt(mean(x^2) - mean^2) + 1e-9), as its definition has it
bool rewrite_mean_variance_norm(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const std::vector<int64_t> axes = b.node().get_ints("axes", {0, 2, 3});
  const ValueId centred = b.add("Sub", {x, b.reduce("ReduceMean", x, axes)});
  const ValueId deviation =
      b.add("Sqrt", {b.reduce("ReduceMean", b.add("Mul", {centred, centred}), axes)});
  return b.finish(b.add("Div", {centred, b.add("Add", {deviation, b.number(1e-9F)})}));
}

/// x / (sum of |x|^p)^(1 / p) along an axis, p 1 or 2
bool rewrite_lp_norm(Builder& b) {
  if (!is_ready(b))
    return false;
  const int64_t p = b.node().get_int("p", 2);
  if (p != 1 && p != 2)
    graph::fail_at(b.node(), "attribute 'p' is " + std::to_string(p) + "; 1 and 2 are supported");
  const ValueId x = b.input(0);
  const std::vector<int64_t> axes = {axis_of(b, "axis", -1)};
  const ValueId size = p == 1 ? b.reduce("ReduceSum", b.add("Abs", {x}), axes)
                              : b.add("Sqrt", {b.reduce("ReduceSum", b.add("Mul", {x, x}), axes)});
  return b.finish(b.add("Div", {x, size}));
}

/// x / (bias + alpha / size sum of x^2 over neighbouring channels)^beta: the sum is a convolution.
bool rewrite_lrn(Builder& b) {
  if (!is_ready(b))
    return false;
  const Node& node = b.node();
  const ValueId x = b.input(0);
  const DimShape shape = b.shape(x);
  const int64_t size = node.get_int("size", 0);
  if (shape.size() < 3 || !shape[1].fixed() || size < 1)
    graph::fail_at(node, "an input [N, C, ...] with C fixed and 'size' of 1 or more is expected");
  const int64_t channels = shape[1].value;
  std::vector<float> band(static_cast<std::size_t>(channels * channels));
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t k = std::max<int64_t>(0, c - (size - 1) / 2);
         k <= std::min(channels - 1, c + size / 2); ++k)
      band[static_cast<std::size_t>(c * channels + k)] =
          node.get_float("alpha", 1e-4F) / static_cast<float>(size);
  }
  std::vector<int64_t> kernel(shape.size(), 1);
  kernel[0] = kernel[1] = channels;
  const ValueId sum = b.add("Conv", {b.add("Mul", {x, x}), b.floats(kernel, band)});
  const ValueId base = b.add("Add", {sum, b.number(node.get_float("bias", 1))});
  return b.finish(b.add("Div", {x, b.add("Pow", {base, b.number(node.get_float("beta", 0.75F))})}));
}

/// com.microsoft's: LayerNormalization of x + skip (+ bias); SkipSimplified: RMSNormalization
bool rewrite_skip_layer_norm(Builder& b) {
  if (!is_ready(b) || !b.has_shape(1) || !b.has_shape(2))
    return false;
  const bool simplified = b.node().op == "SkipSimplifiedLayerNormalization";
  const ValueId bias = b.input(simplified ? 3 : 4);
  ValueId sum = b.add("Add", {b.input(0), b.input(1)});
  if (bias != kNone)
    sum = b.add("Add", {sum, bias});
  const Attributes attributes = {{"axis", int64_t{-1}},
                                 {"epsilon", b.node().get_float("epsilon", 1e-12F)}};
  std::vector<ValueId> inputs = {sum, b.input(2)};
  if (!simplified && b.input(3) != kNone)
    inputs.push_back(b.input(3));
  const ValueId y =
      b.add(simplified ? "RMSNormalization" : "LayerNormalization", inputs, attributes);
  if (b.is_read(1) || b.is_read(2))
    graph::fail_at(b.node(), "its mean and variance are of use in training alone; leave them out");
  b.finish(sum, 3);
  return b.finish(y);
}

}  // namespace edgy::converter::rewrite

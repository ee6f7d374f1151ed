// ConvTranspose as a convolution: a stride of s makes s outputs at each position, side by side, so
// the kernel is taken apart into s kernels, one a phase, which are channels of one convolution at
// the resolution of the input (W. Shi et al., arXiv:1609.05158, and "Is the deconvolution layer the
// same as a convolutional layer?", arXiv:1609.07009). It costs the multiplications that are needed,
// not those with the zeros between, and is quantized, pruned and trained as every convolution is.
#include <algorithm>
#include <numeric>

#include "converter/rewrite/interleave.h"
#include "converter/rewrite/rewrite.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {
namespace {

constexpr int64_t kMaxEntry = 1 << 16;

/// One spatial axis.
struct Axis {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t padding = 0;  ///< output_padding
  int64_t begin = 0;    ///< outputs cut off in front
  int64_t end = 0;      ///< and behind; may be negative: bias alone follows

  int64_t reach() const { return (kernel - 1) * dilation + 1; }
  int64_t taps() const { return (reach() + stride - 1) / stride; }
  /// The convolution's padding: whole strides that would be cut off are not made.
  int64_t pad_front() const { return taps() - 1 - std::min(begin / stride, taps() - 1); }
  int64_t pad_back() const {
    return std::max<int64_t>(0, (reach() + padding - end + stride - 1) / stride - 1);
  }
  int64_t cut_front() const { return begin - std::min(begin / stride, taps() - 1) * stride; }
  int64_t cut_back() const {
    return stride * (pad_front() + pad_back() - taps() + 2) - reach() - padding + begin + end -
           cut_front();
  }
  /// The entry of the kernel that phase `phase` has at tap `tap`; -1: none.
  int64_t entry(int64_t phase, int64_t tap) const {
    const int64_t at = phase + stride * (taps() - 1 - tap);
    return at % dilation == 0 && at / dilation < kernel ? at / dilation : -1;
  }
};

std::vector<int64_t> read_list(const Node& node, const char* key, std::size_t size,
                               int64_t otherwise, int64_t least) {
  std::vector<int64_t> list = node.get_ints(key, std::vector<int64_t>(size, otherwise));
  if (list.size() != size || std::any_of(list.begin(), list.end(), [&](int64_t entry) {
        return entry < least || entry > kMaxEntry;
      })) {
    graph::fail_at(node, "attribute " + in_quotes(key) + " must have " + std::to_string(size) +
                             " entries of " + std::to_string(least) + " to " +
                             std::to_string(kMaxEntry));
  }
  return list;
}

/// Cuts `total` outputs off, half in front and half behind, the odd one behind if `upper`. Fewer
/// than none: bias alone follows.
void cut(Axis& axis, int64_t total, bool upper) {
  if (total < 0) {
    axis.end = total;
    return;
  }
  axis.begin = upper ? total / 2 : total - total / 2;
  axis.end = total - axis.begin;
}

std::vector<Axis> read_axes(const Node& node, const DimShape& x,
                            const std::vector<int64_t>& kernel) {
  const std::size_t count = kernel.size();
  if (read_list(node, "kernel_shape", count, 1, 1) != kernel && node.has("kernel_shape"))
    graph::fail_at(node, "attribute 'kernel_shape' and the shape of the weights differ");
  const auto strides = read_list(node, "strides", count, 1, 1);
  const auto dilations = read_list(node, "dilations", count, 1, 1);
  const auto paddings = read_list(node, "output_padding", count, 0, 0);
  const auto pads = read_list(node, "pads", 2 * count, 0, 0);
  const std::string automatic = node.get_string("auto_pad", "NOTSET");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  if (!same && automatic != "NOTSET" && automatic != "VALID" && !automatic.empty()) {
    graph::fail_at(node, "auto_pad " + in_quotes(automatic) +
                             " is unknown; NOTSET, VALID, SAME_UPPER and SAME_LOWER are accepted");
  }
  std::vector<int64_t> wanted;
  if (node.has("output_shape")) {
    wanted = node.get_ints("output_shape");
    if (wanted.size() == count + 2)
      wanted.erase(wanted.begin(), wanted.begin() + 2);  // some exporters write all axes
    if (wanted.size() != count)
      graph::fail_at(node, "attribute 'output_shape' must have one entry a spatial axis");
  }
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < count; ++i) {
    Axis axis{kernel[i], strides[i], dilations[i], paddings[i]};
    if (!wanted.empty()) {
      if (!x[i + 2].fixed())
        graph::fail_at(node, "'output_shape' needs a fixed input extent, here it is dynamic");
      if (wanted[i] < 1 || wanted[i] > graph::kMaxElements)
        graph::fail_at(node, "attribute 'output_shape' has the entry " + std::to_string(wanted[i]));
      cut(axis, axis.stride * (x[i + 2].value - 1) + axis.padding + axis.reach() - wanted[i],
          automatic == "SAME_UPPER");
    } else if (same) {
      if (axis.padding + axis.reach() < axis.stride) {
        graph::fail_at(node, "auto_pad " + automatic +
                                 " with a stride beyond its kernel: ONNX's definition and "
                                 "onnxruntime disagree; export pads");
      }
      cut(axis, axis.padding + axis.reach() - axis.stride, automatic == "SAME_UPPER");
    } else if (automatic != "VALID") {
      axis.begin = pads[i];
      axis.end = pads[i + count];
    }
    if (x[i + 2].fixed() &&
        axis.stride * (x[i + 2].value - 1) + axis.reach() + axis.padding - axis.begin - axis.end <
            1)
      graph::fail_at(node, "its pads leave nothing of its output");
    axes.push_back(axis);
  }
  return axes;
}

/// Weights [C, O / groups, kernel...] as those of the convolution: [groups (phases...) O / groups,
/// C / groups, taps...], the last axis's phase first. An image is what is treated; a sequence has a
/// height of one.
graph::Tensor phase_weights(const graph::Tensor& weights, Axis down, Axis across, int64_t groups) {
  const int64_t inputs = weights.shape[0] / groups;
  const int64_t outputs = weights.shape[1];
  const int64_t phases = down.stride * across.stride;
  const std::vector<float> values = graph::as_floats(weights);
  std::vector<int64_t> shape = {groups * phases * outputs, inputs, down.taps(), across.taps()};
  graph::Tensor result = graph::make_tensor(graph::ElementType::kFloat32, shape);
  float* out = result.values<float>().data();
  for (int64_t row = 0; row < groups * phases * outputs; ++row) {
    const int64_t group = row / (phases * outputs);
    const int64_t phase = row / outputs % phases;
    const int64_t output = row % outputs;
    for (int64_t c = 0; c < inputs; ++c) {
      for (int64_t y = 0; y < down.taps(); ++y) {
        for (int64_t x = 0; x < across.taps(); ++x, ++out) {
          const int64_t h = down.entry(phase % down.stride, y);
          const int64_t w = across.entry(phase / down.stride, x);
          if (h >= 0 && w >= 0) {
            *out = values[static_cast<std::size_t>(
                (((group * inputs + c) * outputs + output) * down.kernel + h) * across.kernel + w)];
          }
        }
      }
    }
  }
  return result;
}

/// The bias of each of those channels.
std::vector<float> phase_bias(const std::vector<float>& bias, int64_t groups, int64_t phases) {
  const std::size_t outputs = bias.size() / static_cast<std::size_t>(groups);
  std::vector<float> result;
  for (int64_t group = 0; group < groups; ++group) {
    for (int64_t phase = 0; phase < phases; ++phase) {
      const auto from = bias.begin() + static_cast<std::ptrdiff_t>(outputs) * group;
      result.insert(result.end(), from, from + static_cast<std::ptrdiff_t>(outputs));
    }
  }
  return result;
}

/// y [N, groups phases O / groups, spatial...] with every phase at its position.
ValueId spread(Builder& b, ValueId y, const std::vector<Axis>& axes, int64_t groups,
               int64_t outputs) {
  const bool image = axes.size() == 2;
  std::vector<int64_t> blocks;  // the last axis's first
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis)
    blocks.push_back(axis->stride);
  const ValueId last =
      b.transpose(y, image ? std::vector<int64_t>{0, 2, 3, 1} : std::vector<int64_t>{0, 2, 1});
  std::vector<int64_t> shape(axes.size() + 1, 0);
  std::vector<int64_t> split = shape;
  split.push_back(groups);
  split.insert(split.end(), blocks.begin(), blocks.end());
  split.push_back(outputs);
  shape.insert(shape.end(), blocks.begin(), blocks.end());
  shape.push_back(groups * outputs);
  if (groups == 1)
    return interleave(b, b.reshape(last, shape));
  const ValueId apart = b.reshape(last, split);
  return interleave(b,
                    b.reshape(b.transpose(apart, image ? std::vector<int64_t>{0, 1, 2, 4, 5, 3, 6}
                                                       : std::vector<int64_t>{0, 1, 3, 2, 4}),
                              shape));
}

}  // namespace

bool rewrite_conv_transpose(Builder& b) {
  if (!b.has_shape(0) || !b.has_shape(1))
    return false;
  const Node& node = b.node();
  const DimShape x = b.shape(b.input(0));
  const graph::TensorPtr weights = b.constant(1);
  const graph::TensorPtr bias = b.constant(2);
  b.expect_float(0);
  b.expect_float(1);
  if (!weights || (b.input(2) != kNone && !bias))
    return false;  // they may become constants; said when lowering if not
  if ((x.size() != 3 && x.size() != 4) || weights->shape.size() != x.size()) {
    graph::fail_at(node,
                   "its input has the shape " + to_string(x) +
                       "; [N, C, T] and [N, C, H, W] are accepted, with weights of the same rank");
  }
  const int64_t groups = node.get_int("group", 1);
  const int64_t channels = weights->shape[0];
  const int64_t outputs = weights->shape[1];
  if (groups < 1 || groups > channels || channels % groups != 0 || outputs < 1 ||
      (x[1].fixed() && x[1].value != channels) ||
      std::any_of(weights->shape.begin(), weights->shape.end(),
                  [](int64_t extent) { return extent < 1 || extent > kMaxEntry; }) ||
      (bias && bias->elements() != groups * outputs)) {
    graph::fail_at(node, "its input " + to_string(x) + ", weights, bias and groups do not fit");
  }
  const std::vector<Axis> axes =
      read_axes(node, x, std::vector<int64_t>(weights->shape.begin() + 2, weights->shape.end()));

  const Axis down = axes.size() == 2 ? axes[0] : Axis{};
  const Axis across = axes.back();
  const int64_t phases = down.stride * across.stride;
  graph::Tensor kernels = phase_weights(*weights, down, across, groups);
  std::vector<int64_t> pads;
  std::vector<int64_t> taps;
  for (const Axis& axis : axes) {
    pads.push_back(axis.pad_front());
    taps.push_back(axis.taps());
  }
  for (const Axis& axis : axes)
    pads.push_back(axis.pad_back());
  if (axes.size() == 1)
    kernels.shape.erase(kernels.shape.begin() + 2);
  const std::string& name = b.graph().value(b.input(1)).name;
  std::vector<ValueId> inputs = {b.input(0), b.graph().add_constant(name, std::move(kernels))};
  if (bias) {
    const std::vector<float> spread_bias = phase_bias(graph::as_floats(*bias), groups, phases);
    inputs.push_back(b.floats({static_cast<int64_t>(spread_bias.size())}, spread_bias));
  }
  ValueId y = b.add("Conv", inputs, {{"group", groups}, {"kernel_shape", taps}, {"pads", pads}});
  if (phases > 1)
    y = spread(b, y, axes, groups, outputs);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int64_t front = axes[i].cut_front();
    const int64_t back = axes[i].cut_back();
    if (front > 0 || back > 0)
      y = b.slice(y, static_cast<int64_t>(i) + 2, front, back > 0 ? -back : graph::kMaxElements);
  }
  return b.finish(y);
}

}  // namespace edgy::converter::rewrite

#include "converter/passes/quantization.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace edgy::converter::passes {
namespace {

using graph::ElementType;
using graph::Graph;
using graph::Grid;
using graph::Node;
using graph::Tensor;

/// Integers of `tensor` as signed bytes: what is unsigned is shifted by 128 (4 bits fit as they
/// are).
int32_t shift_of(const Tensor& tensor) {
  return tensor.type == ElementType::kUint8 && tensor.narrow_bits == 0 ? 128 : 0;
}

void set_limits(Grid& grid, ElementType type, int narrow_bits) {
  if (narrow_bits == 4) {
    grid.bits = 4;
    grid.qmin = type == ElementType::kUint8 ? 0 : -8;
    grid.qmax = type == ElementType::kUint8 ? 15 : 7;
  }
}

std::string shown(float number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", static_cast<double>(number));
  return text;
}

/// Scales of constants: finite, not negative.
std::vector<float> read_weight_scales(const Graph& graph, const Node& node, graph::ValueId id) {
  std::vector<float> scales = graph::as_floats(graph.constant(id));
  for (const float scale : scales) {
    if (!std::isfinite(scale) || scale < 0)
      graph::fail_at(node, "a scale is " + shown(scale) + "; 0 and positive numbers are accepted");
  }
  return scales;
}

Grid read_any_grid(const Graph& graph, const Node& node, const QuantizationInputs& inputs,
                   ElementType type, int axis) {
  Grid grid;
  grid.scale = read_weight_scales(graph, node, inputs.scale);

  grid.zero_point.assign(grid.scale.size(), type == ElementType::kUint8 ? -128 : 0);
  if (inputs.zero_point != graph::kNone) {
    const Tensor& zero = graph.constant(inputs.zero_point);
    if (zero.type != ElementType::kInt8 && zero.type != ElementType::kUint8) {
      graph::fail_at(node, std::string("its zero point is ") + graph::to_string(zero.type) +
                               "; int8, uint8 and int4 are accepted");
    }
    const std::vector<int64_t> values = graph::as_ints(zero);
    if (grid.scale.size() == 1) {
      grid.scale.assign(values.size(), grid.scale[0]);
      grid.zero_point.resize(values.size());
    }
    if (values.size() != grid.scale.size() && values.size() != 1) {
      graph::fail_at(node, "it has " + std::to_string(values.size()) + " zero points for " +
                               std::to_string(grid.scale.size()) + " scales");
    }
    set_limits(grid, zero.type, zero.narrow_bits);
    for (std::size_t i = 0; i < grid.scale.size(); ++i) {
      grid.zero_point[i] =
          static_cast<int32_t>(values[values.size() == 1 ? 0 : i]) - shift_of(zero);
    }
  }
  grid.axis = grid.scale.size() > 1 ? axis : -1;
  return grid;
}

/// Position along `axis` of flat index `i`.
struct AxisIndex {
  AxisIndex(const std::vector<int64_t>& shape, std::size_t axis) {
    for (std::size_t k = axis + 1; k < shape.size(); ++k)
      inner *= shape[k];
    extent = axis < shape.size() ? shape[axis] : 1;
  }
  std::size_t operator()(std::size_t i) const {
    return static_cast<std::size_t>(static_cast<int64_t>(i) / inner % extent);
  }
  int64_t inner = 1;
  int64_t extent = 1;
};

}  // namespace

Grid read_grid(const Graph& graph, const Node& node, const QuantizationInputs& inputs,
               ElementType type, int axis) {
  Grid grid = read_any_grid(graph, node, inputs, type, axis);
  for (const float scale : grid.scale) {
    if (!std::isnormal(scale))
      graph::fail_at(node, "a scale is " + shown(scale) + "; normal numbers above 0 are accepted");
  }
  return grid;
}

Grid read_weight_grid(const Graph& graph, const Node& node, const QuantizationInputs& inputs,
                      ElementType type, int axis) {
  Grid grid = read_any_grid(graph, node, inputs, type, axis);
  float least = std::numeric_limits<float>::infinity();
  for (const float scale : grid.scale)
    least = std::isnormal(scale) ? std::min(least, scale) : least;
  for (float& scale : grid.scale)
    scale = std::isnormal(scale) ? scale : std::isfinite(least) ? least : 1;
  return grid;
}

Tensor dequantized(const Graph& graph, const Node& node, const Tensor& tensor,
                   const QuantizationInputs& inputs, std::size_t axis, int64_t block_size) {
  std::vector<float> scales = read_weight_scales(graph, node, inputs.scale);
  std::vector<int64_t> zeros(scales.size(), 0);
  if (inputs.zero_point != graph::kNone) {
    zeros = graph::as_ints(graph.constant(inputs.zero_point));
    if (zeros.size() == 1)
      zeros.assign(scales.size(), zeros[0]);
    if (scales.size() == 1)
      scales.assign(zeros.size(), scales[0]);
  }
  const AxisIndex position(tensor.shape, axis);
  const int64_t block = std::clamp<int64_t>(block_size, 1, std::max<int64_t>(position.extent, 1));
  const int64_t blocks = (position.extent + block - 1) / block;
  const int64_t expected = block_size > 0 && position.extent > 0
                               ? graph::checked_elements(tensor.shape) / position.extent * blocks
                               : position.extent;
  if (zeros.size() != scales.size() ||
      (scales.size() != 1 && static_cast<int64_t>(scales.size()) != expected)) {
    graph::fail_at(node, "it has " + std::to_string(scales.size()) + " scales and " +
                             std::to_string(zeros.size()) + " zero points; 1 or " +
                             std::to_string(expected) + " are expected");
  }
  const std::vector<int64_t> values = graph::as_ints(tensor);
  Tensor result = graph::make_tensor(ElementType::kFloat32, tensor.shape);
  auto out = result.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t s = 0;
    if (scales.size() > 1) {
      const auto along = static_cast<int64_t>(position(i));
      const int64_t outer = static_cast<int64_t>(i) / (position.inner * position.extent);
      s = block_size > 0
              ? static_cast<std::size_t>((outer * blocks + along / block) * position.inner +
                                         static_cast<int64_t>(i) % position.inner)
              : static_cast<std::size_t>(along);
    }
    out[i] = static_cast<float>(values[i] - zeros[s]) * scales[s];
  }
  return result;
}

Grid read_fake_quantize(const Graph& graph, const Node& node, std::size_t rank) {
  std::vector<double> bounds[4];
  std::size_t channels = 1;
  int axis = -1;
  for (std::size_t i = 0; i < 4; ++i) {
    const Tensor& bound = graph.constant(node.inputs[i + 1]);
    bounds[i] = graph::as_doubles(bound);
    for (std::size_t k = 0; k < bound.shape.size(); ++k) {
      const int along = static_cast<int>(k + rank - bound.shape.size());
      if (bound.shape[k] == 1)
        continue;
      if (along < 0)
        graph::fail_at(node, "its range has more dimensions than the tensor it is of");
      if (axis >= 0 && (axis != along || channels != static_cast<std::size_t>(bound.shape[k])))
        graph::fail_at(node, "its range differs along several axes; one is accepted");
      axis = along;
      channels = static_cast<std::size_t>(bound.shape[k]);
    }
  }
  const int64_t levels = node.get_int("levels", 256);
  if (levels < 3 || levels > 256)
    graph::fail_at(node, "it has " + std::to_string(levels) + " levels; 3 to 256 are accepted");
  const auto at = [&](std::size_t i, std::size_t c) {
    return bounds[i][bounds[i].size() == 1 ? 0 : c];
  };
  Grid grid;
  grid.axis = axis;
  grid.bits = static_cast<int>(std::ceil(std::log2(static_cast<double>(levels))));
  for (std::size_t c = 0; c < channels; ++c) {
    const double width = at(1, c) - at(0, c);
    const double scale = width / static_cast<double>(levels - 1);
    if (!(scale > 0) || std::fabs(at(2, c) - at(0, c)) > 1e-3 * width ||
        std::fabs(at(3, c) - at(1, c)) > 1e-3 * width) {
      graph::fail_at(node, "its output range differs from its input range, or is empty");
    }
    const double below = -at(0, c) / scale;
    if (std::fabs(below - std::nearbyint(below)) > 0.01 || below < -0.5 ||
        below > static_cast<double>(levels) - 0.5) {
      graph::fail_at(node,
                     "zero is not among its levels; quantizers that represent zero exactly "
                     "are accepted");
    }
    grid.scale.push_back(static_cast<float>(scale));
    grid.zero_point.push_back(static_cast<int32_t>(std::nearbyint(below)));
  }
  // Levels are counted from the lower end; a signed byte's middle is where zero mostly is.
  const auto offset = levels == 256 ? int64_t{128} : (levels - 1) / 2;
  for (int32_t& zero : grid.zero_point)
    zero -= static_cast<int32_t>(offset);
  grid.qmin = static_cast<int32_t>(-offset);
  grid.qmax = static_cast<int32_t>(levels - 1 - offset);
  return grid;
}

Tensor snapped(const Tensor& tensor, const Grid& grid) {
  const AxisIndex position(
      tensor.shape, grid.axis < 0 ? tensor.shape.size() : static_cast<std::size_t>(grid.axis));
  if (grid.axis >= 0 && grid.scale.size() != static_cast<std::size_t>(position.extent)) {
    throw Error("it has " + std::to_string(grid.scale.size()) + " scales for " +
                std::to_string(position.extent) + " indices along axis " +
                std::to_string(grid.axis) + "; one each is expected");
  }
  Tensor result = graph::make_tensor(ElementType::kFloat32, tensor.shape);
  const std::vector<float> values = graph::as_floats(tensor);
  auto out = result.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t s = grid.axis < 0 ? 0 : position(i);
    const float q =
        std::nearbyintf(values[i] / grid.scale[s]) + static_cast<float>(grid.zero_point[s]);
    const float kept = std::clamp(q, static_cast<float>(grid.qmin), static_cast<float>(grid.qmax));
    out[i] = (kept - static_cast<float>(grid.zero_point[s])) * grid.scale[s];
  }
  return result;
}

}  // namespace edgy::converter::passes

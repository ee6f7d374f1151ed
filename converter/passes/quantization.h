// How ONNX's operators say on which grid a tensor lies.
#pragma once

#include "converter/graph/graph.h"

namespace edgy::converter::passes {

/// Where an operator has the parameters of one quantized tensor.
struct QuantizationInputs {
  graph::ValueId scale = graph::kNone;
  graph::ValueId zero_point = graph::kNone;  ///< kNone: zero
};

/// The grid that scale and zero point (constants) describe for a tensor of `type` (int8 or uint8;
/// the zero point's type counts if there is one). `axis` is kept if there is more than one scale.
/// Throws Error naming the node when they are no constants, do not fit each other or are out of
/// range.
graph::Grid read_grid(const graph::Graph& graph, const graph::Node& node,
                      const QuantizationInputs& inputs, graph::ElementType type, int axis);

/// The same for constants, of which a scale may be 0 or subnormal, as quantizers write them for
/// channels of zeros: the values are 0 to within 1e-35, on whatever grid. They are given the
/// tensor's smallest other step (1, if there is none).
graph::Grid read_weight_grid(const graph::Graph& graph, const graph::Node& node,
                             const QuantizationInputs& inputs, graph::ElementType type, int axis);

/// scale * (q - zero_point) of a constant of int8, uint8 or int32, in float32 as the operator
/// defines it. `block_size` 0: scales as in `axis`; above: of runs of so many indices along `axis`.
graph::Tensor dequantized(const graph::Graph& graph, const graph::Node& node,
                          const graph::Tensor& tensor, const QuantizationInputs& inputs,
                          std::size_t axis, int64_t block_size);

/// Values of FakeQuantize (OpenVINO's operator, as NNCF exports it) and the grid they lie on. Its
/// range may differ by index along one axis. Throws Error naming the node when zero is not on the
/// grid, or output range and input range differ.
graph::Grid read_fake_quantize(const graph::Graph& graph, const graph::Node& node,
                               std::size_t rank);

/// Each value moved to the nearest point of the grid, within its ends. Throws Error when the grid
/// has other than one step for each index along its axis.
graph::Tensor snapped(const graph::Tensor& tensor, const graph::Grid& grid);

}  // namespace edgy::converter::passes

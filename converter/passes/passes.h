// Rewrites of the graph, each a function in a file of its own, and the order in which they run.
#pragma once

#include <string>
#include <vector>

#include "converter/graph/graph.h"

namespace edgy::converter::passes {

/// What a pass did, for people: one line a pass ("folded 5 BatchNormalization into the operator
/// before them").
struct PassReport {
  std::string pass;
  int changes = 0;
  std::string summary;
};

/// Canonical attributes, shapes, and every value that does not depend on the model's inputs
/// computed. Needed by all others. Throws Error (see canonicalize.h, shape_inference.h).
int fold_constants(graph::Graph& graph);
/// Operators of quantized models (QuantizeLinear, DequantizeLinear, QLinear*, *Integer,
/// DynamicQuantizeLinear, FakeQuantize) become float operators between "Quantize" (float32 to int8;
/// attributes scale, zero_point, bits, qmin, qmax) and "Dequantize" (the same, back). Constants
/// become float32 with a grid. Scales and zero points stay what they are, but that unsigned bytes
/// are shifted by 128. Throws Error naming the node for what cannot be said so: activations
/// quantized per channel, for instance.
int expand_quantized(graph::Graph& graph);
/// A constant Clip before a Quantize becomes the ends of its grid: the same integers, of as few
/// bits as the clip leaves.
int narrow_grids(graph::Graph& graph);
/// Drops nodes whose outputs nobody reads.
int remove_dead(graph::Graph& graph);
/// Drops Identity, Dropout (inference), Cast to the same type, Transpose, Reshape, Pad and Slice
/// that change nothing, and arithmetic with neutral constants (x + 0, x * 1, x / 1, x ^ 1).
int remove_identity(graph::Graph& graph);
/// Folds BatchNormalization, and Mul/Add/Sub/Div by constants per channel, into the Conv, Gemm or
/// MatMul before them; sums in double precision.
int fold_batch_norm(graph::Graph& graph);
/// A MatMul by a constant matrix, or a Gemm with constant weights, becomes "Linear" (x [..., K], w
/// [O, K], optional b [O]); any other Gemm becomes MatMul and arithmetic.
int make_linear(graph::Graph& graph);
/// Moves Relu and constant Clip into the Conv or Linear before them, as attributes
/// ":activation_min" and
/// ":activation_max".
int fuse_activation(graph::Graph& graph);
/// x * 0.5 * (1 + erf(x / sqrt 2)) in its usual spellings becomes "Gelu".
int fuse_gelu(graph::Graph& graph);
/// (x - mean) / sqrt(var + eps) * gamma + beta over the last axis becomes "LayerNormalization".
int fuse_layer_norm(graph::Graph& graph);
/// Nearest entry of a codebook, as an index: ArgMin over squared distances in its usual expansions
/// (with or without the |z|^2 term, negated with ArgMax) becomes "NearestCode" (x [..., D],
/// codebook [K, D], half_norm [K]).
int fuse_nearest_code(graph::Graph& graph);

/// An LSTM or GRU over a sequence of one step, fixed in size, becomes the linear layers and gates
/// that it consists of, so that its weights are quantized and pruned like any other layer's.
int expand_recurrent_step(graph::Graph& graph);

/// All of them, until nothing changes. Throws Error first for all that is not supported
/// (graph/supported.h). The reports are in order of first application, one for each
/// pass that did something.
std::vector<PassReport> run_all(graph::Graph& graph);

}  // namespace edgy::converter::passes

// Sliding windows: what Conv and the pooling operators say of their spatial axes.
#pragma once

#include <vector>

#include "converter/graph/graph.h"

namespace edgy::converter::graph {

/// Entries are per spatial axis, in the order of the source model.
struct Windows {
  std::vector<int64_t> kernel;
  std::vector<int64_t> stride;
  std::vector<int64_t> dilation;
  std::vector<int64_t> pad_begin;
  std::vector<int64_t> pad_end;
};

/// Reads kernel_shape (or `weight_kernel` if that is absent), strides, dilations, pads, auto_pad
/// and ceil_mode of `node` whose input is `input` ([N, C, spatial...]), with automatic pads
/// resolved. Throws Error naming the node for contradictions, values out of range, and automatic
/// padding that depends on a dynamic extent.
Windows read_windows(const Node& node, const DimShape& input,
                     const std::vector<int64_t>& weight_kernel);

/// Extent of the output along spatial axis `axis`.
Dim window_output(Graph& graph, const Node& node, const Windows& windows, std::size_t axis,
                  const Dim& input);

}  // namespace edgy::converter::graph

#include "converter/graph/windows.h"

#include "converter/text.h"

namespace edgy::converter::graph {
namespace {

constexpr int64_t kMaxWindow = 1 << 20;  // far above any real kernel, far below what could overflow

std::vector<int64_t> read_list(const Node& node, const char* key, std::size_t size,
                               int64_t otherwise, int64_t least) {
  std::vector<int64_t> values = node.get_ints(key, std::vector<int64_t>(size, otherwise));
  if (values.size() != size) {
    fail_at(node, std::string("attribute '") + key + "' has " + std::to_string(values.size()) +
                      " entries; " + std::to_string(size) + " are expected");
  }
  for (int64_t value : values) {
    if (value < least || value > kMaxWindow) {
      fail_at(node, std::string("attribute '") + key + "' has the entry " + std::to_string(value) +
                        "; " + std::to_string(least) + " to " + std::to_string(kMaxWindow) +
                        " is accepted");
    }
  }
  return values;
}

/// Pads so that the output has ceil(input / stride) positions.
void same_pads(const Node& node, Windows& windows, const DimShape& input, bool upper) {
  for (std::size_t i = 0; i < windows.kernel.size(); ++i) {
    const int64_t reach = (windows.kernel[i] - 1) * windows.dilation[i] + 1;
    int64_t total = 0;
    if (windows.stride[i] == 1) {
      total = reach - 1;
    } else if (input[i + 2].fixed()) {
      const int64_t outputs = (input[i + 2].value + windows.stride[i] - 1) / windows.stride[i];
      total = std::max<int64_t>(0, (outputs - 1) * windows.stride[i] + reach - input[i + 2].value);
    } else {
      fail_at(node,
              "auto_pad with a stride needs a fixed input extent, here it is dynamic; export "
              "explicit pads");
    }
    windows.pad_begin[i] = upper ? total / 2 : total - total / 2;
    windows.pad_end[i] = total - windows.pad_begin[i];
  }
}

}  // namespace

namespace {

/// A window that begins before the end counts, though it reaches past it: padding that makes it
/// whole.
void pad_partial_windows(const Node& node, Windows& windows, const DimShape& input) {
  for (std::size_t i = 0; i < windows.kernel.size(); ++i) {
    if (!input[i + 2].fixed() || windows.stride[i] == 1)
      continue;
    const int64_t reach = (windows.kernel[i] - 1) * windows.dilation[i] + 1;
    const int64_t room = input[i + 2].value + windows.pad_begin[i] + windows.pad_end[i] - reach;
    if (room < 0 || room % windows.stride[i] == 0)
      continue;
    const int64_t begin = (room / windows.stride[i] + 1) * windows.stride[i];
    if (begin >= input[i + 2].value + windows.pad_begin[i])
      continue;  // it would see padding alone
    if (node.get_int("count_include_pad", 0) != 0)
      fail_at(node, "ceil_mode that adds a partial window is not supported with count_include_pad");
    windows.pad_end[i] += begin - room;
  }
}

}  // namespace

Windows read_windows(const Node& node, const DimShape& input,
                     const std::vector<int64_t>& weight_kernel) {
  if (input.size() < 3) {
    fail_at(node, "its input has the shape " + to_string(input) +
                      "; [N, C, ...] with a spatial axis is expected");
  }
  const std::size_t axes = input.size() - 2;
  Windows windows;
  if (weight_kernel.empty() && !node.has("kernel_shape")) {
    fail_at(node, "attribute 'kernel_shape' is missing");
  }
  windows.kernel =
      node.has("kernel_shape") ? read_list(node, "kernel_shape", axes, 1, 1) : weight_kernel;
  if (!weight_kernel.empty() && windows.kernel != weight_kernel) {
    fail_at(node, "attribute 'kernel_shape' and the shape of the weights differ");
  }
  windows.stride = read_list(node, "strides", axes, 1, 1);
  windows.dilation = read_list(node, "dilations", axes, 1, 1);
  const std::vector<int64_t> pads = read_list(node, "pads", 2 * axes, 0, 0);
  windows.pad_begin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(axes));
  windows.pad_end.assign(pads.begin() + static_cast<std::ptrdiff_t>(axes), pads.end());

  const std::string auto_pad = node.get_string("auto_pad", "NOTSET");
  if (auto_pad == "VALID") {
    windows.pad_begin.assign(axes, 0);
    windows.pad_end.assign(axes, 0);
  } else if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    same_pads(node, windows, input, auto_pad == "SAME_UPPER");
  } else if (auto_pad != "NOTSET" && !auto_pad.empty()) {
    fail_at(node, "auto_pad " + in_quotes(auto_pad) +
                      " is unknown; NOTSET, VALID, SAME_UPPER and SAME_LOWER are accepted");
  }
  if (node.get_int("ceil_mode", 0) != 0)
    pad_partial_windows(node, windows, input);
  return windows;
}

Dim window_output(Graph& graph, const Node& node, const Windows& windows, std::size_t axis,
                  const Dim& input) {
  const int64_t reach = (windows.kernel[axis] - 1) * windows.dilation[axis] + 1;
  const int64_t pads = windows.pad_begin[axis] + windows.pad_end[axis];
  const bool ceil = node.get_int("ceil_mode", 0) != 0;
  if (!input.fixed()) {
    if (ceil && windows.stride[axis] > 1) {
      fail_at(node, "ceil_mode needs a fixed input extent, here it is dynamic");
    }
    Affine room = graph.expression_of(input);
    room.offset += pads - reach;
    if (windows.stride[axis] == 1)
      return graph.dim_of({room.factor, room.symbol, room.offset + 1});
    return {-1, "?(" + std::to_string(room.factor) + "*" + room.symbol + "+" +
                    std::to_string(room.offset) + ")/" + std::to_string(windows.stride[axis])};
  }
  const int64_t room = input.value + pads - reach;
  if (room < 0) {
    fail_at(node, "its window of " + std::to_string(reach) +
                      " is larger than its padded input of " + std::to_string(input.value + pads));
  }
  return fixed_dim(room / windows.stride[axis] + 1);
}

}  // namespace edgy::converter::graph

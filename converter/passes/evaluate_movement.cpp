#include <algorithm>
#include <cstring>

#include "converter/graph/shape_inference.h"
#include "converter/passes/evaluate.h"

namespace edgy::converter::passes {
namespace {

using graph::Node;
using graph::Tensor;

/// Extents before, at and after an axis, as counts.
struct Blocks {
  std::size_t outer = 1;
  std::size_t extent = 1;
  std::size_t inner = 1;  ///< in bytes
};

Blocks blocks_of(const Tensor& tensor, std::size_t axis) {
  Blocks blocks;
  blocks.inner = graph::element_bytes(tensor.type);
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const auto extent = static_cast<std::size_t>(tensor.shape[i]);
    (i < axis ? blocks.outer : i == axis ? blocks.extent : blocks.inner) *= extent;
  }
  return blocks;
}

Tensor gather(const Node& node, const Tensor& data, const Tensor& indices,
              const std::vector<int64_t>& shape) {
  const std::size_t axis = graph::normalize_axis(node, node.get_int("axis", 0), data.shape.size());
  const Blocks blocks = blocks_of(data, axis);
  std::vector<std::size_t> picked;
  for (int64_t index : graph::as_ints(indices))
    picked.push_back(graph::normalize_index(node, index, static_cast<int64_t>(blocks.extent)));
  Tensor result = graph::make_tensor(data.type, shape);
  std::size_t at = 0;
  for (std::size_t outer = 0; outer < blocks.outer; ++outer) {
    for (std::size_t index : picked) {
      std::memcpy(result.data.data() + at,
                  data.data.data() + (outer * blocks.extent + index) * blocks.inner, blocks.inner);
      at += blocks.inner;
    }
  }
  return result;
}

Tensor concat(const Node& node, const Arguments& arguments, const std::vector<int64_t>& shape) {
  const std::size_t axis = graph::normalize_axis(node, node.get_int("axis", 0), shape.size());
  Tensor result = graph::make_tensor(arguments[0]->type, shape);
  const Blocks whole = blocks_of(result, axis);
  std::size_t offset = 0;
  for (const graph::TensorPtr& part : arguments) {
    const Blocks blocks = blocks_of(*part, axis);
    if (part->type != result.type || blocks.outer != whole.outer || blocks.inner != whole.inner ||
        offset + blocks.extent > whole.extent) {
      graph::fail_at(node, "its inputs have different types or shapes");
    }
    for (std::size_t outer = 0; outer < blocks.outer; ++outer) {
      std::copy_n(part->data.data() + outer * blocks.extent * blocks.inner,
                  blocks.extent * blocks.inner,
                  result.data.data() + (outer * whole.extent + offset) * whole.inner);
    }
    offset += blocks.extent;
  }
  return result;
}

/// Slices one axis after another: constants are small where several are cut.
Tensor slice(const Node& node, Tensor data) {
  const auto starts = node.get_ints("starts");
  const auto ends = node.get_ints("ends");
  const auto axes = node.get_ints("axes");
  const auto steps = node.get_ints("steps");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = graph::normalize_axis(node, axes[i], data.shape.size());
    const Blocks blocks = blocks_of(data, axis);
    const auto range =
        graph::slice_range(starts[i], ends[i], steps[i], static_cast<int64_t>(blocks.extent));
    std::vector<int64_t> shape = data.shape;
    shape[axis] = range.count;
    Tensor cut = graph::make_tensor(data.type, shape);
    std::size_t at = 0;
    for (std::size_t outer = 0; outer < blocks.outer; ++outer) {
      for (int64_t k = 0; k < range.count; ++k) {
        const auto from = static_cast<std::size_t>(range.start + k * steps[i]);
        std::copy_n(data.data.data() + (outer * blocks.extent + from) * blocks.inner, blocks.inner,
                    cut.data.data() + at);
        at += blocks.inner;
      }
    }
    data = std::move(cut);
  }
  return data;
}

Tensor expand(const Tensor& data, const std::vector<int64_t>& shape) {
  Tensor result = graph::make_tensor(data.type, shape);
  const std::size_t bytes = graph::element_bytes(data.type);
  const std::size_t lead = shape.size() - data.shape.size();
  std::vector<int64_t> at(shape.size(), 0);
  for (std::size_t i = 0; i * bytes < result.data.size(); ++i) {
    int64_t source = 0;
    for (std::size_t k = lead; k < shape.size(); ++k) {
      source = source * data.shape[k - lead] + (data.shape[k - lead] == 1 ? 0 : at[k]);
    }
    std::memcpy(&result.data[i * bytes], &data.data[static_cast<std::size_t>(source) * bytes],
                bytes);
    for (std::size_t k = shape.size(); k-- > 0;) {
      if (++at[k] < shape[k]) {
        break;
      }
      at[k] = 0;
    }
  }
  return result;
}

Tensor constant_of_shape(const Node& node, const std::vector<int64_t>& shape) {
  const graph::TensorPtr fill = node.get_tensor("value");
  if (fill && fill->elements() != 1) {
    graph::fail_at(node, "attribute 'value' must have one element");
  }
  Tensor result = graph::make_tensor(fill ? fill->type : graph::ElementType::kFloat32, shape);
  if (fill) {
    for (std::size_t i = 0; i < result.data.size(); ++i)
      result.data[i] = fill->data[i % fill->data.size()];
  }
  return result;
}

}  // namespace

std::optional<Tensor> fold_identity(const Node& /*node*/, const Arguments& arguments,
                                    const std::vector<int64_t>& /*shape*/) {
  return *arguments[0];
}

std::optional<Tensor> fold_reshape(const Node& /*node*/, const Arguments& arguments,
                                   const std::vector<int64_t>& shape) {
  return graph::reshaped(*arguments[0], shape);
}

std::optional<Tensor> fold_transpose(const Node& node, const Arguments& arguments,
                                     const std::vector<int64_t>& /*shape*/) {
  std::vector<int> perm;
  for (int64_t axis : node.get_ints("perm"))
    perm.push_back(static_cast<int>(axis));
  return graph::transpose(*arguments[0], perm);
}

std::optional<Tensor> fold_gather(const Node& node, const Arguments& arguments,
                                  const std::vector<int64_t>& shape) {
  if (arguments.size() < 2)
    return std::nullopt;
  return gather(node, *arguments[0], *arguments[1], shape);
}

std::optional<Tensor> fold_concat(const Node& node, const Arguments& arguments,
                                  const std::vector<int64_t>& shape) {
  return concat(node, arguments, shape);
}

std::optional<Tensor> fold_slice(const Node& node, const Arguments& arguments,
                                 const std::vector<int64_t>& /*shape*/) {
  if (!node.has("starts"))
    return std::nullopt;
  return slice(node, *arguments[0]);
}

std::optional<Tensor> fold_expand(const Node& /*node*/, const Arguments& arguments,
                                  const std::vector<int64_t>& shape) {
  return expand(*arguments[0], shape);
}

std::optional<Tensor> fold_fill(const Node& node, const Arguments& /*arguments*/,
                                const std::vector<int64_t>& shape) {
  return constant_of_shape(node, shape);
}

std::optional<Tensor> fold_cast(const Node& node, const Arguments& arguments,
                                const std::vector<int64_t>& /*shape*/) {
  return graph::cast(*arguments[0], static_cast<graph::ElementType>(node.get_int(":to_type", 0)));
}

}  // namespace edgy::converter::passes

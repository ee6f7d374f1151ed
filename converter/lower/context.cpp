#include "converter/lower/context.h"

#include <algorithm>
#include <numeric>

#include "converter/error.h"
#include "converter/text.h"

namespace edgy::converter::lower {
namespace {

/// True if moving axes by `perm` leaves the values in place: only axes of extent 1 change places.
bool keeps_values(const DimShape& from, const Order& perm) {
  int last = -1;
  for (int axis : perm) {
    if (from[static_cast<std::size_t>(axis)] == graph::fixed_dim(1)) {
      continue;
    }
    if (axis < last) {
      return false;
    }
    last = axis;
  }
  return true;
}

/// The shape of a Reshape: numbers, 0 for an extent that stays, -1 for one that is inferred. Empty
/// if that cannot be said.
std::optional<std::vector<int>> reshape_spec(const DimShape& from, const DimShape& to) {
  std::vector<int> spec;
  bool inferred = false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i].fixed()) {
      if (to[i].value == 0) {
        return std::nullopt;
      }
      spec.push_back(static_cast<int>(to[i].value));
    } else if (i < from.size() && from[i] == to[i]) {
      spec.push_back(0);
    } else if (!inferred) {
      spec.push_back(-1);
      inferred = true;
    } else {
      return std::nullopt;
    }
  }
  return spec;
}

}  // namespace

Order identity_order(std::size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Order channels_last(std::size_t rank) {
  Order order = {0};
  for (std::size_t axis = 2; axis < rank; ++axis)
    order.push_back(static_cast<int>(axis));
  order.push_back(1);
  return order;
}

bool is_identity(const Order& order) {
  return std::is_sorted(order.begin(), order.end());
}

std::size_t position_of(const Order& order, std::size_t axis) {
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), static_cast<int>(axis)) -
                                  order.begin());
}

DimShape permuted(const DimShape& shape, const Order& order) {
  DimShape result;
  for (int axis : order)
    result.push_back(shape[static_cast<std::size_t>(axis)]);
  return result;
}

fb::DataType data_type(graph::ElementType type) {
  switch (type) {
    case graph::ElementType::kFloat32:
      return fb::DataType::F32;
    case graph::ElementType::kInt8:
      return fb::DataType::I8;
    case graph::ElementType::kUint8:
      return fb::DataType::U8;
    case graph::ElementType::kInt32:
      return fb::DataType::I32;
    case graph::ElementType::kInt64:
      return fb::DataType::I64;
    case graph::ElementType::kBool:
      return fb::DataType::Bool;
    case graph::ElementType::kFloat64:
      break;
  }
  throw Error("values of type float64 are not supported; export the model in float32");
}

Context::Context(const graph::Graph& graph) : graph_(graph) {
  model_.version = 1;
  for (ValueId input : graph.inputs) {
    const graph::Value& value = graph.value(input);
    const int tensor = add_activation(value.name, value.type, graph.shape(input));
    model_.inputs.push_back(tensor);
    placed_[input] = {tensor, identity_order(graph.shape(input).size())};
  }
}

const DimShape& Context::shape(const Node& node, ValueId id) const {
  const graph::Value& value = graph_.value(id);
  if (!value.shape) {
    graph::fail_at(node, "the shape of " + in_quotes(value.name) +
                             " cannot be inferred before the model runs; export it with shapes "
                             "that do not depend on data");
  }
  return *value.shape;
}

void Context::expect_float(const Node& node, ValueId id) const {
  if (graph_.value(id).type != graph::ElementType::kFloat32) {
    graph::fail_at(node, in_quotes(graph_.value(id).name) + " is " +
                             graph::to_string(graph_.value(id).type) +
                             "; this operator is supported for float32");
  }
}

Placed Context::get(const Node& node, ValueId id) {
  if (const auto found = placed_.find(id); found != placed_.end()) {
    return found->second;
  }
  const graph::Value& value = graph_.value(id);
  if (!value.constant) {
    graph::fail_at(node, "its input " + in_quotes(value.name) +
                             " is an output of an operator that is not computed");
  }
  Placed placed{add_constant(value.name, *value.constant),
                identity_order(value.constant->shape.size())};
  if (value.grid)
    set_grid(placed.tensor, *value.grid, value.grid->axis);
  placed_[id] = placed;
  return placed;
}

int Context::in_order(const Node& node, ValueId id, const Order& order) {
  const auto key = std::make_pair(id, order);
  if (const auto found = reordered_.find(key); found != reordered_.end()) {
    return found->second;
  }
  const graph::Value& value = graph_.value(id);
  if (value.constant && !is_identity(order)) {
    const int tensor = add_constant(value.name, graph::transpose(*value.constant, order));
    return reordered_[key] = tensor;
  }
  const Placed placed = get(node, id);
  if (placed.order == order) {
    return placed.tensor;
  }
  Order perm;
  for (int axis : order)
    perm.push_back(static_cast<int>(position_of(placed.order, static_cast<std::size_t>(axis))));
  const int tensor =
      transpose(node, placed.tensor, perm, value.name + (is_identity(order) ? ":plain" : ":moved"));
  return reordered_[key] = tensor;
}

int Context::define(const Node& node, std::size_t output, const Order& order) {
  const ValueId id = node.outputs[output];
  const int tensor = add_activation(graph_.value(id).name, graph_.value(id).type,
                                    permuted(shape(node, id), order));
  placed_[id] = {tensor, order};
  return tensor;
}

void Context::place(const Node& node, std::size_t output, Placed placed) {
  placed_[node.outputs[output]] = std::move(placed);
}

int Context::add_constant(const std::string& name, const graph::Tensor& source) {
  const graph::Tensor& tensor = source.type == graph::ElementType::kFloat64
                                    ? graph::cast(source, graph::ElementType::kFloat32)
                                    : source;
  DimShape shape;
  for (int64_t extent : tensor.shape)
    shape.push_back(graph::fixed_dim(extent));
  const int index = add_activation(name, tensor.type, shape);
  auto buffer = std::make_unique<fb::BufferT>();
  buffer->data = tensor.data;
  model_.tensors.back()->buffer = static_cast<int>(model_.buffers.size());
  model_.buffers.push_back(std::move(buffer));
  return index;
}

void Context::set_grid(int tensor, const graph::Grid& grid, int axis) {
  auto quantization = std::make_unique<fb::QuantizationT>();
  quantization->scale = grid.scale;
  quantization->zero_point = grid.zero_point;
  quantization->axis = grid.axis < 0 ? -1 : axis;
  quantization->bits = static_cast<uint8_t>(grid.bits);
  quantization->qmin = grid.qmin;
  quantization->qmax = grid.qmax;
  model_.tensors[static_cast<std::size_t>(tensor)]->quantization = std::move(quantization);
}

int Context::add_activation(const std::string& name, graph::ElementType type,
                            const DimShape& shape) {
  auto tensor = std::make_unique<fb::TensorT>();
  tensor->name = name;
  tensor->type = data_type(type);
  bool dynamic = false;
  for (const graph::Dim& dim : shape) {
    tensor->shape.push_back(static_cast<int>(dim.fixed() ? dim.value : -1));
    tensor->dims.push_back(dim.fixed() || dim.symbol.starts_with('?') ? "" : dim.symbol);
    dynamic = dynamic || !dim.fixed();
  }
  if (!dynamic) {
    tensor->dims.clear();
  }
  model_.tensors.push_back(std::move(tensor));
  shapes_.push_back(shape);
  reshaped_from_.push_back(-1);
  return static_cast<int>(model_.tensors.size()) - 1;
}

int Context::reshape(const Node& node, int tensor, const DimShape& shape, const std::string& name) {
  // A reshape of a reshape is one from the first source.
  int source = tensor;
  while (reshaped_from_[static_cast<std::size_t>(source)] >= 0)
    source = reshaped_from_[static_cast<std::size_t>(source)];
  for (int candidate : {source, tensor}) {
    if (tensor_shape(candidate) == shape) {
      return candidate;
    }
    const auto spec = reshape_spec(tensor_shape(candidate), shape);
    if (!spec) {
      continue;
    }
    fb::ReshapeT options;
    options.shape = *spec;
    const auto type = graph::Value{}.type;
    const int result = add_activation(name, type, shape);
    model_.tensors.back()->type = model_.tensors[static_cast<std::size_t>(candidate)]->type;
    reshaped_from_[static_cast<std::size_t>(result)] = candidate;
    add_operator(node, std::move(options), {candidate}, {result});
    return result;
  }
  graph::fail_at(node, "it moves two dynamic extents at once, from " +
                           to_string(tensor_shape(tensor)) + " to " + to_string(shape) +
                           "; fix one of them by --shape");
}

int Context::transpose(const Node& node, int tensor, const Order& perm, const std::string& name) {
  const DimShape shape = permuted(tensor_shape(tensor), perm);
  if (keeps_values(tensor_shape(tensor), perm) && reshape_spec(tensor_shape(tensor), shape)) {
    return reshape(node, tensor, shape, name);
  }
  fb::TransposeT options;
  options.perm = perm;
  const int result = add_activation(name, graph::ElementType::kFloat32, shape);
  model_.tensors.back()->type = model_.tensors[static_cast<std::size_t>(tensor)]->type;
  add_operator(node, std::move(options), {tensor}, {result});
  return result;
}

}  // namespace edgy::converter::lower

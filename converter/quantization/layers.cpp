#include "converter/quantization/layers.h"

#include <cstring>
#include <map>

#include "converter/error.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

kernels::ConvShape conv_shape(const fb::ModelT& model, const fb::OperatorT& op) {
  const auto& w = model.tensors[static_cast<std::size_t>(op.inputs[1])]->shape;
  kernels::ConvShape shape;
  shape.out_channels = w.front();
  if (op.options.type == fb::OperatorOptions::Dense) {
    shape.in_channels = w.back();
    return shape;
  }
  const auto& conv = *op.options.AsConv2D();
  shape.kernel_h = w[1];
  shape.kernel_w = w[2];
  shape.groups = conv.groups;
  shape.in_channels = int64_t{w[3]} * conv.groups;
  shape.stride_h = conv.stride_h;
  shape.stride_w = conv.stride_w;
  shape.dilation_h = conv.dilation_h;
  shape.dilation_w = conv.dilation_w;
  return shape;
}

}  // namespace

std::vector<Layer> quantizable_layers(const fb::ModelT& model) {
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < model.operators.size(); ++i) {
    const fb::OperatorT& op = *model.operators[i];
    if (op.options.type != fb::OperatorOptions::Conv2D &&
        op.options.type != fb::OperatorOptions::Dense)
      continue;
    const fb::TensorT& weights = *model.tensors[static_cast<std::size_t>(op.inputs[1])];
    if (weights.buffer < 0 || weights.type != fb::DataType::F32 ||
        !kernels::supports(conv_shape(model, op)))
      continue;
    layers.push_back({static_cast<int>(i), op.name, op.inputs[0], op.inputs[1],
                      op.inputs.size() > 2 ? op.inputs[2] : -1, op.outputs[0],
                      kernels::supports_sparse(conv_shape(model, op))});
  }
  return layers;
}

std::vector<float> float_values(const fb::ModelT& model, int tensor) {
  const fb::TensorT& t = *model.tensors[static_cast<std::size_t>(tensor)];
  if (t.type != fb::DataType::F32 || t.buffer < 0)
    throw Error("tensor '" + t.name + "' is not a float32 constant");
  const auto& bytes = model.buffers[static_cast<std::size_t>(t.buffer)]->data;
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

void compact(fb::ModelT& model) {
  std::vector<bool> used(model.tensors.size());
  const auto use = [&](const std::vector<int32_t>& list) {
    for (const int32_t tensor : list) {
      if (tensor >= 0)
        used[static_cast<std::size_t>(tensor)] = true;
    }
  };
  use(model.inputs);
  use(model.outputs);
  for (const auto& op : model.operators) {
    use(op->inputs);
    use(op->outputs);
  }
  std::vector<int32_t> renumbered(model.tensors.size(), -1);
  std::vector<std::unique_ptr<fb::TensorT>> tensors;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i])
      continue;
    renumbered[i] = static_cast<int32_t>(tensors.size());
    tensors.push_back(std::move(model.tensors[i]));
  }
  model.tensors = std::move(tensors);
  const auto renumber = [&](std::vector<int32_t>& list) {
    for (int32_t& tensor : list)
      tensor = tensor < 0 ? -1 : renumbered[static_cast<std::size_t>(tensor)];
  };
  renumber(model.inputs);
  renumber(model.outputs);
  for (const auto& op : model.operators) {
    renumber(op->inputs);
    renumber(op->outputs);
  }

  std::map<std::vector<uint8_t>, int32_t> known;
  std::vector<std::unique_ptr<fb::BufferT>> buffers;
  const auto keep = [&](int32_t buffer) {
    std::vector<uint8_t>& data = model.buffers[static_cast<std::size_t>(buffer)]->data;
    const auto [entry, added] = known.emplace(data, static_cast<int32_t>(buffers.size()));
    if (added) {
      buffers.push_back(std::make_unique<fb::BufferT>());
      buffers.back()->data = data;
    }
    return entry->second;
  };
  for (const auto& tensor : model.tensors) {
    if (tensor->buffer < 0)
      continue;
    tensor->buffer = keep(tensor->buffer);
    if (tensor->sparsity)
      tensor->sparsity->index =
          static_cast<uint32_t>(keep(static_cast<int32_t>(tensor->sparsity->index)));
  }
  model.buffers = std::move(buffers);
}

}  // namespace edgy::converter

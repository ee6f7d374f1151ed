#include "converter/finetune/network/stored_weights.h"

#include <torch/utils.h>

#include <cstring>

#include "converter/error.h"
#include "converter/finetune/network/fake_quantize.h"
#include "converter/quantization/integer_sums.h"
#include "wasm/format/operands.h"
#include "wasm/format/sparse_encoding.h"

namespace edgy::converter::finetune {
namespace fb = format::fb;
namespace {

using torch::Tensor;

const fb::TensorT& tensor_of(const fb::ModelT& model, int index) {
  return *model.tensors[static_cast<std::size_t>(index)];
}

const std::vector<uint8_t>& bytes_of(const fb::ModelT& model, int buffer) {
  return model.buffers[static_cast<std::size_t>(buffer)]->data;
}

std::vector<int64_t> shape_of(const fb::TensorT& tensor) {
  return {tensor.shape.begin(), tensor.shape.end()};
}

Tensor copy_of(const void* data, const std::vector<int64_t>& shape, torch::ScalarType type) {
  return torch::from_blob(const_cast<void*>(data), shape, type).clone();
}

/// int8 weights, row major, whatever their encoding.
std::vector<uint8_t> dense_weights(const fb::ModelT& model, const fb::TensorT& tensor) {
  const std::vector<uint8_t>& stored = bytes_of(model, tensor.buffer);
  if (tensor.encoding == fb::Encoding::Dense)
    return stored;
  const auto grid = format::block_grid(shape_of(tensor), tensor.sparsity->block_rows,
                                       tensor.sparsity->block_cols);
  std::vector<uint8_t> dense(static_cast<std::size_t>(grid->elements()));
  format::decode_sparse(*grid,
                        tensor.encoding == fb::Encoding::SparseBitmap ? format::SparseIndex::kBitmap
                                                                      : format::SparseIndex::kDelta,
                        bytes_of(model, static_cast<int>(tensor.sparsity->index)), stored,
                        {reinterpret_cast<int8_t*>(dense.data()), dense.size()});
  return dense;
}

Tensor by_row(const Tensor& rows, const Tensor& like) {
  std::vector<int64_t> shape(static_cast<std::size_t>(like.dim()), 1);
  shape[0] = rows.numel();
  return rows.view(shape);
}

/// Real value of one unit of the accumulators, by output channel.
Tensor unit_of(const fb::ModelT& model, const fb::OperatorT& op, const Tensor& weight_scale) {
  return weight_scale.to(torch::kDouble) *
         double{tensor_of(model, format::operand(op.inputs, 0).entry()).quantization->scale.at(0)};
}

template <typename T>
void store(fb::ModelT& model, int tensor, const T* values, std::size_t count) {
  auto& target = *model.tensors[static_cast<std::size_t>(tensor)];
  const auto* from = reinterpret_cast<const uint8_t*>(values);
  auto buffer = std::make_unique<fb::BufferT>();
  buffer->data.assign(from, from + count * sizeof(T));
  model.buffers.push_back(std::move(buffer));  // constants of equal content may share a buffer
  target.buffer = static_cast<int>(model.buffers.size()) - 1;
  target.encoding = fb::Encoding::Dense;
  target.sparsity.reset();
}

void store(fb::ModelT& model, int tensor, const Tensor& values) {
  const Tensor packed = values.contiguous();
  store(model, tensor, packed.data_ptr<float>(), static_cast<std::size_t>(packed.numel()));
}

/// Integers as the forward pass rounds them, at scales that leave room for the bias.
QuantizedWeights stored_weights(const fb::ModelT& model, const fb::OperatorT& op,
                                const Layer& layer) {
  const IntegerWeights rounded = quantize_weights(layer.masked(), layer.bits, layer.scale);
  const Tensor values = rounded.values.to(torch::kChar).contiguous();
  const Tensor scale = rounded.scale.to(torch::kFloat).contiguous();
  QuantizedWeights weights;
  weights.values.assign(values.data_ptr<int8_t>(), values.data_ptr<int8_t>() + values.numel());
  weights.scale.assign(scale.data_ptr<float>(), scale.data_ptr<float>() + scale.numel());
  weights.bits = layer.bits;
  const fb::TensorT& output = tensor_of(model, op.outputs[0]);
  LayerScales scales{tensor_of(model, op.inputs[0]).quantization->scale.at(0), std::nullopt};
  if (output.type == fb::DataType::I8)
    scales.output = output.quantization->scale.at(0);
  std::vector<float> bias;
  if (op.inputs.size() > 2 && op.inputs[2] >= 0) {
    const Tensor real = layer.bias.to(torch::kFloat).contiguous();
    bias.assign(real.data_ptr<float>(), real.data_ptr<float>() + real.numel());
  }
  fit_sums(weights, bias, scales);
  return weights;
}

}  // namespace

Tensor read_constant(const fb::ModelT& model, int index) {
  const fb::TensorT& tensor = tensor_of(model, index);
  if (tensor.buffer < 0)
    throw Error("tensor '" + tensor.name + "' is read before it is computed");
  const void* data = bytes_of(model, tensor.buffer).data();
  switch (tensor.type) {
    case fb::DataType::F32:
      return copy_of(data, shape_of(tensor), torch::kFloat);
    case fb::DataType::I32:
      return copy_of(data, shape_of(tensor), torch::kInt);
    case fb::DataType::I64:
      return copy_of(data, shape_of(tensor), torch::kLong);
    default:
      throw Error("constant '" + tensor.name + "' has the type " +
                  fb::EnumNameDataType(tensor.type) + "; f32, i32 and i64 can be trained with");
  }
}

Tensor block_mask(const Tensor& weights, int64_t block) {
  const int64_t channels = weights.size(-1);
  const int64_t padded = (channels + block - 1) / block * block;
  const Tensor grid =
      at::constant_pad_nd(weights, {0, padded - channels}).unflatten(-1, {padded / block, block});
  const Tensor kept = grid.ne(0).any(-1, true).expand_as(grid).flatten(-2);
  return kept.narrow(-1, 0, channels).to(torch::kFloat).contiguous();
}

Layer read_layer(const fb::ModelT& model, const fb::OperatorT& op) {
  Layer layer;
  layer.name = tensor_of(model, format::operand(op.outputs, 0).entry()).name;
  layer.operator_name = op.name;
  const int weight = format::operand(op.inputs, 1).entry();
  const fb::TensorT& weights = tensor_of(model, weight);
  const format::OperandIndex bias = format::operand(op.inputs, 2);
  if (weights.type == fb::DataType::F32) {
    layer.weight = read_constant(model, weight);
    if (bias)
      layer.bias = read_constant(model, bias.entry());
    return layer;
  }
  if (weights.type != fb::DataType::I8)
    throw Error("operator '" + op.name + "' has weights of the type " +
                fb::EnumNameDataType(weights.type) + "; f32 and i8 can be trained");
  layer.bits = weights.quantization->bits;
  const std::vector<uint8_t> integers = dense_weights(model, weights);
  const Tensor values = copy_of(integers.data(), shape_of(weights), torch::kChar).to(torch::kFloat);
  const auto& scales = weights.quantization->scale;
  const Tensor scale = copy_of(scales.data(), {static_cast<int64_t>(scales.size())}, torch::kFloat)
                           .expand({values.size(0)})
                           .contiguous();
  layer.weight = values * by_row(scale, values);
  layer.scale = scale;
  if (bias)
    layer.bias = (read_constant(model, bias.entry()) * unit_of(model, op, scale)).to(torch::kFloat);
  const int block = weights.sparsity ? weights.sparsity->block_cols : 4;
  Tensor mask = block_mask(values, block);
  if (mask.mean().item<float>() < 0.95F)
    layer.mask = mask;
  return layer;
}

void write_layers(const Network& network, fb::ModelT& model) {
  torch::NoGradGuard no_grad;
  std::size_t next = 0;
  for (const auto& op : model.operators) {
    if (op->options.type != fb::OperatorOptions::Conv2D &&
        op->options.type != fb::OperatorOptions::Dense)
      continue;
    const Layer& layer = network.layers()[next++];
    const int weight = format::operand(op->inputs, 1).entry();
    const format::OperandIndex bias = format::operand(op->inputs, 2);
    if (layer.bits == 0) {
      store(model, weight, layer.masked());
      if (bias)
        store(model, bias.entry(), layer.bias);
      continue;
    }
    const QuantizedWeights weights = stored_weights(model, *op, layer);
    store(model, weight, weights.values.data(), weights.values.size());
    auto& quantization = *model.tensors[static_cast<std::size_t>(weight)]->quantization;
    quantization.scale = weights.scale;
    quantization.zero_point.assign(1, 0);
    quantization.bits = static_cast<uint8_t>(layer.bits);
    if (layer.bits < 8) {
      quantization.qmax = (1 << (layer.bits - 1)) - 1;
      quantization.qmin = -quantization.qmax;
    }
    if (!bias)
      continue;
    const Tensor real = layer.bias.to(torch::kDouble).contiguous();
    const auto values =
        integer_bias(weights, {real.data_ptr<double>(), static_cast<std::size_t>(real.numel())},
                     tensor_of(model, op->inputs[0]).quantization->scale.at(0));
    if (!values)
      throw Error("layer '" + op->name + "': its sums do not fit 32 bits");
    store(model, bias.entry(), values->data(), values->size());
  }
}

}  // namespace edgy::converter::finetune

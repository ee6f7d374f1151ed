#include "tests/unit/converter/compress/layer_model.h"

#include <cstring>

namespace edgy::converter {
namespace fb = format::fb;

int ModelMaker::activation(const std::string& name, std::vector<int> shape) {
  auto tensor = std::make_unique<fb::TensorT>();
  tensor->name = name;
  for (const int extent : shape)
    tensor->dims.emplace_back(extent < 0 ? "T" : "");
  tensor->shape = std::move(shape);
  model.tensors.push_back(std::move(tensor));
  return static_cast<int>(model.tensors.size()) - 1;
}

int ModelMaker::constant(const std::string& name, std::vector<int> shape,
                         const std::vector<float>& values) {
  auto buffer = std::make_unique<fb::BufferT>();
  buffer->data.resize(values.size() * sizeof(float));
  std::memcpy(buffer->data.data(), values.data(), buffer->data.size());
  model.buffers.push_back(std::move(buffer));
  const int index = activation(name, std::move(shape));
  model.tensors.back()->buffer = static_cast<int>(model.buffers.size()) - 1;
  return index;
}

int ModelMaker::dense(const std::string& name, int x, const DenseWeights& weights) {
  const auto outputs = static_cast<int>(weights.bias.size());
  const int inputs = static_cast<int>(weights.weights.size()) / outputs;
  const int w = constant(name + ".w", {outputs, inputs}, weights.weights);
  const int b = constant(name + ".b", {outputs}, weights.bias);
  const int y = activation(name + ".y", {1, -1, outputs});
  add(name, fb::DenseT{}, {x, w, b}, y);
  return y;
}

fb::ModelT dense_model(const std::vector<DenseWeights>& layers) {
  ModelMaker maker;
  const DenseWeights& first = layers.front();
  const auto inputs = static_cast<int>(first.weights.size() / first.bias.size());
  int x = maker.activation("x", {1, -1, inputs});
  maker.model.inputs = {x};
  for (std::size_t i = 0; i < layers.size(); ++i)
    x = maker.dense("layer " + std::to_string(i), x, layers[i]);
  maker.model.outputs = {x};
  return std::move(maker.model);
}

std::vector<float> Uniform::list(std::size_t count, float scale) {
  std::vector<float> values(count);
  for (float& value : values)
    value = (*this)() * scale;
  return values;
}

FrameSource::FrameSource(std::vector<std::vector<float>> samples, int64_t inputs) {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Tensor x;
    x.name = "x";
    x.shape = {1, static_cast<int64_t>(samples[i].size()) / inputs, inputs};
    x.data.resize(samples[i].size() * sizeof(float));
    std::memcpy(x.data.data(), samples[i].data(), x.data.size());
    samples_.push_back({std::to_string(i) + ".in.x.npy", {std::move(x)}});
  }
}

}  // namespace edgy::converter

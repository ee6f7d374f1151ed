#include "tests/finetune/tiny_model.h"

#include <cmath>
#include <cstring>
#include <random>

namespace edgy::converter::finetune {
namespace fb = format::fb;
namespace {

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  int activation(const std::string& name, std::vector<int> shape,
                 fb::DataType type = fb::DataType::F32) {
    auto tensor = std::make_unique<fb::TensorT>();
    tensor->name = name;
    tensor->type = type;
    for (const int extent : shape)
      tensor->dims.push_back(extent < 0 ? (name == "x" || name == "xt" ? "T" : "T/" + name) : "");
    tensor->shape = std::move(shape);
    model.tensors.push_back(std::move(tensor));
    return static_cast<int>(model.tensors.size()) - 1;
  }

  int constant(const std::string& name, std::vector<int> shape, float scale) {
    std::size_t count = 1;
    for (const int extent : shape)
      count *= static_cast<std::size_t>(extent);
    std::normal_distribution<float> normal(0, scale);
    std::vector<float> values(count);
    for (float& value : values)
      value = normal(random_);
    auto buffer = std::make_unique<fb::BufferT>();
    buffer->data.resize(count * sizeof(float));
    std::memcpy(buffer->data.data(), values.data(), buffer->data.size());
    model.buffers.push_back(std::move(buffer));
    const int index = activation(name, std::move(shape));
    model.tensors.back()->buffer = static_cast<int>(model.buffers.size()) - 1;
    return index;
  }

  template <typename Options>
  void add(const std::string& name, Options options, std::vector<int> inputs, int output) {
    auto op = std::make_unique<fb::OperatorT>();
    op->name = name;
    op->options.Set(std::move(options));
    op->inputs = std::move(inputs);
    op->outputs = {output};
    model.operators.push_back(std::move(op));
  }

  int conv(const std::string& name, int x, int in, int out, int kernel, int stride, bool relu) {
    fb::Conv2DT conv;
    conv.stride_w = stride;
    if (relu)
      conv.activation_min = 0;
    const float scale = 1 / std::sqrt(static_cast<float>(kernel * in));
    const int w = constant(name + ".w", {out, 1, kernel, in}, scale);
    const int b = constant(name + ".b", {out}, 0.1F);
    const int y = activation(name, {1, -1, out});
    add(name, conv, {x, w, b}, y);
    return y;
  }

  fb::ModelT model;

 private:
  std::mt19937_64 random_;
};

}  // namespace

fb::ModelT tiny_model(uint64_t seed) {
  Maker maker(seed);
  maker.model.version = 1;
  const int x = maker.activation("x", {1, 8, -1});
  const int xt = maker.activation("xt", {1, -1, 8});
  fb::TransposeT transpose;
  transpose.perm = {0, 2, 1};
  maker.add("transpose", std::move(transpose), {x}, xt);
  const int a = maker.conv("a", xt, 8, 16, 3, 1, true);
  const int b = maker.conv("b", a, 16, 16, 4, 2, true);
  const int z = maker.conv("z", b, 16, 6, 1, 1, false);
  const int codebook = maker.constant("codes", {12, 6}, 0.5F);
  const int indices = maker.activation("indices", {1, -1}, fb::DataType::I64);
  maker.add("nearest", fb::NearestCodeT(), {z, codebook}, indices);
  maker.model.inputs = {x};
  maker.model.outputs = {z, indices};
  return std::move(maker.model);
}

std::vector<Sample> tiny_samples(std::size_t count, int64_t length, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i) {
    Tensor x{"x", DataType::F32, {1, 8, length}, {}};
    x.data.resize(x.elements() * sizeof(float));
    for (float& value : x.values<float>())
      value = normal(random);
    samples.push_back({"sample " + std::to_string(i), {std::move(x)}});
  }
  return samples;
}

}  // namespace edgy::converter::finetune

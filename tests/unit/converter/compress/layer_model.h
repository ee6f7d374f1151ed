// Small models of dense layers and their data, made number by number.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "converter/data/dataset.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Weights of a dense layer, row major [bias.size()][inputs].
struct DenseWeights {
  std::vector<float> weights;
  std::vector<float> bias;
};

/// Assembles a model; tensors are numbered as they are made.
class ModelMaker {
 public:
  ModelMaker() { model.version = 1; }

  int activation(const std::string& name, std::vector<int> shape);
  int constant(const std::string& name, std::vector<int> shape, const std::vector<float>& values);
  template <typename Options>
  void add(const std::string& name, Options options, std::vector<int> inputs, int output) {
    auto op = std::make_unique<format::fb::OperatorT>();
    op->name = name;
    op->options.Set(std::move(options));
    op->inputs = std::move(inputs);
    op->outputs = {output};
    model.operators.push_back(std::move(op));
  }
  /// y [1, ?, channels] of x.
  int dense(const std::string& name, int x, const DenseWeights& weights);

  format::fb::ModelT model;
};

/// x [1, ?, inputs] through one dense layer after the other, named "layer 0" and so on.
format::fb::ModelT dense_model(const std::vector<DenseWeights>& layers);

/// Uniform numbers from -1 to 1, the same with every standard library.
class Uniform {
 public:
  explicit Uniform(uint64_t seed) : random_(seed) {}
  float operator()() {
    return static_cast<float>(static_cast<double>(random_() >> 11) * 0x1p-52 - 1);
  }
  std::vector<float> list(std::size_t count, float scale = 1);

 private:
  std::mt19937_64 random_;
};

/// Samples in memory, named 0.in.x.npy and so on: frames of the single input x.
class FrameSource final : public CalibrationSource {
 public:
  FrameSource(std::vector<std::vector<float>> samples, int64_t inputs);
  std::size_t size() const override { return samples_.size(); }
  Sample sample(std::size_t index) override { return samples_[index]; }
  std::string description() const override { return "frames in memory"; }
  const std::vector<Sample>& all() const { return samples_; }

 private:
  std::vector<Sample> samples_;
};

}  // namespace edgy::converter

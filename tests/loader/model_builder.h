// Builds small models by hand, table by table.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::tests {

namespace fb = format::fb;

/// Each call adds to `model`; tensors are numbered in the order in which they were added.
struct ModelBuilder {
  fb::ModelT model;

  ModelBuilder() { model.version = 1; }

  /// `shape`: -1 is dynamic.
  int activation(const std::string& name, fb::DataType type, std::vector<int32_t> shape);
  /// Its bytes repeat a fixed pattern; floats are small and finite.
  int constant(const std::string& name, fb::DataType type, std::vector<int32_t> shape);
  void quantize(int tensor, std::vector<float> scale, int zero_point = 0, int axis = -1);
  fb::TensorT& tensor(int index) { return *model.tensors[static_cast<std::size_t>(index)]; }

  template <typename Options>
  void op(Options options, std::vector<int32_t> inputs, std::vector<int32_t> outputs) {
    model.operators.push_back(std::make_unique<fb::OperatorT>());
    fb::OperatorT& made = *model.operators.back();
    made.name = "op" + std::to_string(model.operators.size() - 1);
    made.options.Set(std::move(options));
    made.inputs = std::move(inputs);
    made.outputs = std::move(outputs);
  }
};

/// The file.
std::vector<uint8_t> bytes_of(const fb::ModelT& model);

/// The bytes of a builder that was finished with a model.
std::vector<uint8_t> bytes_of(const flatbuffers::FlatBufferBuilder& builder);

}  // namespace edgy::tests

// A verified, immutable model. Shared by any number of sessions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/format/edgy_generated.h"
#include "wasm/format/error.h"

namespace edgy::runtime {

using DataType = format::fb::DataType;
using Shape =
    std::vector<int64_t>;  ///< row-major extents; -1 is dynamic in declarations, never in a run

/// "float32", "int8", ... as onnxruntime-common spells them.
std::string_view to_string(DataType type);
std::size_t element_bytes(DataType type);
/// The shape as the file says it.
Shape declared_shape(const format::fb::Tensor& tensor);

/// An input or output as the model declares it.
struct TensorInfo {
  std::string name;
  DataType type;
  Shape shape;                         ///< -1 where dynamic
  std::vector<std::string> dim_names;  ///< same length as shape; "" where fixed
  format::fb::PrivacyLevel level = format::fb::PrivacyLevel::Low;  ///< outputs only
};

class Model {
 public:
  /// Verifies `bytes` (structure, version, features, every index, shape, quantization and buffer
  /// size) and keeps them.
  static Result<std::shared_ptr<const Model>> load(std::vector<uint8_t> bytes);

  const std::vector<TensorInfo>& inputs() const { return inputs_; }
  const std::vector<TensorInfo>& outputs() const { return outputs_; }
  const format::fb::Model& root() const { return *root_; }
  /// Row-major bytes of a constant tensor, as stored (encoding Dense), but float16 as float32,
  /// which its type then is too. Empty for activations.
  std::span<const uint8_t> constant(int32_t tensor) const;
  /// A constant int8 or int4 tensor, row major, whatever its encoding.
  std::vector<int8_t> constant_int8(int32_t tensor) const;
  /// The file, and what was expanded beside it.
  std::size_t bytes() const { return bytes_.size() + expanded_bytes_; }

 private:
  Model() = default;
  void expand_float16();
  std::vector<uint8_t> bytes_;
  std::map<int32_t, std::vector<float>> expanded_;  ///< by tensor
  std::size_t expanded_bytes_ = 0;
  const format::fb::Model* root_ = nullptr;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

}  // namespace edgy::runtime

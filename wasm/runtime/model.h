// A verified, immutable model. Shared by any number of sessions.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
  /// Of outputs that hand out events in place of their codes; null: none. `shape` is that of the
  /// events, with -1 and the name "events" for their number; the file's tensor is the codes.
  const format::fb::Events* events = nullptr;
};

/// What is kept about a model, by Model, Session::create and Session::prepare, beside weights and
/// activations (which have the memory limit), takes at most this many times the bytes of its
/// tables, lists and names (Model::table_bytes). An operand, which is four bytes in the file, takes
/// most.
inline constexpr std::size_t kBookkeeping = 64;

class Model {
 public:
  /// Verifies `bytes` (structure, version, features, every index, shape, quantization and buffer
  /// size) and keeps them, unchanged.
  static Result<std::shared_ptr<const Model>> load(std::vector<uint8_t> bytes);

  const std::vector<TensorInfo>& inputs() const { return inputs_; }
  const std::vector<TensorInfo>& outputs() const { return outputs_; }
  const format::fb::Model& root() const { return *root_; }
  /// Tensor `index` of the file.
  const format::fb::Tensor& tensor(uint32_t index) const { return *root_->tensors()->Get(index); }
  /// Row-major bytes of a constant tensor, as stored (encoding Dense). Empty for activations.
  std::span<const uint8_t> constant(uint32_t tensor) const;
  /// A constant int8 or int4 tensor, row major, whatever its encoding.
  std::vector<int8_t> constant_int8(uint32_t tensor) const;
  /// The file.
  std::size_t bytes() const { return bytes_.size(); }
  /// The file without the contents of its constants.
  std::size_t table_bytes() const { return table_bytes_; }

 private:
  explicit Model(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  const std::vector<uint8_t> bytes_;  ///< verified once, and the same ever after
  std::size_t table_bytes_ = 0;
  const format::fb::Model* root_ = nullptr;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

}  // namespace edgy::runtime

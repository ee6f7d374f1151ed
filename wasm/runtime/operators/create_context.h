// What an operator family sees of the model while it makes an operation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/isa.h"
#include "kernels/team.h"
#include "wasm/format/operands.h"
#include "wasm/runtime/constants.h"
#include "wasm/runtime/plan/operation.h"

namespace edgy::runtime {

/// A tensor as operators see it: as in the file, but constants of float16 are float32.
class TensorEntry {
 public:
  TensorEntry(const format::fb::Tensor& entry, DataType type) : entry_(entry), type_(type) {}
  DataType type() const { return type_; }
  const flatbuffers::Vector<int32_t>* shape() const { return entry_.shape(); }
  const format::fb::Quantization* quantization() const { return entry_.quantization(); }
  int32_t buffer() const { return entry_.buffer(); }
  format::fb::Encoding encoding() const { return entry_.encoding(); }
  const format::fb::Tensor& in_file() const { return entry_; }

 private:
  const format::fb::Tensor& entry_;
  DataType type_;
};
inline Shape declared_shape(const TensorEntry& tensor) {
  return declared_shape(tensor.in_file());
}

struct CreateContext {
  const Model& model;
  const Constants& constants;
  uint32_t index;                   ///< of the operator
  std::optional<kernels::Isa> isa;  ///< as SessionOptions::isa
  kernels::Threads threads;         ///< that operations may use; they outlive them
  int64_t& memory;    ///< what is left of the memory limit; packed weights are taken off
  int64_t& decoding;  ///< how many more weights may be decoded, see `decode`

  const format::fb::Operator& op() const { return *model.root().operators()->Get(index); }
  bool has_input(uint32_t i) const { return bool(format::operand(*op().inputs(), i)); }
  bool has_output(uint32_t i) const { return bool(format::operand(*op().outputs(), i)); }
  /// Place of an input's tensor in the model; the input must be there.
  uint32_t input_index(uint32_t i) const { return format::operand(*op().inputs(), i).index(); }
  /// The tensor's entry; the input must be there.
  TensorEntry input(uint32_t i) const { return entry(input_index(i)); }
  TensorEntry output(uint32_t i) const {
    return entry(format::operand(*op().outputs(), i).index());
  }
  bool is_constant(uint32_t i) const { return has_input(i) && input(i).buffer() >= 0; }
  /// Elements of a constant in the file; empty if it is absent.
  std::span<const float> floats(uint32_t i) const;
  std::span<const int32_t> int32s(uint32_t i) const;

  /// Fails with kOutOfMemory unless this many bytes are left of the memory limit, and the machine
  /// has them.
  Result<void> has_room(int64_t bytes) const;
  /// The same, and takes them off the limit.
  Result<void> reserve(int64_t bytes) const;
  /// Asks before `weights` stored weights are decoded into as many bytes, which are dropped again,
  /// and `beside` bytes more. All operators together may decode as many weights as the memory limit
  /// has bytes and as the file may stand for (format::most_decoded_weights): a few stored ones may
  /// claim billions of zeros, which take time.
  Result<void> decode(int64_t weights, int64_t beside) const;
  /// Fails with kUnsupportedModel unless all inputs that are there and all outputs have this type.
  Result<void> expect_types(DataType type) const;
  tl::unexpected<Error> unsupported(std::string_view why) const;
  tl::unexpected<Error> invalid(std::string_view why) const;

  TensorEntry entry(uint32_t tensor) const {
    return {model.tensor(tensor), constants.type(tensor)};
  }
};

/// Quantization of an activation.
struct TensorQuantization {
  float scale = 1;
  int32_t zero_point = 0;
  int32_t qmin = -128;
  int32_t qmax = 127;
};
/// Nothing unless the tensor has exactly one scale.
std::optional<TensorQuantization> activation_quantization(const format::fb::Tensor& tensor);
inline std::optional<TensorQuantization> activation_quantization(const TensorEntry& tensor) {
  return activation_quantization(tensor.in_file());
}

using NewOperation = Result<std::unique_ptr<Operation>>;

}  // namespace edgy::runtime

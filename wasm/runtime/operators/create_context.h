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
#include "wasm/runtime/plan/operation.h"

namespace edgy::runtime {

struct CreateContext {
  const Model& model;
  uint32_t index;                   ///< of the operator
  std::optional<kernels::Isa> isa;  ///< as SessionOptions::isa
  kernels::Threads threads;         ///< that operations may use; they outlive them
  int64_t& memory;  ///< what is left of the memory limit; packed weights are taken off

  const format::fb::Operator& op() const { return *model.root().operators()->Get(index); }
  bool has_input(uint32_t i) const;
  int32_t input_index(uint32_t i) const { return op().inputs()->Get(i); }
  /// The tensor's entry; the input must be there.
  const format::fb::Tensor& input(uint32_t i) const;
  const format::fb::Tensor& output(uint32_t i) const;
  bool is_constant(uint32_t i) const { return has_input(i) && input(i).buffer() >= 0; }
  /// Elements of a constant in the file; empty if it is absent.
  std::span<const float> floats(uint32_t i) const;
  std::span<const int32_t> int32s(uint32_t i) const;

  /// Takes `bytes` off the memory limit, or fails with kOutOfMemory.
  Result<void> reserve(int64_t bytes) const;
  /// Fails with kUnsupportedModel unless all inputs that are there and all outputs have this type.
  Result<void> expect_types(DataType type) const;
  tl::unexpected<Error> unsupported(std::string_view why) const;
  tl::unexpected<Error> invalid(std::string_view why) const;
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

using NewOperation = Result<std::unique_ptr<Operation>>;

}  // namespace edgy::runtime

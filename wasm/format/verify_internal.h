// Shared by the parts of the verifier.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "wasm/format/edgy_generated.h"
#include "wasm/format/error.h"

namespace edgy::format {

/// Vectors of a hostile file may overlap, so that many tensors share one huge list. This many
/// entries are looked at, in all.
inline constexpr int64_t kVerifierBudget = int64_t{1} << 27;

inline constexpr uint32_t kMaxTensors = 1 << 16;
inline constexpr uint32_t kMaxOperators = 1 << 16;

/// "tensor 3 'encoder/conv1'": names of a hostile file are shortened and made printable.
std::string tensor_label(const fb::Model& model, uint32_t index);
/// "operator 2 'encoder/conv1' (Conv2D)"
std::string operator_label(const fb::Model& model, uint32_t index);

Result<void> verify_tensor(const fb::Model& model, uint32_t index, int64_t& budget);

/// Arity, constants, types and attributes of one operator. Indices were checked.
Result<void> verify_operator(const fb::Model& model, uint32_t index);

inline tl::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::kInvalidModel, std::move(message));
}

/// Elements of a vector of the file; none if it is absent.
template <typename Vector>
uint32_t size_of(const Vector* vector) {
  return vector == nullptr ? 0 : vector->size();
}

}  // namespace edgy::format

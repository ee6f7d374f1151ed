// Shared by the parts of the verifier.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wasm/format/edgy_generated.h"
#include "wasm/format/error.h"

namespace edgy::format {

inline constexpr uint32_t kMaxTensors = 1 << 16;
inline constexpr uint32_t kMaxOperators = 1 << 16;

/// "tensor 3 'encoder/conv1'": names of a hostile file are shortened and made printable.
std::string tensor_label(const fb::Model& model, uint32_t index);
/// "operator 2 'encoder/conv1' (Conv2D)"
std::string operator_label(const fb::Model& model, uint32_t index);

/// FlatBuffers' own checks, and one more: tables, lists and names of a FlatBuffer may overlap, so
/// that a small file names far more than it holds. Each is counted as often as it is named; all
/// together must not exceed the file. What walks over a model or copies it costs no more than a
/// multiple of the file then.
Result<const fb::Model*> verify_structure(std::span<const uint8_t> bytes);

/// `index_bytes`: what is left of the file's bytes for sparse indices; tensors may share one.
Result<void> verify_tensor(const fb::Model& model, uint32_t index, int64_t& index_bytes);

/// Arity, constants, types and attributes of one operator. Indices were checked. `symmetric`: of
/// each tensor, whether its zero points are 0.
Result<void> verify_operator(const fb::Model& model, uint32_t index,
                             const std::vector<bool>& symmetric);

/// Types and quantizations of an operator that the catalog lets compute on int8 tensors; its type
/// is known, its arity and options were checked.
Result<void> verify_integers(const fb::Model& model, uint32_t index);

/// Each policy is that of an output, and no output has two; the events that they ask for are
/// possible. Names of outputs were checked.
Result<void> verify_policies(const fb::Model& model);

/// Of a name in a file, what a message can show: at most 80 characters, none that a terminal obeys.
std::string printable(std::string_view text);
std::string printable(const flatbuffers::String* text);

inline tl::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::kInvalidModel, std::move(message));
}

/// Elements of a vector of the file; none if it is absent.
template <typename Vector>
uint32_t size_of(const Vector* vector) {
  return vector == nullptr ? 0 : vector->size();
}

}  // namespace edgy::format

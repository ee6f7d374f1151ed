// The constants of a model as a session computes with them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "wasm/runtime/model.h"

namespace edgy::runtime {

/// Constants as they lie in the file, but float16 as float32, which is kept beside the file and
/// counted against the session's memory limit. The file itself is never written to: its tables and
/// buffers may be shared.
class Constants {
 public:
  explicit Constants(const Model& model) : model_(model) {}

  /// The type that `of` gives: float32 for float16.
  DataType type(uint32_t tensor) const;
  /// Makes a float16 constant ready; nothing to do for any other tensor. Takes its bytes off
  /// `memory`, or fails with kOutOfMemory. Constants that share a buffer of the file share the
  /// result.
  Result<void> prepare(uint32_t tensor, int64_t& memory);
  /// Gives the bytes back, unless the tensor was kept.
  void release(uint32_t tensor, int64_t& memory);
  void keep(uint32_t tensor);
  /// Row-major bytes. Empty for activations, sparse constants, and float16 that was not prepared.
  std::span<const uint8_t> of(uint32_t tensor) const;
  int64_t bytes() const { return bytes_; }

 private:
  struct Values {
    std::vector<float> floats;
    bool kept = false;
  };
  bool is_float16(uint32_t tensor) const;
  const Model& model_;
  std::map<int32_t, Values> values_;  ///< by buffer
  int64_t bytes_ = 0;
};

}  // namespace edgy::runtime

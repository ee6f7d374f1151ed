// Constants of a source model.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace edgy::converter::graph {

/// Element types of ONNX that the converter reads.
enum class ElementType { kFloat32, kFloat64, kInt8, kUint8, kInt32, kInt64, kBool };

/// "float32", "int64", ...
const char* to_string(ElementType type);
std::size_t element_bytes(ElementType type);
inline bool is_float(ElementType type) {
  return type == ElementType::kFloat32 || type == ElementType::kFloat64;
}

/// Most elements of one tensor that the converter will make or read.
inline constexpr int64_t kMaxElements = int64_t{1} << 28;
inline constexpr int kMaxRank = 8;

/// Row-major values; `data.size()` is always the product of `shape` times the element's size.
struct Tensor {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> data;
  /// 4 for INT4 and UINT4, which are unpacked: one value a byte, int8 or uint8. Lost when the
  /// tensor is changed.
  int narrow_bits = 0;

  int64_t elements() const;
  int rank() const { return static_cast<int>(shape.size()); }

  template <typename T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
  template <typename T>
  std::span<T> values() {
    return {reinterpret_cast<T*>(data.data()), data.size() / sizeof(T)};
  }
};

using TensorPtr = std::shared_ptr<const Tensor>;

/// Product of the extents. Throws Error when an extent is negative, the rank exceeds kMaxRank or
/// the product kMaxElements.
int64_t checked_elements(const std::vector<int64_t>& shape);

/// Zeros of that type and shape (checked as above).
Tensor make_tensor(ElementType type, std::vector<int64_t> shape);
Tensor make_floats(std::vector<int64_t> shape, std::span<const float> values);
Tensor make_ints(std::span<const int64_t> values);

/// Any numeric tensor's values, rounded to what T holds; out-of-range values saturate, NaN becomes
/// 0 in integers.
std::vector<double> as_doubles(const Tensor& tensor);
std::vector<float> as_floats(const Tensor& tensor);
/// Values of an integer or bool tensor. Throws Error for floats.
std::vector<int64_t> as_ints(const Tensor& tensor);

/// The same values in another type. ONNX Cast: floats truncate towards zero, anything but 0 is
/// true.
Tensor cast(const Tensor& tensor, ElementType type);
/// Axis i of the result is axis perm[i] of `tensor`.
Tensor transpose(const Tensor& tensor, const std::vector<int>& perm);
/// The same bytes with another shape of as many elements.
Tensor reshaped(Tensor tensor, std::vector<int64_t> shape);

}  // namespace edgy::converter::graph

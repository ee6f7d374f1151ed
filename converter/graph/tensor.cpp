#include "converter/graph/tensor.h"

#include <cmath>
#include <limits>

#include "converter/error.h"

namespace edgy::converter::graph {
namespace {

/// Calls `visit` with a span of the tensor's own element type.
template <typename Visit>
void with_values(const Tensor& tensor, Visit visit) {
  switch (tensor.type) {
    case ElementType::kFloat32:
      return visit(tensor.values<float>());
    case ElementType::kFloat64:
      return visit(tensor.values<double>());
    case ElementType::kInt8:
      return visit(tensor.values<int8_t>());
    case ElementType::kUint8:
    case ElementType::kBool:
      return visit(tensor.values<uint8_t>());
    case ElementType::kInt32:
      return visit(tensor.values<int32_t>());
    case ElementType::kInt64:
      return visit(tensor.values<int64_t>());
  }
}

template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    if (std::isnan(value)) {
      return 0;
    }
    if (value <= static_cast<double>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
    if (value >= static_cast<double>(std::numeric_limits<To>::max())) {
      return std::numeric_limits<To>::max();
    }
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

template <typename To>
std::vector<To> converted(const Tensor& tensor) {
  std::vector<To> result;
  result.reserve(static_cast<std::size_t>(tensor.elements()));
  with_values(tensor, [&](auto values) {
    for (auto value : values)
      result.push_back(convert<To>(value));
  });
  return result;
}

template <typename To>
void fill(Tensor& result, const Tensor& tensor) {
  const std::vector<To> values = converted<To>(tensor);
  if (!values.empty()) {
    std::memcpy(result.data.data(), values.data(), result.data.size());
  }
}

}  // namespace

const char* to_string(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return "float32";
    case ElementType::kFloat64:
      return "float64";
    case ElementType::kInt8:
      return "int8";
    case ElementType::kUint8:
      return "uint8";
    case ElementType::kInt32:
      return "int32";
    case ElementType::kInt64:
      return "int64";
    case ElementType::kBool:
      return "bool";
  }
  return "?";
}

std::size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::kFloat64:
    case ElementType::kInt64:
      return 8;
    case ElementType::kFloat32:
    case ElementType::kInt32:
      return 4;
    default:
      return 1;
  }
}

int64_t Tensor::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

int64_t checked_elements(const std::vector<int64_t>& shape) {
  if (shape.size() > static_cast<std::size_t>(kMaxRank)) {
    throw Error("a tensor has " + std::to_string(shape.size()) + " dimensions; at most " +
                std::to_string(kMaxRank) + " are accepted");
  }
  int64_t count = 1;
  for (int64_t extent : shape) {
    if (extent < 0) {
      throw Error("a tensor has the negative extent " + std::to_string(extent));
    }
    if (extent > kMaxElements) {
      throw Error("a tensor has the extent " + std::to_string(extent) + "; tensors of at most " +
                  std::to_string(kMaxElements) + " elements are accepted");
    }
    count *= extent;
    if (count > kMaxElements) {
      throw Error("a tensor has more than " + std::to_string(kMaxElements) + " elements");
    }
  }
  return count;
}

Tensor make_tensor(ElementType type, std::vector<int64_t> shape) {
  Tensor tensor;
  tensor.type = type;
  tensor.data.resize(static_cast<std::size_t>(checked_elements(shape)) * element_bytes(type));
  tensor.shape = std::move(shape);
  return tensor;
}

Tensor make_floats(std::vector<int64_t> shape, std::span<const float> values) {
  Tensor tensor = make_tensor(ElementType::kFloat32, std::move(shape));
  if (tensor.data.size() != values.size_bytes()) {
    throw Error("internal: " + std::to_string(values.size()) +
                " values for a tensor of another size");
  }
  if (!values.empty()) {
    std::memcpy(tensor.data.data(), values.data(), values.size_bytes());
  }
  return tensor;
}

Tensor make_ints(std::span<const int64_t> values) {
  Tensor tensor = make_tensor(ElementType::kInt64, {static_cast<int64_t>(values.size())});
  if (!values.empty()) {
    std::memcpy(tensor.data.data(), values.data(), values.size_bytes());
  }
  return tensor;
}

std::vector<double> as_doubles(const Tensor& tensor) {
  return converted<double>(tensor);
}
std::vector<float> as_floats(const Tensor& tensor) {
  return converted<float>(tensor);
}

std::vector<int64_t> as_ints(const Tensor& tensor) {
  if (is_float(tensor.type)) {
    throw Error(std::string("integers are wanted where there is ") + to_string(tensor.type));
  }
  return converted<int64_t>(tensor);
}

Tensor cast(const Tensor& tensor, ElementType type) {
  Tensor result = make_tensor(type, tensor.shape);
  switch (type) {
    case ElementType::kFloat32:
      fill<float>(result, tensor);
      break;
    case ElementType::kFloat64:
      fill<double>(result, tensor);
      break;
    case ElementType::kInt8:
      fill<int8_t>(result, tensor);
      break;
    case ElementType::kUint8:
      fill<uint8_t>(result, tensor);
      break;
    case ElementType::kInt32:
      fill<int32_t>(result, tensor);
      break;
    case ElementType::kInt64:
      fill<int64_t>(result, tensor);
      break;
    case ElementType::kBool:
      with_values(tensor, [&](auto values) {
        for (std::size_t i = 0; i < values.size(); ++i)
          result.data[i] = values[i] != 0 ? 1 : 0;
      });
      break;
  }
  return result;
}

Tensor transpose(const Tensor& tensor, const std::vector<int>& perm) {
  const std::size_t rank = tensor.shape.size();
  const std::size_t bytes = element_bytes(tensor.type);
  Tensor result;
  result.type = tensor.type;
  result.data.resize(tensor.data.size());
  std::vector<int64_t> strides(rank, 1);
  for (std::size_t i = rank; i-- > 1;)
    strides[i - 1] = strides[i] * tensor.shape[i];
  std::vector<int64_t> step(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    result.shape.push_back(tensor.shape[static_cast<std::size_t>(perm[i])]);
    step[i] = strides[static_cast<std::size_t>(perm[i])];
  }
  std::vector<int64_t> at(rank, 0);
  int64_t source = 0;
  const int64_t count = tensor.elements();
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(&result.data[static_cast<std::size_t>(i) * bytes],
                &tensor.data[static_cast<std::size_t>(source) * bytes], bytes);
    for (std::size_t axis = rank; axis-- > 0;) {
      source += step[axis];
      if (++at[axis] < result.shape[axis]) {
        break;
      }
      source -= step[axis] * result.shape[axis];
      at[axis] = 0;
    }
  }
  return result;
}

Tensor reshaped(Tensor tensor, std::vector<int64_t> shape) {
  if (checked_elements(shape) != tensor.elements()) {
    throw Error("a constant of " + std::to_string(tensor.elements()) +
                " elements is reshaped to another size");
  }
  tensor.shape = std::move(shape);
  return tensor;
}

}  // namespace edgy::converter::graph

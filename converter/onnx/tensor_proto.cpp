#include "converter/onnx/tensor_proto.h"

#include <bit>
#include <optional>

#include "converter/error.h"
#include "wasm/format/float16.h"

namespace edgy::converter::onnx_import {
namespace {

using graph::ElementType;
using graph::Tensor;

/// Copies one of the typed fields, which hold narrow types in wide entries.
template <typename To, typename Field>
void copy_field(Tensor& tensor, const Field& field, const std::string& what) {
  if (static_cast<int64_t>(field.size()) != tensor.elements()) {
    throw Error(what + " has " + std::to_string(field.size()) + " values where its shape says " +
                std::to_string(tensor.elements()));
  }
  auto values = tensor.values<To>();
  for (int i = 0; i < field.size(); ++i)
    values[static_cast<std::size_t>(i)] = static_cast<To>(field.Get(i));
}

/// Numbers of types that older schemas do not name.
constexpr int kUint4 = 21;
constexpr int kInt4 = 22;

/// Two values a byte, the first in the low half.
std::vector<uint8_t> unpack_nibbles(const std::string& packed, int64_t elements, bool is_signed) {
  std::vector<uint8_t> values;
  for (int64_t i = 0; i < elements; ++i) {
    const auto byte = static_cast<uint8_t>(packed[static_cast<std::size_t>(i / 2)]);
    const int nibble = i % 2 == 0 ? byte & 0xF : byte >> 4;
    values.push_back(static_cast<uint8_t>(is_signed && nibble > 7 ? nibble - 16 : nibble));
  }
  return values;
}

/// INT4 and UINT4: one value a byte from here on.
Tensor read_nibbles(const onnx::TensorProto& proto) {
  const bool is_signed = proto.data_type() == kInt4;
  Tensor tensor;
  tensor.type = is_signed ? ElementType::kInt8 : ElementType::kUint8;
  tensor.narrow_bits = 4;
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  const int64_t elements = graph::checked_elements(tensor.shape);
  const auto bytes = static_cast<std::size_t>((elements + 1) / 2);
  std::string packed = proto.raw_data();
  for (int i = 0; !proto.has_raw_data() && i < proto.int32_data_size(); ++i)
    packed.push_back(static_cast<char>(proto.int32_data(i)));
  if (packed.size() != bytes) {
    throw Error("it has " + std::to_string(packed.size()) + " bytes where its shape and type say " +
                std::to_string(bytes));
  }
  tensor.data = unpack_nibbles(packed, elements, is_signed);
  return tensor;
}

}  // namespace

namespace {

bool is_half(int data_type) {
  using Proto = onnx::TensorProto;
  return data_type == Proto::FLOAT16 || data_type == Proto::BFLOAT16;
}

/// FLOAT16 and BFLOAT16: the same numbers in float32.
Tensor read_halves(const onnx::TensorProto& proto) {
  Tensor tensor;
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  const auto elements = static_cast<std::size_t>(graph::checked_elements(tensor.shape));
  std::vector<uint16_t> bits(elements);
  if (proto.has_raw_data()) {
    if (proto.raw_data().size() != elements * 2) {
      throw Error("it has " + std::to_string(proto.raw_data().size()) +
                  " bytes where its shape and type say " + std::to_string(elements * 2));
    }
    for (std::size_t i = 0; i < elements; ++i)
      bits[i] = static_cast<uint16_t>(static_cast<uint8_t>(proto.raw_data()[2 * i]) |
                                      static_cast<uint8_t>(proto.raw_data()[2 * i + 1]) << 8);
  } else {
    if (static_cast<std::size_t>(proto.int32_data_size()) != elements) {
      throw Error("it has " + std::to_string(proto.int32_data_size()) +
                  " values where its shape says " + std::to_string(elements));
    }
    for (std::size_t i = 0; i < elements; ++i)
      bits[i] = static_cast<uint16_t>(proto.int32_data(static_cast<int>(i)));
  }
  std::vector<float> values;
  values.reserve(elements);
  for (const uint16_t value : bits)
    values.push_back(proto.data_type() == onnx::TensorProto::FLOAT16
                         ? format::from_float16(value)
                         : std::bit_cast<float>(static_cast<uint32_t>(value) << 16));
  return graph::make_floats(tensor.shape, values);
}

std::optional<ElementType> known_type(int data_type) {
  using Proto = onnx::TensorProto;
  switch (data_type) {
    case Proto::FLOAT:
    case Proto::FLOAT16:
    case Proto::BFLOAT16:
      return ElementType::kFloat32;
    case Proto::DOUBLE:
      return ElementType::kFloat64;
    case Proto::INT8:
      return ElementType::kInt8;
    case Proto::UINT8:
      return ElementType::kUint8;
    case Proto::INT32:
      return ElementType::kInt32;
    case Proto::INT64:
      return ElementType::kInt64;
    case Proto::BOOL:
      return ElementType::kBool;
    default:
      return std::nullopt;
  }
}

constexpr const char* kAccepted =
    "accepted are FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT8, UINT8, INT32, INT64, BOOL and for "
    "weights "
    "INT4, UINT4";

}  // namespace

std::string unread_type(int data_type) {
  using Proto = onnx::TensorProto;
  if (known_type(data_type) || data_type == kInt4 || data_type == kUint4)
    return "";
  return (Proto::DataType_IsValid(data_type)
              ? Proto::DataType_Name(static_cast<Proto::DataType>(data_type))
              : "number " + std::to_string(data_type)) +
         "; " + kAccepted;
}

ElementType element_type(int data_type, const std::string& what) {
  if (const auto type = known_type(data_type))
    return *type;
  const std::string name = unread_type(data_type);
  throw Error(what + " has the type " +
              (name.empty() ? std::string("INT4 or UINT4; ") + kAccepted : name));
}

Tensor read_tensor(const onnx::TensorProto& proto, const std::string& what) {
  if (proto.data_location() == onnx::TensorProto::EXTERNAL || proto.external_data_size() > 0) {
    throw Error(
        what +
        " keeps its values in another file; save the model with all data inside the .onnx file");
  }
  if (proto.has_segment()) {
    throw Error(what + " is stored in segments, which are not read");
  }
  if (proto.data_type() == kInt4 || proto.data_type() == kUint4 || is_half(proto.data_type())) {
    try {
      return is_half(proto.data_type()) ? read_halves(proto) : read_nibbles(proto);
    } catch (const Error& error) {
      throw Error(what + ": " + error.what());
    }
  }
  const ElementType type = element_type(proto.data_type(), what);
  Tensor tensor;
  try {
    const std::vector<int64_t> shape(proto.dims().begin(), proto.dims().end());
    // Sizes are compared before anything is allocated for them.
    const int64_t elements = graph::checked_elements(shape);
    const std::size_t bytes = static_cast<std::size_t>(elements) * graph::element_bytes(type);
    if (proto.has_raw_data()) {
      if (proto.raw_data().size() != bytes) {
        throw Error("it has " + std::to_string(proto.raw_data().size()) +
                    " bytes where its shape and type say " + std::to_string(bytes));
      }
      tensor.type = type;
      tensor.shape = shape;
      tensor.data.assign(proto.raw_data().begin(), proto.raw_data().end());
    } else {
      const int64_t present = int64_t{proto.float_data_size()} + proto.double_data_size() +
                              proto.int32_data_size() + proto.int64_data_size();
      if (present != elements) {
        throw Error("it has " + std::to_string(present) + " values where its shape says " +
                    std::to_string(elements));
      }
      tensor = graph::make_tensor(type, shape);
      switch (type) {
        case ElementType::kFloat32:
          copy_field<float>(tensor, proto.float_data(), "it");
          break;
        case ElementType::kFloat64:
          copy_field<double>(tensor, proto.double_data(), "it");
          break;
        case ElementType::kInt64:
          copy_field<int64_t>(tensor, proto.int64_data(), "it");
          break;
        case ElementType::kInt32:
          copy_field<int32_t>(tensor, proto.int32_data(), "it");
          break;
        case ElementType::kInt8:
          copy_field<int8_t>(tensor, proto.int32_data(), "it");
          break;
        case ElementType::kUint8:
        case ElementType::kBool:
          copy_field<uint8_t>(tensor, proto.int32_data(), "it");
          break;
      }
    }
  } catch (const Error& error) {
    throw Error(what + ": " + error.what());
  }
  if (type == ElementType::kBool) {
    for (uint8_t& value : tensor.data)
      value = value != 0 ? 1 : 0;
  }
  return tensor;
}

}  // namespace edgy::converter::onnx_import

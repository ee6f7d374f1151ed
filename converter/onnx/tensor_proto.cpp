#include "converter/onnx/tensor_proto.h"

#include "converter/error.h"

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

}  // namespace

ElementType element_type(int data_type, const std::string& what) {
  using Proto = onnx::TensorProto;
  switch (data_type) {
    case Proto::FLOAT:
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
      break;
  }
  std::string name = Proto::DataType_IsValid(data_type)
                         ? Proto::DataType_Name(static_cast<Proto::DataType>(data_type))
                         : "number " + std::to_string(data_type);
  throw Error(what + " has the type " + name +
              "; accepted are FLOAT, DOUBLE, INT8, UINT8, INT32, INT64 and BOOL (save the model in "
              "float32)");
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

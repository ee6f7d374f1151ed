// Tensors and types of the ONNX schema.
#pragma once

#include <optional>
#include <string>

#include "converter/graph/tensor.h"
#include "onnx/onnx.pb.h"

namespace edgy::converter::onnx_import {

/// The name of a type that is not read, and which are; empty for those that are.
std::string unread_type(int data_type);

/// The type with that number in TensorProto.DataType. Throws Error naming `what` for types that are
/// not read.
graph::ElementType element_type(int data_type, const std::string& what);

/// Checks shape, type and byte count. Throws Error naming `what` ("initializer 'w'").
graph::Tensor read_tensor(const onnx::TensorProto& proto, const std::string& what);

}  // namespace edgy::converter::onnx_import

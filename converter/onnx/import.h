// Reads ONNX files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "converter/graph/graph.h"

namespace edgy::converter::onnx_import {

/// Versions of the default operator set that are understood.
inline constexpr int64_t kMinOpset = 1;
inline constexpr int64_t kMaxOpset = 23;

/// The whole file. Throws Error when it cannot be read.
std::vector<uint8_t> read_file(const std::filesystem::path& path);

/// Parses an ONNX model (protobuf) into a graph whose every value is defined exactly once, whose
/// constants have as many bytes as their shapes say, and which has no cycle. Names of nodes and
/// tensors are well-formed UTF-8 (others are spelled out; those of inputs, outputs and dimensions
/// are refused). Nothing is inferred yet and operators are not looked at beyond their attributes.
/// Throws Error naming `source`, the node, operator or tensor, and what would be accepted, for
/// files that are damaged or use what the converter does not read: external data,
/// functions of the model, other operator domains, sequences, and other types than ElementType's.
/// FLOAT16 and BFLOAT16 become float32, as do inputs and outputs of DOUBLE.
graph::Graph import_model(std::span<const uint8_t> bytes, const std::string& source);

}  // namespace edgy::converter::onnx_import

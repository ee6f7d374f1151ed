// What of ONNX is supported, as a table for people and programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace edgy::converter {

/// One entry an operator of ONNX: name, domain, since, inputs, outputs, attributes, types, runs
/// (how it gets into the file), int8, training, refused. From graph/operators.inc and the catalog
/// of the file's operators.
nlohmann::ordered_json operator_table();

/// docs/operators.md: the whole document.
std::string operators_markdown(const nlohmann::ordered_json& table);

/// A line an operator, for terminals.
std::string operators_text(const nlohmann::ordered_json& table);

}  // namespace edgy::converter

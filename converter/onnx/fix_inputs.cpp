#include "converter/onnx/fix_inputs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "converter/text.h"

namespace edgy::converter::onnx_import {
namespace {

using graph::Dim;
using graph::Graph;
using graph::Value;
using graph::ValueId;

struct Given {
  std::string name;
  std::vector<std::string> entries;
};

/// Splits at the last '=': names of tensors may have one.
Given parse(const std::string& text, const std::string& option) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(option + " " + in_quotes(text) +
                ": NAME=" + (option == "--shape" ? "1,128" : "VALUE") + " is expected");
  }
  Given given{text.substr(0, equals), {}};
  const std::string list = text.substr(equals + 1);
  for (std::size_t at = 0; !list.empty() && at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    given.entries.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return given;
}

std::string input_names(const Graph& graph) {
  std::string names;
  for (const ValueId id : graph.inputs)
    names += (names.empty() ? "" : ", ") + in_quotes(graph.value(id).name) + " " +
             graph::to_string(graph.shape(id));
  return names;
}

ValueId input_named(const Graph& graph, const std::string& name, const std::string& option) {
  for (const ValueId id : graph.inputs) {
    if (graph.value(id).name == name)
      return id;
  }
  throw Error(option + ": the model has no input " + in_quotes(name) + "; it has " +
              input_names(graph));
}

void replace_symbol(graph::DimShape& shape, const std::string& symbol, const Dim& by) {
  for (Dim& dim : shape) {
    if (!dim.fixed() && dim.symbol == symbol)
      dim = by;
  }
}

/// Everywhere in what the model declares; nothing else has shapes yet.
void replace_symbol(Graph& graph, const std::string& symbol, const Dim& by) {
  for (Value& value : graph.values) {
    if (value.shape)
      replace_symbol(*value.shape, symbol, by);
  }
  for (Value& value : graph.declared_outputs) {
    if (value.shape)
      replace_symbol(*value.shape, symbol, by);
  }
}

/// A whole number, if it is one from the first to the last letter.
std::optional<int64_t> whole(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

double real(const std::string& text, const std::string& what) {
  if (text == "true" || text == "false")
    return text == "true" ? 1 : 0;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    throw Error(what + ": " + in_quotes(text) + " is no number");
  return value;
}

/// `values` in another type, which has to hold them exactly (float32: as closely as it can).
graph::Tensor typed(const std::vector<double>& values, graph::ElementType type,
                    const std::string& what) {
  graph::Tensor tensor =
      graph::make_tensor(graph::ElementType::kFloat64, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.values<double>().begin());
  graph::Tensor result = graph::cast(tensor, type);
  const std::vector<double> held = graph::as_doubles(result);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!graph::is_float(type) && held[i] != values[i])
      throw Error(what + ": " + std::to_string(values[i]) + " is none of the values of " +
                  graph::to_string(type));
  }
  return result;
}

}  // namespace

void fix_shape(Graph& graph, const std::string& text) {
  const Given given = parse(text, "--shape");
  const ValueId id = input_named(graph, given.name, "--shape");
  const std::string what = "--shape " + in_quotes(text);
  const std::size_t rank = graph.shape(id).size();
  if (given.entries.size() != rank) {
    throw Error(what + " has " + std::to_string(given.entries.size()) + " extents; the input is " +
                graph::to_string(graph.shape(id)));
  }
  for (std::size_t i = 0; i < rank; ++i) {
    const std::string& entry = given.entries[i];
    const Dim before = graph.shape(id)[i];
    const auto extent = whole(entry);
    if (extent && (*extent < 1 || *extent > graph::kMaxElements)) {
      throw Error(what + ": an extent is 1 to " + std::to_string(graph::kMaxElements));
    }
    if (before.fixed()) {
      if (extent && *extent != before.value) {
        throw Error(what + ": axis " + std::to_string(i) + " is " + std::to_string(before.value) +
                    " in the model, and weights depend on that");
      }
      continue;
    }
    if (extent) {
      replace_symbol(graph, before.symbol, graph::fixed_dim(*extent));
    } else if (entry != "?" && entry != before.symbol) {
      if (entry.empty() || entry.starts_with('?') || !is_utf8(entry))
        throw Error(what + ": " + in_quotes(entry) + " is neither a number nor a name");
      replace_symbol(graph, before.symbol, {-1, entry});
    }
  }
}

void fix_constant(Graph& graph, const std::string& text) {
  const Given given = parse(text, "--constant");
  const ValueId id = input_named(graph, given.name, "--constant");
  const std::string what = "--constant " + in_quotes(text);
  if (graph.inputs.size() == 1)
    throw Error(what + ": it is the only input that is left");
  Value& value = graph.value(id);
  std::vector<int64_t> shape;
  for (const Dim& dim : *value.shape)
    shape.push_back(dim.fixed() || given.entries.size() != 1 ? dim.value : 1);
  if (std::any_of(shape.begin(), shape.end(), [](int64_t extent) { return extent < 0; }) ||
      (given.entries.size() != 1 &&
       graph::checked_elements(shape) != static_cast<int64_t>(given.entries.size()))) {
    throw Error(what + " has " + std::to_string(given.entries.size()) +
                " values; the input has the shape " + graph::to_string(*value.shape) +
                (graph::fixed_shape(*value.shape) ? "" : ": fix it by --shape first"));
  }
  std::vector<double> values;
  for (const std::string& entry : given.entries)
    values.push_back(real(entry, what));
  if (values.size() == 1)
    values.resize(static_cast<std::size_t>(graph::checked_elements(shape)), values[0]);
  graph::Tensor constant = graph::reshaped(typed(values, value.type, what), shape);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const Dim before = (*value.shape)[i];
    if (!before.fixed())
      replace_symbol(graph, before.symbol, graph::fixed_dim(shape[i]));
  }
  value.constant = std::make_shared<const graph::Tensor>(std::move(constant));
  std::erase(graph.inputs, id);
}

}  // namespace edgy::converter::onnx_import

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "converter/graph/elementwise.h"
#include "converter/graph/shape_inference.h"
#include "converter/passes/evaluate.h"

namespace edgy::converter::passes {
namespace {

using graph::ElementType;
using graph::Node;
using graph::Tensor;

/// 1 or 0 of two numbers; null for operators that are no comparisons.
using Comparison = double (*)(double, double);
Comparison comparison_of(const std::string& op) {
  static const std::map<std::string, Comparison> table = {
      {"And", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }},
      {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
      {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
      {"GreaterOrEqual", [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
      {"Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
      {"LessOrEqual", [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
      {"Or", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }},
      {"Xor", [](double a, double b) { return (a != 0) != (b != 0) ? 1.0 : 0.0; }},
  };
  const auto found = table.find(op);
  return found == table.end() ? nullptr : found->second;
}

/// The function of two numbers; Sum and Mean (which is divided by the count at the end) add.
graph::BinaryFunction function_of_two(const std::string& op) {
  if (const Comparison comparison = comparison_of(op))
    return comparison;
  return graph::binary_function(op == "Sum" || op == "Mean" ? "Add" : op);
}

/// The function of one number; null for other operators, and for forms of them that are not
/// computed.
graph::UnaryFunction function_of_one(const Node& node) {
  if (node.op == "Gelu" && node.get_string("approximate", "none") != "none")
    return nullptr;
  return graph::unary_function(node.op);
}

/// With alpha and beta of the node; a Clip's bounds, which have been made attributes.
std::vector<double> unary_on(const Node& node, graph::UnaryFunction function,
                             std::vector<double> values) {
  const graph::UnaryDefaults defaults = graph::unary_defaults(node.op);
  const bool clip = node.op == "Clip";
  const double alpha = clip ? node.get_float("min", -std::numeric_limits<float>::infinity())
                            : node.get_float("alpha", defaults.alpha);
  const double beta = clip ? node.get_float("max", std::numeric_limits<float>::infinity())
                           : node.get_float("beta", defaults.beta);
  for (double& x : values)
    x = function(x, alpha, beta);
  return values;
}

/// Values as doubles, broadcast to `shape`.
std::vector<double> broadcast_values(const Tensor& tensor, const std::vector<int64_t>& shape) {
  std::vector<double> values = graph::as_doubles(tensor);
  if (tensor.shape == shape) {
    return values;
  }
  if (tensor.shape.size() > shape.size())
    throw Error("a constant has more dimensions than the result it is spread over");
  std::vector<double> result(static_cast<std::size_t>(graph::checked_elements(shape)));
  const std::size_t lead = shape.size() - tensor.shape.size();
  std::vector<int64_t> at(shape.size(), 0);
  for (double& entry : result) {
    int64_t source = 0;
    for (std::size_t k = lead; k < shape.size(); ++k) {
      source = source * tensor.shape[k - lead] + (tensor.shape[k - lead] == 1 ? 0 : at[k]);
    }
    entry = values[static_cast<std::size_t>(source)];
    for (std::size_t k = shape.size(); k-- > 0;) {
      if (++at[k] < shape[k]) {
        break;
      }
      at[k] = 0;
    }
  }
  return result;
}

Tensor to_tensor(const std::vector<double>& values, ElementType type,
                 const std::vector<int64_t>& shape) {
  Tensor wide = graph::make_tensor(ElementType::kFloat64, shape);
  std::copy(values.begin(), values.end(), wide.values<double>().begin());
  return type == ElementType::kFloat64 ? wide : graph::cast(wide, type);
}

std::optional<Tensor> reduce(const Node& node, const Tensor& x, const std::vector<int64_t>& shape) {
  const bool mean = node.op == "ReduceMean";
  if (!mean && node.op != "ReduceSum" && node.op != "ReduceMax" && node.op != "ReduceMin" &&
      node.op != "ReduceProd" && node.op != "ReduceSumSquare" && node.op != "ReduceL2") {
    return std::nullopt;
  }
  std::vector<bool> reduced(x.shape.size(), node.get_ints("axes").empty());
  for (int64_t axis : node.get_ints("axes"))
    reduced[graph::normalize_axis(node, axis, x.shape.size())] = true;
  const int64_t results = graph::checked_elements(shape);
  const int64_t count = results == 0 ? 0 : x.elements() / results;
  std::vector<double> sums(static_cast<std::size_t>(results), node.op == "ReduceProd" ? 1 : 0);
  if (node.op == "ReduceMax")
    std::fill(sums.begin(), sums.end(), -INFINITY);
  if (node.op == "ReduceMin")
    std::fill(sums.begin(), sums.end(), INFINITY);
  const std::vector<double> values = graph::as_doubles(x);
  std::vector<int64_t> at(x.shape.size(), 0);
  for (double value : values) {
    std::size_t target = 0;
    for (std::size_t k = 0; k < at.size(); ++k) {
      target = reduced[k] ? target
                          : target * static_cast<std::size_t>(x.shape[k]) +
                                static_cast<std::size_t>(at[k]);
    }
    double& sum = sums[target];
    sum =
        node.op == "ReduceMax"   ? std::max(sum, value)
        : node.op == "ReduceMin" ? std::min(sum, value)
        : node.op == "ReduceProd"
            ? sum * value
            : sum + (node.op == "ReduceSumSquare" || node.op == "ReduceL2" ? value * value : value);
    for (std::size_t k = at.size(); k-- > 0;) {
      if (++at[k] < x.shape[k]) {
        break;
      }
      at[k] = 0;
    }
  }
  for (double& sum : sums) {
    sum = mean && count > 0       ? sum / static_cast<double>(count)
          : node.op == "ReduceL2" ? std::sqrt(sum)
                                  : sum;
  }
  return to_tensor(sums, x.type, shape);
}

}  // namespace

std::optional<Tensor> fold_unary(const Node& node, const Arguments& arguments,
                                 const std::vector<int64_t>& shape) {
  const graph::UnaryFunction unary = arguments.size() == 1 ? function_of_one(node) : nullptr;
  if (unary == nullptr)
    return std::nullopt;
  const Tensor& x = *arguments[0];
  return to_tensor(unary_on(node, unary, graph::as_doubles(x)), x.type, shape);
}

std::optional<Tensor> fold_not(const Node& /*node*/, const Arguments& arguments,
                               const std::vector<int64_t>& shape) {
  std::vector<double> values = graph::as_doubles(*arguments[0]);
  for (double& x : values)
    x = x == 0 ? 1 : 0;
  return to_tensor(values, arguments[0]->type, shape);
}

std::optional<Tensor> fold_binary(const Node& node, const Arguments& arguments,
                                  const std::vector<int64_t>& shape) {
  const Tensor& x = *arguments[0];
  const graph::BinaryFunction function = function_of_two(node.op);
  if (function == nullptr)
    return std::nullopt;
  std::vector<double> result = broadcast_values(x, shape);
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::vector<double> other = broadcast_values(*arguments[i], shape);
    for (std::size_t k = 0; k < result.size(); ++k) {
      result[k] = function(result[k], other[k]);
      if (node.op == "Div" && !graph::is_float(x.type)) {
        result[k] = std::trunc(result[k]);
      }
    }
  }
  if (node.op == "Mean") {
    for (double& value : result)
      value /= static_cast<double>(arguments.size());
  }
  return to_tensor(result, comparison_of(node.op) != nullptr ? ElementType::kBool : x.type, shape);
}

std::optional<Tensor> fold_range(const Node& /*node*/, const Arguments& arguments,
                                 const std::vector<int64_t>& shape) {
  const double start = graph::as_doubles(*arguments[0])[0];
  const double step = graph::as_doubles(*arguments[2])[0];
  std::vector<double> values(static_cast<std::size_t>(graph::checked_elements(shape)));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = start + static_cast<double>(i) * step;
  return to_tensor(values, arguments[0]->type, shape);
}

std::optional<Tensor> fold_where(const Node& /*node*/, const Arguments& arguments,
                                 const std::vector<int64_t>& shape) {
  const std::vector<double> condition = broadcast_values(*arguments[0], shape);
  std::vector<double> result = broadcast_values(*arguments[1], shape);
  const std::vector<double> other = broadcast_values(*arguments[2], shape);
  for (std::size_t k = 0; k < result.size(); ++k)
    result[k] = condition[k] != 0 ? result[k] : other[k];
  return to_tensor(result, arguments[1]->type, shape);
}

std::optional<Tensor> fold_reduce(const Node& node, const Arguments& arguments,
                                  const std::vector<int64_t>& shape) {
  return reduce(node, *arguments[0], shape);
}

}  // namespace edgy::converter::passes

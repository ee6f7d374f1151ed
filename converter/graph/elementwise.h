// What operations on single elements compute, in double precision: constants are folded with it,
// and kernels are tested by it.
#pragma once

#include <string_view>

namespace edgy::converter::graph {

/// f(x) of an operation of kernels/float/unary.inc; null for other names. `alpha` and `beta` as
/// there.
using UnaryFunction = double (*)(double x, double alpha, double beta);
UnaryFunction unary_function(std::string_view name);

/// f(a, b) of an operation of kernels/float/binary.inc; null for other names.
using BinaryFunction = double (*)(double a, double b);
BinaryFunction binary_function(std::string_view name);

/// ONNX's defaults of the attributes alpha and beta; NaN where the operation has no such attribute.
struct UnaryDefaults {
  float alpha;
  float beta;
};
/// Of an operation of kernels/float/unary.inc.
UnaryDefaults unary_defaults(std::string_view name);

}  // namespace edgy::converter::graph

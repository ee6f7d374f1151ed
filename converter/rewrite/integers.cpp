// Arithmetic of integers while the model runs, in float32 (see builder.h): exactly, or an error in
// a run where a result has a magnitude above 2^24.
#include <algorithm>

#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

using graph::ElementType;

bool is_integer(ElementType type) {
  return !graph::is_float(type) && type != ElementType::kBool;
}

bool wraps_around(ElementType type) {
  return type == ElementType::kInt8 || type == ElementType::kUint8;
}

bool are_ready(Builder& b) {
  for (std::size_t i = 0; i < b.node().inputs.size(); ++i) {
    if (!b.has_shape(i))
      return false;
  }
  return true;
}

/// Constants alone are folded, and so is what describes a shape.
bool is_computed(Builder& b) {
  const auto& inputs = b.node().inputs;
  return !b.graph().value(b.node().outputs[0]).contents &&
         std::any_of(inputs.begin(), inputs.end(),
                     [&](ValueId id) { return id != kNone && !b.graph().is_constant(id); });
}

/// x - y floor(x / y) for y above 0, and x not below; a quotient that was rounded to the next
/// integer is set right.
ValueId remainder(Builder& b, ValueId x, ValueId y) {
  const ValueId whole = b.add("Floor", {b.add("Div", {x, y})});
  ValueId rest = b.add("Sub", {x, b.add("Mul", {y, whole})});
  rest = b.add("Add", {rest, b.add("Keep", {y, b.add("IsLess", {rest, b.number(0)})})});
  const ValueId below = b.add("IsLess", {rest, y});
  return b.add("Sub", {rest, b.add("Keep", {y, b.add("Sub", {b.number(1), below})})});
}

}  // namespace

/// Sums, products, quotients and powers. Floats hold integers up to 2^24; a quotient of two such
/// is not rounded up to the next integer, since that is farther away than half a unit.
bool rewrite_integer_arithmetic(Builder& b) {
  if (b.input(0) == kNone || !are_ready(b) || !is_computed(b))
    return false;
  const ElementType type = b.type(b.input(0));
  const std::string& op = b.node().op;
  const bool power = op == "Pow" && is_integer(b.type(b.input(1)));
  if ((!is_integer(type) && !power) || op == "Mean")
    return false;
  std::vector<ValueId> inputs;
  for (const ValueId id : b.node().inputs)
    inputs.push_back(b.exact_float(id));
  const ValueId y = b.add(op, inputs);
  if (op == "Max" || op == "Min")
    return b.finish(b.exactly(y, type));
  return b.finish(wraps_around(type) ? b.cast(y, type) : b.checked(y, type));
}

/// Of the functions of one element those that integers have.
bool rewrite_integer_unary(Builder& b) {
  const std::string& op = b.node().op;
  if (!are_ready(b) || !is_integer(b.type(b.input(0))) || !is_computed(b) ||
      b.node().inputs.size() != 1)
    return false;
  const ElementType type = b.type(b.input(0));
  if (op != "Abs" && op != "Neg" && op != "Relu" && op != "Clip")
    b.expect_float(0);
  const ValueId y = b.add(op, {b.exact_float(b.input(0))}, b.node().attributes);
  const bool leaves = wraps_around(type) && (op == "Abs" || op == "Neg");  // -(-128)
  return b.finish(leaves ? b.cast(y, type) : b.exactly(y, type));
}

/// x - y floor(x / y), which has the sign of y; with fmod the remainder of the magnitudes, which
/// has that of x
bool rewrite_mod(Builder& b) {
  if (!are_ready(b))
    return false;
  const ElementType type = b.type(b.input(0));
  const bool cut = b.node().get_int("fmod", 0) != 0;
  if (!cut && !is_integer(type))
    graph::fail_at(b.node(), "with fmod = 0 it is of integers; here it is of float32");
  const ValueId x = b.exact_float(b.input(0));
  const ValueId y = b.exact_float(b.input(1));
  if (cut) {
    const ValueId rest = remainder(b, b.add("Abs", {x}), b.add("Abs", {y}));
    const ValueId negative = b.add("IsLess", {x, b.number(0)});
    const ValueId sign = b.add("Sub", {b.number(1), b.add("Mul", {negative, b.number(2)})});
    return b.finish(b.exactly(b.add("Mul", {rest, sign}), type));
  }
  const ValueId whole = b.add("Floor", {b.add("Div", {x, y})});
  return b.finish(b.exactly(b.add("Sub", {x, b.add("Mul", {y, whole})}), type));
}

/// Cast to the type of another value
bool rewrite_cast_like(Builder& b) {
  return are_ready(b) && b.finish(b.cast(b.input(0), b.type(b.input(1))));
}

}  // namespace edgy::converter::rewrite

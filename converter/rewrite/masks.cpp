// Comparisons, logic, selection and casts while the model runs. The file computes in float32: a
// bool is 0 or 1 there, an integer a float that holds it exactly (a Cast with ":exact" refuses, in
// a run, what none can hold). Where a value is used as what it was made from, the two casts between
// are left out.
#include <algorithm>
#include <limits>

#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

using graph::ElementType;

bool are_ready(Builder& b) {
  for (std::size_t i = 0; i < b.node().inputs.size(); ++i) {
    if (!b.has_shape(i))
      return false;
  }
  return true;
}

/// Constants alone are folded.
bool is_computed(Builder& b) {
  const auto& inputs = b.node().inputs;
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](ValueId id) { return id != kNone && !b.graph().is_constant(id); });
}

ValueId complement(Builder& b, ValueId flag) {
  return b.add("Sub", {b.number(1), flag});
}

/// x where the flag is 1, else 0
ValueId kept(Builder& b, ValueId x, ValueId flag) {
  return b.add("Keep", {x, flag});
}

/// One number, 0.
bool is_zero(Builder& b, ValueId id) {
  if (!b.graph().is_constant(id) || b.graph().constant(id).elements() != 1)
    return false;
  const std::vector<double> values = graph::as_doubles(b.graph().constant(id));
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0; });
}

}  // namespace

bool rewrite_compare(Builder& b) {
  if (!are_ready(b) || !is_computed(b))
    return false;
  const std::string& op = b.node().op;
  const ValueId x = b.exact_float(b.input(0));
  const ValueId y = b.exact_float(b.input(1));
  ValueId flag = kNone;
  if (op == "And")
    flag = b.add("Mul", {x, y});
  else if (op == "Or")
    flag = b.add("Max", {x, y});
  else if (op == "Xor")
    flag = b.add("Abs", {b.add("Sub", {x, y})});
  else if (op == "Equal")
    flag = b.add("IsEqual", {x, y});
  else
    flag = op.starts_with("Less") ? b.add("IsLess", {x, y}) : b.add("IsLess", {y, x});
  if (op.ends_with("OrEqual"))
    flag = b.add("Max", {flag, b.add("IsEqual", {x, y})});
  return b.finish(b.exactly(flag, ElementType::kBool));
}

bool rewrite_not(Builder& b) {
  return are_ready(b) && is_computed(b) &&
         b.finish(b.exactly(complement(b, b.exact_float(b.input(0))), ElementType::kBool));
}

/// x where it holds, 0 elsewhere, and the same of y: what is not chosen may be anything.
bool rewrite_where(Builder& b) {
  if (!are_ready(b) || !is_computed(b))
    return false;
  const ElementType type = b.type(b.input(1));
  if (type != b.type(b.input(2)))
    graph::fail_at(b.node(), "what it chooses from has different types");
  const ValueId flag = b.exact_float(b.input(0));
  const ValueId x = b.exact_float(b.input(1));
  const ValueId y = b.exact_float(b.input(2));
  ValueId chosen = kept(b, x, flag);
  if (!is_zero(b, y) || b.shape(y).size() > b.shape(chosen).size())
    chosen = b.add("Add", {chosen, kept(b, y, complement(b, flag))});
  return b.finish(b.exactly(chosen, type));
}

/// NaN is what does not equal itself; infinity what a large number is below.
bool rewrite_is_special(Builder& b) {
  if (!are_ready(b) || !is_computed(b))
    return false;
  b.expect_float(0);
  const ValueId x = b.input(0);
  if (b.node().op == "IsNaN")
    return b.finish(b.exactly(complement(b, b.add("IsEqual", {x, x})), ElementType::kBool));
  const float infinity = std::numeric_limits<float>::infinity();
  const bool positive = b.node().get_int("detect_positive", 1) != 0;
  const bool negative = b.node().get_int("detect_negative", 1) != 0;
  const ValueId measured = positive && negative ? b.add("Abs", {x}) : x;
  const ValueId limit = b.number(positive ? infinity : negative ? -infinity : 0);
  ValueId flag = b.add("IsEqual", {measured, limit});
  if (!positive && !negative)
    flag = b.add("IsLess", {x, x});
  return b.finish(b.exactly(flag, ElementType::kBool));
}

/// Of values that a float holds already; of others by the runtime.
bool rewrite_cast(Builder& b) {
  const Node& node = b.node();
  if (!b.has_shape(0) || node.has(":holds") || node.has(":exact") ||
      b.graph().is_constant(b.input(0)))
    return false;
  const auto to = static_cast<ElementType>(node.get_int(":to_type", 0));
  const ElementType from = b.type(b.input(0));
  if (from == to)
    return false;
  if (to == ElementType::kBool) {
    const ValueId zero = b.add("IsEqual", {b.exact_float(b.input(0)), b.number(0)});
    return b.finish(b.exactly(complement(b, zero), to));
  }
  const ValueId behind = b.float_behind(b.input(0));
  if (behind == kNone)
    return false;
  // In a type that may be too narrow for them, whole numbers would not stay what they are.
  const bool flag = from == ElementType::kBool;
  if (to == ElementType::kFloat32)
    return b.finish(behind);
  if (flag || to == ElementType::kInt64 || to == ElementType::kInt32)
    return b.finish(b.exactly(behind, to));
  return false;
}

/// x where it is above alpha
bool rewrite_thresholded_relu(Builder& b) {
  if (!are_ready(b))
    return false;
  b.expect_float(0);
  const ValueId alpha = b.number(b.node().get_float("alpha", 1));
  return b.finish(kept(b, b.input(0), b.add("IsLess", {alpha, b.input(0)})));
}

/// x + bias below -lambd, x - bias above lambd, 0 between
bool rewrite_shrink(Builder& b) {
  if (!are_ready(b))
    return false;
  b.expect_float(0);
  const ValueId x = b.input(0);
  const ValueId bias = b.number(b.node().get_float("bias", 0));
  const float lambda = b.node().get_float("lambd", 0.5F);
  const ValueId low = kept(b, b.add("Add", {x, bias}), b.add("IsLess", {x, b.number(-lambda)}));
  const ValueId high = kept(b, b.add("Sub", {x, bias}), b.add("IsLess", {b.number(lambda), x}));
  return b.finish(b.add("Add", {low, high}));
}

/// x where a constant triangle of ones says so
bool rewrite_trilu(Builder& b) {
  const graph::TensorPtr offset = b.constant(1);
  if (!b.has_shape(0) || (b.input(1) != kNone && !offset))
    return false;
  const DimShape shape = b.shape(b.input(0));
  const std::size_t rank = shape.size();
  if (rank < 2 || !shape[rank - 1].fixed() || !shape[rank - 2].fixed() ||
      (offset && offset->elements() != 1))
    graph::fail_at(b.node(), "matrices with fixed extents are supported");
  const int64_t rows = shape[rank - 2].value;
  const int64_t columns = shape[rank - 1].value;
  const int64_t k = offset ? graph::as_ints(*offset)[0] : 0;
  const bool upper = b.node().get_int("upper", 1) != 0;
  std::vector<float> ones(static_cast<std::size_t>(rows * columns));
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j)
      ones[static_cast<std::size_t>(i * columns + j)] = (upper ? j - i >= k : j - i <= k) ? 1 : 0;
  }
  const ElementType type = b.type(b.input(0));
  const ValueId y = kept(b, b.exact_float(b.input(0)), b.floats({rows, columns}, ones));
  return b.finish(b.exactly(y, type));
}

/// Ones on a diagonal, where the extents are known.
bool rewrite_eye_like(Builder& b) {
  if (!b.has_shape(0))
    return false;
  const auto shape = graph::fixed_shape(b.shape(b.input(0)));
  if (!shape || shape->size() != 2)
    graph::fail_at(b.node(), "a matrix with fixed extents is expected");
  const int64_t k = b.node().get_int("k", 0);
  std::vector<float> ones(static_cast<std::size_t>(graph::checked_elements(*shape)));
  for (int64_t i = 0; i < (*shape)[0]; ++i) {
    if (i + k >= 0 && i + k < (*shape)[1])
      ones[static_cast<std::size_t>(i * (*shape)[1] + i + k)] = 1;
  }
  static const std::map<int64_t, ElementType> types = {
      {1, ElementType::kFloat32},  {2, ElementType::kUint8},    {3, ElementType::kInt8},
      {6, ElementType::kInt32},    {7, ElementType::kInt64},    {9, ElementType::kBool},
      {10, ElementType::kFloat32}, {11, ElementType::kFloat32}, {16, ElementType::kFloat32}};
  const auto type = types.find(b.node().get_int("dtype", 1));
  if (type == types.end())
    graph::fail_at(b.node(), "its type is not supported");
  const ElementType to = b.node().has("dtype") ? type->second : b.type(b.input(0));
  return b.finish(b.graph().add_constant("eye", graph::cast(graph::make_floats(*shape, ones), to)));
}

}  // namespace edgy::converter::rewrite

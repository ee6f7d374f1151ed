// Functions of single elements.
#include <cmath>
#include <limits>
#include <numbers>

#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

/// Waits until the input's type is known, which comes with its shape.
bool is_ready(Builder& b) {
  if (!b.has_shape(0))
    return false;
  b.expect_float(0);
  return true;
}

/// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
ValueId tanh_gelu(Builder& b, ValueId x) {
  const ValueId cube = b.add("Mul", {b.add("Mul", {x, x}), x});
  const ValueId sum = b.add("Add", {x, b.add("Mul", {cube, b.number(0.044715F)})});
  const auto factor = static_cast<float>(std::sqrt(2 / std::numbers::pi));
  const ValueId bend = b.add("Tanh", {b.add("Mul", {sum, b.number(factor)})});
  const ValueId half = b.add("Mul", {x, b.number(0.5F)});
  return b.add("Mul", {half, b.add("Add", {bend, b.number(1)})});
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

ValueId softplus(Builder& b, ValueId x) {
  const ValueId small = b.add("Exp", {b.add("Neg", {b.add("Abs", {x})})});
  const ValueId rest = b.add("Log", {b.add("Add", {small, b.number(1)})});
  return b.add("Add", {b.add("Relu", {x}), rest});
}

}  // namespace

/// The runtime has the exact one.
bool rewrite_gelu(Builder& b) {
  const std::string approximate = b.node().get_string("approximate", "none");
  if (approximate == "none" || !is_ready(b))
    return false;
  if (approximate != "tanh")
    graph::fail_at(b.node(), "attribute 'approximate' is neither 'none' nor 'tanh'");
  return b.finish(tanh_gelu(b, b.input(0)));
}

/// max(x, 0) + slope min(x, 0)
bool rewrite_prelu(Builder& b) {
  if (!is_ready(b) || !b.has_shape(1))
    return false;
  const ValueId x = b.input(0);
  const ValueId high = b.add("Relu", {x});
  const ValueId low = b.clip(x, -kInfinity, 0);
  return b.finish(b.add("Add", {high, b.add("Mul", {low, b.input(1)})}));
}

/// max(x, 0) + log(1 + exp(-|x|)): nothing grows.
bool rewrite_softplus(Builder& b) {
  return is_ready(b) && b.finish(softplus(b, b.input(0)));
}

/// x / (1 + |x|)
bool rewrite_softsign(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  return b.finish(b.add("Div", {x, b.add("Add", {b.add("Abs", {x}), b.number(1)})}));
}

/// x tanh(softplus(x))
bool rewrite_mish(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  return b.finish(b.add("Mul", {x, b.add("Tanh", {softplus(b, x)})}));
}

/// x sigmoid(alpha x); com.microsoft's QuickGelu, where alpha is 1.702
bool rewrite_swish(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const float alpha = b.node().get_float("alpha", b.node().op == "QuickGelu" ? 1.702F : 1);
  const ValueId scaled = alpha == 1 ? x : b.add("Mul", {x, b.number(alpha)});
  return b.finish(b.add("Mul", {x, b.add("Sigmoid", {scaled})}));
}

/// gamma elu(x)
bool rewrite_selu(Builder& b) {
  if (!is_ready(b))
    return false;
  const float alpha = b.node().get_float("alpha", 1.67326319217681884765625F);
  const float gamma = b.node().get_float("gamma", 1.05070102214813232421875F);
  return b.finish(b.add("Mul", {b.add("Elu", {b.input(0)}, {{"alpha", alpha}}), b.number(gamma)}));
}

/// max(x, 0) + alpha elu(min(x, 0) / alpha)
bool rewrite_celu(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const float alpha = b.node().get_float("alpha", 1);
  if (alpha == 0)
    graph::fail_at(b.node(), "attribute 'alpha' is 0");
  const ValueId low = b.add("Div", {b.clip(x, -kInfinity, 0), b.number(alpha)});
  const ValueId bend = b.add("Mul", {b.add("Elu", {low}, {{"alpha", 1.0F}}), b.number(alpha)});
  return b.finish(b.add("Add", {b.add("Relu", {x}), bend}));
}

/// -1, 0 or 1: what is above 0 is rounded up to 1 at least, what is below down.
bool rewrite_sign(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  return b.finish(
      b.add("Add", {b.clip(b.add("Ceil", {x}), 0, 1), b.clip(b.add("Floor", {x}), -1, 0)}));
}

/// (exp(x) - exp(-x)) / 2, or the sum: Sinh, Cosh
bool rewrite_hyperbolic(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const ValueId sum = b.add(b.node().op == "Sinh" ? "Sub" : "Add",
                            {b.add("Exp", {x}), b.add("Exp", {b.add("Neg", {x})})});
  return b.finish(b.add("Mul", {sum, b.number(0.5F)}));
}

/// log((1 + x) / (1 - x)) / 2
bool rewrite_atanh(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const ValueId one = b.number(1);
  const ValueId ratio = b.add("Div", {b.add("Add", {x, one}), b.add("Sub", {one, x})});
  return b.finish(b.add("Mul", {b.add("Log", {ratio}), b.number(0.5F)}));
}

/// log(x + sqrt(x^2 - 1)): Acosh
bool rewrite_acosh(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId x = b.input(0);
  const ValueId root = b.add("Sqrt", {b.add("Sub", {b.add("Mul", {x, x}), b.number(1)})});
  return b.finish(b.add("Log", {b.add("Add", {x, root})}));
}

/// BiasGelu: gelu(x + bias); FastGelu: by tanh, its bias may be left out
bool rewrite_bias_gelu(Builder& b) {
  if (!is_ready(b) || (b.input(1) != kNone && !b.has_shape(1)))
    return false;
  const ValueId x = b.input(1) == kNone ? b.input(0) : b.add("Add", {b.input(0), b.input(1)});
  return b.finish(b.node().op == "FastGelu" ? tanh_gelu(b, x) : b.add("Gelu", {x}));
}

}  // namespace edgy::converter::rewrite

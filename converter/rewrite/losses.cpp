// Losses, which models that come from training end in. The class of each position is compared with
// all classes: what is not it, or is to be ignored, counts 0.
#include <algorithm>
#include <numeric>

#include "converter/rewrite/rewrite.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {
namespace {

/// x - max - log(sum(exp(x - max))) over the classes
ValueId log_probabilities(Builder& b, ValueId x) {
  const std::vector<int64_t> classes = {1};
  const ValueId centred = b.add("Sub", {x, b.reduce("ReduceMax", x, classes)});
  const ValueId sum = b.reduce("ReduceSum", b.add("Exp", {centred}), classes);
  return b.add("Sub", {centred, b.add("Log", {sum})});
}

/// 1 where a class is that of its position, [N, C, ...].
ValueId chosen(Builder& b, ValueId target, int64_t classes, std::size_t rank) {
  std::vector<float> numbers(static_cast<std::size_t>(classes));
  std::iota(numbers.begin(), numbers.end(), 0.0F);
  std::vector<int64_t> shape(rank - 1, 1);
  shape[0] = classes;
  const ValueId index =
      b.add("Unsqueeze", {b.exact_float(target)}, {{"axes", std::vector<int64_t>{1}}});
  const ValueId flags = b.add("IsEqual", {b.floats(shape, numbers), index});
  if (!b.node().has("ignore_index"))
    return flags;
  const auto ignored = static_cast<float>(b.node().get_int("ignore_index", 0));
  const ValueId counts = b.add("Sub", {b.number(1), b.add("IsEqual", {index, b.number(ignored)})});
  return b.add("Mul", {flags, counts});
}

/// The loss of logarithms of probabilities.
ValueId loss_of(Builder& b, ValueId log, ValueId target, ValueId weight) {
  const DimShape shape = b.shape(log);
  const ValueId flags = chosen(b, target, shape[1].value, shape.size());
  ValueId shares = flags;
  ValueId parts = b.add("Keep", {log, flags});
  if (weight != kNone) {
    std::vector<int64_t> column(shape.size() - 1, 1);
    column[0] = shape[1].value;
    const ValueId factors = b.reshape(weight, column);
    shares = b.add("Mul", {flags, factors});
    parts = b.add("Mul", {parts, factors});
  }
  const ValueId losses = b.reduce("ReduceSum", b.add("Neg", {parts}), {1}, false);
  const std::string reduction = b.node().get_string("reduction", "mean");
  if (reduction == "none")
    return losses;
  const ValueId sum = b.reduce("ReduceSum", losses, {}, false);
  if (reduction == "sum")
    return sum;
  if (reduction != "mean")
    graph::fail_at(b.node(), "reduction " + in_quotes(reduction) + " is unknown");
  return b.add("Div", {sum, b.reduce("ReduceSum", shares, {}, false)});
}

bool is_ready(Builder& b) {
  if (!b.has_shape(0) || !b.has_shape(1) || (b.input(2) != kNone && !b.has_shape(2)))
    return false;
  b.expect_float(0);
  const DimShape& x = b.shape(b.input(0));
  if (x.size() < 2 || !x[1].fixed() || b.rank(b.input(1)) + 1 != x.size())
    graph::fail_at(b.node(), "scores [N, C, ...] with C fixed and classes [N, ...] are expected");
  return true;
}

}  // namespace

bool rewrite_nll_loss(Builder& b) {
  return is_ready(b) && b.finish(loss_of(b, b.input(0), b.input(1), b.input(2)));
}

bool rewrite_cross_entropy(Builder& b) {
  if (!is_ready(b))
    return false;
  const ValueId log = log_probabilities(b, b.input(0));
  b.finish(log, 1);
  return b.finish(loss_of(b, log, b.input(1), b.input(2)));
}

}  // namespace edgy::converter::rewrite

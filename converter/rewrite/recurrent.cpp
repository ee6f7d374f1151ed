// Directions and layouts of LSTM and GRU: the file has them forward, time first.
#include <algorithm>

#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

ValueId reversed(Builder& b, ValueId x) {
  return b.slice(x, 0, graph::kMaxElements, -graph::kMaxElements, -1);
}

/// Input `i` of the part in direction `direction`; kNone if there is none.
ValueId part_of(Builder& b, std::size_t i, int64_t direction, bool batch_first) {
  if (b.input(i) == kNone)
    return kNone;
  const bool state = i >= 5 && i <= 6;
  const ValueId x = state && batch_first ? b.transpose(b.input(i), {1, 0, 2}) : b.input(i);
  return b.slice(x, 0, direction, direction + 1);
}

/// Activations of one direction, where they are given.
Attributes attributes_of(const Builder& b, std::size_t direction, std::size_t directions) {
  Attributes attributes = b.node().attributes;
  attributes.erase("layout");
  attributes.erase("direction");
  const std::vector<std::string> names = b.node().get_strings("activations");
  if (!names.empty() && names.size() % directions == 0) {
    const std::size_t each = names.size() / directions;
    const auto from = names.begin() + static_cast<std::ptrdiff_t>(direction * each);
    attributes["activations"] =
        std::vector<std::string>(from, from + static_cast<std::ptrdiff_t>(each));
  }
  return attributes;
}

}  // namespace

/// Each direction by itself; in reverse on what is reversed in time.
bool rewrite_recurrent(Builder& b) {
  const Node& node = b.node();
  const std::string direction = node.get_string("direction", "forward");
  const bool both = direction == "bidirectional";
  const bool batch_first = node.get_int("layout", 0) != 0;
  if ((direction == "forward" && !batch_first) ||
      (!both && direction != "forward" && direction != "reverse") || node.input(4) != kNone ||
      !b.has_shape(0) || !b.has_shape(1) || !b.has_shape(2))
    return false;
  const std::size_t outputs = node.op == "LSTM" ? 3 : 2;
  const ValueId x = batch_first ? b.transpose(b.input(0), {1, 0, 2}) : b.input(0);
  std::vector<std::vector<ValueId>> results(outputs);
  for (std::size_t d = 0; d < (both ? 2U : 1U); ++d) {
    const bool back = direction == "reverse" || d == 1;
    std::vector<ValueId> inputs = {back ? reversed(b, x) : x};
    for (std::size_t i = 1; i < node.inputs.size(); ++i)
      inputs.push_back(part_of(b, i, static_cast<int64_t>(d), batch_first));
    std::vector<ValueId> made =
        b.add_all(node.op, inputs, attributes_of(b, d, both ? 2 : 1), outputs);
    if (back)
      made[0] = reversed(b, made[0]);
    for (std::size_t i = 0; i < outputs; ++i)
      results[i].push_back(made[i]);
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    ValueId y =
        both ? b.add("Concat", results[i], {{"axis", int64_t{i == 0 ? 1 : 0}}}) : results[i][0];
    if (batch_first)
      y = b.transpose(y, i == 0 ? std::vector<int64_t>{2, 0, 1, 3} : std::vector<int64_t>{1, 0, 2});
    b.finish(y, i);
  }
  return true;
}

}  // namespace edgy::converter::rewrite

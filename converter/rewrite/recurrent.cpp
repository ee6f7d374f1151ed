// Directions, layouts and lengths of LSTM, GRU and RNN: the file has them forward, time first, over
// whole sequences. An RNN is a GRU whose gates stand still.
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

std::size_t output_count(const Builder& b) {
  return b.node().op == "LSTM" ? 3 : 2;
}

/// Sequences of different lengths, which are constants, each run of equal ones by itself. What is
/// behind the end of a sequence is 0.
bool split_by_length(Builder& b) {
  const Node& node = b.node();
  const graph::TensorPtr given = b.constant(4);
  if (!given)
    return false;
  const std::vector<int64_t> lengths = graph::as_ints(*given);
  const DimShape& x = b.shape(b.input(0));
  const std::size_t outputs = output_count(b);
  if (node.get_int("layout", 0) != 0 || x.size() != 3 || !x[0].fixed() || lengths.empty() ||
      !(x[1] == graph::fixed_dim(static_cast<int64_t>(lengths.size())))) {
    graph::fail_at(node,
                   "sequence lengths are supported time first, for inputs of fixed extents, with a "
                   "length for each sequence");
  }
  const int64_t time = x[0].value;
  std::vector<std::vector<ValueId>> results(outputs);
  for (std::size_t first = 0; first < lengths.size();) {
    std::size_t last = first;
    while (last < lengths.size() && lengths[last] == lengths[first])
      ++last;
    const int64_t length = lengths[first];
    if (length < 1 || length > time)
      graph::fail_at(node, "a sequence has the length " + std::to_string(length) + "; 1 to " +
                               std::to_string(time) + " is expected");
    const auto part = [&](ValueId id) {
      return id == kNone ? kNone
                         : b.slice(id, 1, static_cast<int64_t>(first), static_cast<int64_t>(last));
    };
    std::vector<ValueId> inputs = node.inputs.ids();
    inputs[0] = b.slice(part(b.input(0)), 0, 0, length);
    inputs[4] = kNone;
    for (std::size_t i = 5; i < std::min<std::size_t>(7, inputs.size()); ++i)
      inputs[i] = part(inputs[i]);
    std::vector<ValueId> made = b.add_all(node.op, inputs, node.attributes, outputs);
    if (length < time) {
      made[0] = b.add(
          "Pad", {made[0]},
          {{"pads", std::vector<int64_t>{0, 0, 0, 0, time - length, 0, 0, 0}}, {"value", 0.0F}});
    }
    for (std::size_t i = 0; i < outputs; ++i)
      results[i].push_back(made[i]);
    first = last;
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    const int64_t axis = i == 0 ? 2 : 1;
    b.finish(results[i].size() == 1 ? results[i][0] : b.add("Concat", results[i], {{"axis", axis}}),
             i);
  }
  return true;
}

/// h = tanh(W x + R h + b): the hidden part of a GRU, of which nothing is kept (update gate 0) and
/// everything is seen (reset gate 1): sigmoid(-200) and sigmoid(200) are 0 and 1 in float32.
bool as_gru(Builder& b) {
  const Node& node = b.node();
  const std::vector<std::string> names = node.get_strings("activations");
  if ((!names.empty() && names != std::vector<std::string>{"Tanh"}) || node.has("clip"))
    graph::fail_at(node, "clip and activations other than Tanh are not supported");
  const auto r = graph::fixed_shape(b.shape(b.input(2)));
  const auto w = graph::fixed_shape(b.shape(b.input(1)));
  if (!r || !w || r->size() != 3 || w->size() != 3 || (*r)[0] != 1)
    graph::fail_at(node, "weights [1, H, I] and [1, H, H] are expected");
  const int64_t hidden = (*r)[2];
  constexpr float kFar = 200;
  const auto filled = [&](const std::vector<int64_t>& shape, float value) {
    const auto count = static_cast<std::size_t>(graph::checked_elements(shape));
    return b.floats(shape, std::vector<float>(count, value));
  };
  const auto behind_gates = [&](ValueId weights, int64_t width) {
    return b.add("Concat", {filled({1, 2 * hidden, width}, 0), weights}, {{"axis", int64_t{1}}});
  };
  const ValueId bias = b.input(3);
  const auto half = [&](int64_t i) {
    return bias == kNone ? filled({1, hidden}, 0) : b.slice(bias, 1, i * hidden, (i + 1) * hidden);
  };
  const ValueId biases = b.add("Concat",
                               {filled({1, hidden}, -kFar), filled({1, hidden}, kFar), half(0),
                                filled({1, 2 * hidden}, 0), half(1)},
                               {{"axis", int64_t{1}}});
  Attributes attributes;
  if (node.has("hidden_size"))
    attributes["hidden_size"] = node.get_int("hidden_size", hidden);
  const std::vector<ValueId> made =
      b.add_all("GRU",
                {b.input(0), behind_gates(b.input(1), (*w)[2]), behind_gates(b.input(2), hidden),
                 biases, kNone, b.input(5)},
                attributes, 2);
  b.finish(made[0], 0);
  return b.finish(made[1], 1);
}

}  // namespace

/// Each direction by itself; in reverse on what is reversed in time.
bool rewrite_recurrent(Builder& b) {
  const Node& node = b.node();
  if (!b.has_shape(0) || !b.has_shape(1) || !b.has_shape(2))
    return false;
  if (node.input(4) != kNone)
    return split_by_length(b);
  const std::string direction = node.get_string("direction", "forward");
  const bool both = direction == "bidirectional";
  const bool batch_first = node.get_int("layout", 0) != 0;
  if (direction == "forward" && !batch_first)
    return node.op == "RNN" && as_gru(b);
  if (!both && direction != "forward" && direction != "reverse")
    return false;
  const std::size_t outputs = output_count(b);
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

// If, Loop and Scan, where constants and extents decide what happens: the bodies become part of the
// graph, a copy for each time that they are run.
#include <algorithm>
#include <optional>

#include "converter/graph/shape_inference.h"
#include "converter/graph/subgraph.h"
#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

using graph::GraphPtr;

/// The number in constant input `i`; nullopt while it is none.
std::optional<int64_t> number_of(Builder& b, std::size_t i) {
  const graph::TensorPtr constant = b.constant(i);
  if (!constant)
    return std::nullopt;
  if (graph::is_float(constant->type) || constant->elements() != 1)
    graph::fail_at(b.node(), "its input " + std::to_string(i) + " must be one integer or bool");
  return graph::as_ints(*constant)[0];
}

GraphPtr body_of(Builder& b, const char* key) {
  GraphPtr body = b.node().get_graph(key);
  if (!body)
    graph::fail_at(b.node(), std::string("its attribute '") + key + "' is missing");
  return body;
}

std::vector<ValueId> inlined(Builder& b, const graph::Graph& body,
                             const std::vector<ValueId>& arguments) {
  return graph::inline_body(b.graph(), b.node(), body, arguments);
}

void expect_outputs(Builder& b, const graph::Graph& body, std::size_t before) {
  if (body.outputs.size() < before + b.node().outputs.size()) {
    graph::fail_at(b.node(), "its body has " + std::to_string(body.outputs.size()) + " outputs; " +
                                 std::to_string(before + b.node().outputs.size()) +
                                 " are expected");
  }
}

ValueId scalar(Builder& b, graph::ElementType type, int64_t value) {
  return b.graph().add_constant(
      "iteration",
      graph::reshaped(graph::cast(graph::make_ints(std::vector<int64_t>{value}), type), {}));
}

/// What the iterations made, one behind the other along a new axis.
ValueId stacked(Builder& b, std::vector<ValueId> made, int64_t axis) {
  if (made.empty()) {
    graph::fail_at(b.node(),
                   "it runs no iteration: what it stacks would have no elements, and no type that "
                   "is known");
  }
  for (ValueId& id : made)
    id = b.add("Unsqueeze", {id}, {{"axes", std::vector<int64_t>{axis}}});
  return made.size() == 1 ? made[0] : b.add("Concat", made, {{"axis", axis}});
}

/// Whether a body says by itself that it goes on: its condition is the one that it was given, or
/// a constant. nullopt: it computes that.
std::optional<bool> goes_on(const graph::Graph& body) {
  ValueId id = body.outputs[0];
  for (;;) {
    if (id == body.inputs[1])
      return true;
    if (body.is_constant(id))
      return body.constant(id).elements() == 1 && graph::as_doubles(body.constant(id))[0] != 0;
    const int producer = body.producer(id);
    if (producer < 0)
      return std::nullopt;
    const Node& node = body.nodes[static_cast<std::size_t>(producer)];
    if (node.op == "Constant" && node.get_tensor("value"))
      return graph::as_doubles(*node.get_tensor("value")).at(0) != 0;
    if (node.op != "Identity")
      return std::nullopt;
    id = node.inputs[0];
  }
}

/// Longest loop that is unrolled.
constexpr int64_t kMaxTrips = 4096;

struct Loop {
  GraphPtr body;
  std::size_t carried = 0;    ///< values that go from one iteration to the next
  std::size_t stacks = 0;     ///< values of which all are kept
  int64_t trips = kMaxTrips;  ///< at most
  bool counted = false;       ///< they are given
};

/// One iteration, and the rest of the loop behind it.
bool peel(Builder& b, const Loop& loop) {
  const Node& node = b.node();
  const int64_t done = node.get_int(":iteration", 0);
  if (done >= kMaxTrips)
    graph::fail_at(node, "it runs for more than " + std::to_string(kMaxTrips) + " iterations");
  std::vector<ValueId> arguments = {scalar(b, graph::ElementType::kInt64, done),
                                    scalar(b, graph::ElementType::kBool, 1)};
  for (std::size_t i = 0; i < loop.carried; ++i)
    arguments.push_back(node.inputs[2 + i]);
  const std::vector<ValueId> made = inlined(b, *loop.body, arguments);
  std::vector<ValueId> inputs = node.inputs.ids();
  inputs[0] = loop.counted ? scalar(b, graph::ElementType::kInt64, loop.trips - 1) : kNone;
  for (std::size_t i = 0; i <= loop.carried; ++i)
    inputs[1 + i] = made[i];
  Attributes attributes = node.attributes;
  attributes[":iteration"] = done + 1;
  const std::vector<ValueId> rest = b.add_all("Loop", inputs, attributes, node.outputs.size());
  for (std::size_t i = 0; i < rest.size(); ++i)
    b.finish(rest[i], i);
  return true;
}

/// All iterations, when nothing but their number ends them.
bool unroll(Builder& b, const Loop& loop) {
  const Node& node = b.node();
  std::vector<ValueId> values(node.inputs.begin() + 2,
                              node.inputs.begin() + 2 + static_cast<std::ptrdiff_t>(loop.carried));
  std::vector<std::vector<ValueId>> stacks(loop.stacks);
  for (int64_t trip = 0; trip < loop.trips; ++trip) {
    std::vector<ValueId> arguments = {scalar(b, graph::ElementType::kInt64, trip),
                                      scalar(b, graph::ElementType::kBool, 1)};
    arguments.insert(arguments.end(), values.begin(), values.end());
    const std::vector<ValueId> made = inlined(b, *loop.body, arguments);
    std::copy_n(made.begin() + 1, loop.carried, values.begin());
    for (std::size_t i = 0; i < loop.stacks; ++i)
      stacks[i].push_back(made[1 + loop.carried + i]);
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNone)
      continue;
    b.finish(i < loop.carried ? values[i] : stacked(b, stacks[i - loop.carried], 0), i);
  }
  return true;
}

}  // namespace

bool rewrite_branch(Builder& b) {
  const auto condition = number_of(b, 0);
  if (!condition)
    return false;
  const GraphPtr body = body_of(b, *condition != 0 ? "then_branch" : "else_branch");
  expect_outputs(b, *body, 0);
  const std::vector<ValueId> made = inlined(b, *body, {});
  for (std::size_t i = 0; i < b.node().outputs.size(); ++i)
    b.finish(made[i], i);
  return true;
}

bool rewrite_loop(Builder& b) {
  const Node& node = b.node();
  Loop loop;
  loop.body = body_of(b, "body");
  if (loop.body->inputs.size() < 2 || loop.body->outputs.size() + 1 < loop.body->inputs.size())
    graph::fail_at(node, "its body must take a number and a condition, and give a condition");
  loop.carried = loop.body->inputs.size() - 2;
  loop.stacks = loop.body->outputs.size() - 1 - loop.carried;
  expect_outputs(b, *loop.body, 1);
  if (loop.body->captured_from != 2 + loop.carried)
    graph::fail_at(node, "its body takes " + std::to_string(loop.carried) +
                             " values, which are not what it is given");
  const auto trips = number_of(b, 0);
  const auto condition = number_of(b, 1);
  if ((b.input(0) != kNone && !trips) || (b.input(1) != kNone && !condition))
    return false;
  loop.counted = trips.has_value();
  loop.trips = trips.value_or(kMaxTrips);
  if (condition == 0 || loop.trips <= 0)
    loop.trips = 0;
  else if (goes_on(*loop.body) == false)
    loop.trips = 1;
  else if (!goes_on(*loop.body))
    return loop.stacks == 0 && peel(b, loop);
  else if (!loop.counted || loop.trips > kMaxTrips)
    graph::fail_at(node, "it runs for more than " + std::to_string(kMaxTrips) + " iterations");
  return unroll(b, loop);
}

bool rewrite_scan(Builder& b) {
  const Node& node = b.node();
  const GraphPtr body = body_of(b, "body");
  const auto scanned =
      static_cast<std::size_t>(std::max<int64_t>(0, node.get_int("num_scan_inputs", 0)));
  if (b.graph().opset < 9)
    graph::fail_at(node, "Scan is supported as operator sets from 9 on have it");
  if (scanned < 1 || body->inputs.size() < scanned || body->captured_from != body->inputs.size())
    graph::fail_at(node, "its body and its inputs do not fit each other");
  const std::size_t carried = body->inputs.size() - scanned;
  expect_outputs(b, *body, 0);
  if (body->outputs.size() < carried)
    graph::fail_at(node, "its body gives fewer values than it carries along");
  const std::size_t stacks = body->outputs.size() - carried;
  const auto list = [&](const char* key, std::size_t size) {
    std::vector<int64_t> entries = node.get_ints(key, std::vector<int64_t>(size, 0));
    if (entries.size() != size)
      graph::fail_at(node, std::string("its attribute '") + key + "' has " +
                               std::to_string(entries.size()) + " entries; " +
                               std::to_string(size) + " are expected");
    return entries;
  };
  const std::vector<int64_t> in_axes = list("scan_input_axes", scanned);
  const std::vector<int64_t> in_back = list("scan_input_directions", scanned);
  const std::vector<int64_t> out_axes = list("scan_output_axes", stacks);
  const std::vector<int64_t> out_back = list("scan_output_directions", stacks);
  std::optional<int64_t> trips;
  std::vector<int64_t> axes;
  for (std::size_t i = 0; i < scanned; ++i) {
    if (!b.has_shape(carried + i))
      return false;
    const DimShape& shape = b.shape(node.inputs[carried + i]);
    axes.push_back(static_cast<int64_t>(graph::normalize_axis(node, in_axes[i], shape.size())));
    const graph::Dim& extent = shape[static_cast<std::size_t>(axes[i])];
    if (!extent.fixed())
      return false;
    if (trips && *trips != extent.value)
      graph::fail_at(node, "the sequences that it goes through differ in length");
    trips = extent.value;
  }
  if (*trips > kMaxTrips)
    graph::fail_at(node, "it runs for more than " + std::to_string(kMaxTrips) + " iterations");
  std::vector<ValueId> values(node.inputs.begin(),
                              node.inputs.begin() + static_cast<std::ptrdiff_t>(carried));
  std::vector<std::vector<ValueId>> made(stacks);
  for (int64_t trip = 0; trip < *trips; ++trip) {
    std::vector<ValueId> arguments = values;
    for (std::size_t i = 0; i < scanned; ++i) {
      const int64_t at = in_back[i] != 0 ? *trips - 1 - trip : trip;
      const ValueId part = b.slice(node.inputs[carried + i], axes[i], at, at + 1);
      arguments.push_back(b.add("Squeeze", {part}, {{"axes", std::vector<int64_t>{axes[i]}}}));
    }
    const std::vector<ValueId> outputs = inlined(b, *body, arguments);
    std::copy_n(outputs.begin(), carried, values.begin());
    for (std::size_t i = 0; i < stacks; ++i)
      made[i].push_back(outputs[carried + i]);
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNone)
      continue;
    if (i < carried) {
      b.finish(values[i], i);
      continue;
    }
    std::vector<ValueId>& parts = made[i - carried];
    if (out_back[i - carried] != 0)
      std::reverse(parts.begin(), parts.end());
    b.finish(stacked(b, parts, out_axes[i - carried]), i);
  }
  return true;
}

}  // namespace edgy::converter::rewrite

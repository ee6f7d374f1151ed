#include "converter/pruning/channel_groups.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

#include "wasm/format/operands.h"

namespace edgy::converter {
namespace {

using format::fb::ModelT;
using format::fb::OperatorOptions;
using format::fb::OperatorT;
using format::fb::TensorT;

/// Disjoint sets of tensors whose channels must be pruned alike.
class ChannelSets {
 public:
  explicit ChannelSets(std::size_t tensors) : parent_(tensors), fixed_(tensors) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  int find(int tensor) {
    while (at(parent_, tensor) != tensor)
      tensor = at(parent_, tensor) = at(parent_, at(parent_, tensor));
    return tensor;
  }
  void tie(int a, int b) {
    a = find(a);
    b = find(b);
    at(parent_, b) = a;
    fixed_[static_cast<std::size_t>(a)] = fixed(a) || fixed_[static_cast<std::size_t>(b)];
  }
  /// The channels of this set can not change.
  void fix(int tensor) { fixed_[static_cast<std::size_t>(find(tensor))] = true; }
  bool fixed(int tensor) { return fixed_[static_cast<std::size_t>(find(tensor))]; }

 private:
  static int& at(std::vector<int>& v, int i) { return v[static_cast<std::size_t>(i)]; }
  std::vector<int> parent_;
  std::vector<bool> fixed_;
};

const TensorT& tensor(const ModelT& model, int index) {
  return *model.tensors[static_cast<std::size_t>(index)];
}

bool is_constant(const ModelT& model, int index) {
  return index >= 0 && tensor(model, index).buffer >= 0;
}

int channels(const ModelT& model, int index) {
  const auto& shape = tensor(model, index).shape;
  return shape.empty() ? 0 : shape.back();
}

/// The tensors of a list that are there.
std::vector<int> present(const std::vector<int32_t>& list) {
  std::vector<int> tensors;
  std::copy_if(list.begin(), list.end(), std::back_inserter(tensors),
               [](int tensor) { return tensor >= 0; });
  return tensors;
}

/// What the operator reads first. It must be there.
int input_of(const OperatorT& op, std::size_t i = 0) {
  return format::operand(op.inputs, i).entry();
}

/// What the operator gives: its first output that is there.
int output_of(const OperatorT& op) {
  return format::first_operand(op.outputs).entry();
}

bool is_layer(const OperatorT& op) {
  return op.options.type == OperatorOptions::Conv2D || op.options.type == OperatorOptions::Dense;
}

int groups(const OperatorT& op) {
  return op.options.type == OperatorOptions::Conv2D ? op.options.AsConv2D()->groups : 1;
}

bool downsamples(const OperatorT& op) {
  if (op.options.type != OperatorOptions::Conv2D)
    return false;
  return op.options.AsConv2D()->stride_h > 1 || op.options.AsConv2D()->stride_w > 1;
}

/// An elementwise operator keeps channels where they are; its constants must be scalars or one
/// value a channel.
bool ties_elementwise(const ModelT& model, const OperatorT& op) {
  const int count = channels(model, output_of(op));
  for (const int input : present(op.inputs)) {
    if (is_constant(model, input)) {
      const auto& shape = tensor(model, input).shape;
      const bool leading_ones =
          std::all_of(shape.begin(), shape.empty() ? shape.end() : shape.end() - 1,
                      [](int extent) { return extent == 1; });
      if (!leading_ones || (!shape.empty() && shape.back() != 1 && shape.back() != count))
        return false;
    } else if (tensor(model, input).shape.size() != tensor(model, output_of(op)).shape.size() ||
               channels(model, input) != count) {
      return false;
    }
  }
  return true;
}

/// Ties and fixes channels by what `op` does with them.
void visit(const ModelT& model, const OperatorT& op, ChannelSets& sets) {
  const auto fix_all = [&] {
    for (const int input : present(op.inputs))
      sets.fix(input);
    for (const int output : present(op.outputs))
      sets.fix(output);
  };
  switch (op.options.type) {
    case OperatorOptions::Conv2D:
      if (is_depthwise(model, op)) {
        sets.tie(input_of(op), output_of(op));
      } else if (groups(op) > 1) {
        fix_all();
      }
      return;
    case OperatorOptions::Dense:
      return;
    case OperatorOptions::Pool2D:
      sets.tie(input_of(op), output_of(op));
      return;
    case OperatorOptions::Unary:
    case OperatorOptions::Binary:
      if (!ties_elementwise(model, op))
        return fix_all();
      for (const int input : present(op.inputs)) {
        if (!is_constant(model, input))
          sets.tie(input, output_of(op));
      }
      return;
    case OperatorOptions::Reduce: {
      const auto& reduce = *op.options.AsReduce();
      const int rank = static_cast<int>(tensor(model, input_of(op)).shape.size());
      for (const int axis : reduce.axes) {
        if (axis == -1 || axis == rank - 1)
          return fix_all();
      }
      sets.tie(input_of(op), output_of(op));
      return;
    }
    default:
      fix_all();
  }
}

/// A group while it is being collected.
struct Candidate : ChannelGroup {
  bool allowed = true;
};

/// Tensors that hang on what a layer gives. What the others hold is an input, perhaps transposed.
std::set<int> outputs_of_layers(const ModelT& model) {
  std::set<int> found;
  for (const auto& op : model.operators) {
    if (is_layer(*op) || std::any_of(op->inputs.begin(), op->inputs.end(),
                                     [&](int input) { return found.contains(input); })) {
      for (const int output : present(op->outputs))
        found.insert(output);
    }
  }
  return found;
}

std::map<int, Candidate> collect(const ModelT& model, ChannelSets& sets,
                                 const FilterPruningOptions& options) {
  std::map<int, Candidate> found;
  const std::set<int> behind_layers = outputs_of_layers(model);
  int last_layer = -1;
  for (std::size_t i = 0; i < model.operators.size(); ++i) {
    if (is_layer(*model.operators[i]))
      last_layer = static_cast<int>(i);
  }
  for (std::size_t i = 0; i < model.operators.size(); ++i) {
    const OperatorT& op = *model.operators[i];
    const int index = static_cast<int>(i);
    Candidate& out = found[sets.find(output_of(op))];
    for (const int output : present(op.outputs))
      out.activations.insert(output);
    out.count = channels(model, output_of(op));
    if (!is_layer(op)) {
      for (const int input : op.inputs) {
        if (is_constant(model, input) && channels(model, input) == out.count)
          out.constants.insert(input);
      }
      continue;
    }
    out.producers.push_back(index);
    if (!is_constant(model, input_of(op, 1)))
      out.allowed = false;
    if (is_depthwise(model, op))
      continue;
    found[sets.find(input_of(op))].consumers.push_back(index);
    if (!options.prune_first && !behind_layers.contains(input_of(op)))
      out.allowed = false;
    if (!options.prune_last && index == last_layer)
      out.allowed = false;
    if (!options.prune_downsampling && downsamples(op))
      out.allowed = false;
  }
  return found;
}

/// Depthwise layers produce channels that another layer decides on: without such a layer there is
/// nothing to rank by.
bool has_ranking_layer(const ModelT& model, const ChannelGroup& group) {
  return std::any_of(group.producers.begin(), group.producers.end(), [&](int producer) {
    return !is_depthwise(model, *model.operators[static_cast<std::size_t>(producer)]);
  });
}

}  // namespace

bool is_depthwise(const ModelT& model, const OperatorT& op) {
  return groups(op) > 1 && groups(op) == channels(model, input_of(op)) &&
         tensor(model, input_of(op, 1)).shape[0] == groups(op);
}

std::vector<ChannelGroup> prunable_groups(const ModelT& model,
                                          const FilterPruningOptions& options) {
  ChannelSets sets(model.tensors.size());
  for (const auto& op : model.operators)
    visit(model, *op, sets);
  for (const int input : model.inputs)
    sets.fix(input);
  for (const int output : model.outputs)
    sets.fix(output);
  std::vector<ChannelGroup> groups;
  for (const auto& [root, group] : collect(model, sets, options)) {
    if (group.allowed && !sets.fixed(root) && has_ranking_layer(model, group))
      groups.push_back(group);
  }
  return groups;
}

}  // namespace edgy::converter

#include <algorithm>
#include <set>

#include "converter/lower/context.h"
#include "converter/text.h"

namespace edgy::converter::lower {
namespace {

using graph::Graph;

/// A tensor of its own for each output: one that is neither an input, a constant nor another
/// output.
void place_outputs(Context& context) {
  const Graph& graph = context.graph();
  fb::ModelT& model = context.model();
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const graph::Value& declared = graph.declared_outputs[i];
    Node node;
    node.name = declared.name;
    node.op = "output";
    const graph::ElementType type = graph.value(graph.outputs[i]).type;
    if (declared.type != type) {
      throw Error("output " + in_quotes(declared.name) + " would be " + graph::to_string(type) +
                  ", and the model declares " + graph::to_string(declared.type) +
                  ", which is not made here");
    }
    int tensor = context.plain(node, graph.outputs[i]);
    const auto taken = [&](const std::vector<int>& list) {
      return std::find(list.begin(), list.end(), tensor) != list.end();
    };
    if (taken(model.inputs) || taken(model.outputs) ||
        model.tensors[static_cast<std::size_t>(tensor)]->buffer >= 0) {
      const DimShape shape = context.tensor_shape(tensor);
      const int copy = context.add_activation(declared.name, type, shape);
      fb::ReshapeT options;
      options.shape.assign(shape.size(), 0);
      context.add_operator(node, std::move(options), {tensor}, {copy});
      tensor = copy;
    }
    model.outputs.push_back(tensor);
  }
}

/// Names and dimension names as the source model declares them.
void name_outputs(Context& context) {
  fb::ModelT& model = context.model();
  for (std::size_t i = 0; i < model.outputs.size(); ++i) {
    const graph::Value& declared = context.graph().declared_outputs[i];
    fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(model.outputs[i])];
    tensor.name = declared.name;
    if (!declared.shape || declared.shape->size() != tensor.shape.size()) {
      continue;
    }
    for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
      const graph::Dim& dim = (*declared.shape)[axis];
      if (tensor.shape[axis] < 0 && !dim.fixed() && !dim.symbol.starts_with('?')) {
        tensor.dims[axis] = dim.symbol;
      }
    }
  }
}

void drop_unread_operators(fb::ModelT& model) {
  std::set<int> needed(model.outputs.begin(), model.outputs.end());
  for (auto op = model.operators.rbegin(); op != model.operators.rend(); ++op) {
    const bool used = std::any_of((*op)->outputs.begin(), (*op)->outputs.end(),
                                  [&](int out) { return needed.contains(out); });
    if (!used) {
      op->reset();
      continue;
    }
    needed.insert((*op)->inputs.begin(), (*op)->inputs.end());
  }
  std::erase(model.operators, nullptr);
}

/// Keeps tensors and buffers in order of first use, and nothing else.
void renumber(fb::ModelT& model) {
  std::vector<int> number(model.tensors.size(), -1);
  std::vector<std::unique_ptr<fb::TensorT>> tensors;
  std::vector<std::unique_ptr<fb::BufferT>> buffers;
  const auto renumbered = [&](int tensor) {
    if (tensor < 0) {
      return -1;
    }
    int& to = number[static_cast<std::size_t>(tensor)];
    if (to < 0) {
      to = static_cast<int>(tensors.size());
      tensors.push_back(std::move(model.tensors[static_cast<std::size_t>(tensor)]));
      if (tensors.back()->buffer >= 0) {
        buffers.push_back(
            std::move(model.buffers[static_cast<std::size_t>(tensors.back()->buffer)]));
        tensors.back()->buffer = static_cast<int>(buffers.size()) - 1;
      }
    }
    return to;
  };
  for (int& input : model.inputs)
    input = renumbered(input);
  for (auto& op : model.operators) {
    for (int& input : op->inputs)
      input = renumbered(input);
    for (int& output : op->outputs)
      output = renumbered(output);
  }
  for (int& output : model.outputs)
    output = renumbered(output);
  model.tensors = std::move(tensors);
  model.buffers = std::move(buffers);
}

/// Inputs and outputs keep their names; others that have the same get a suffix.
void make_names_unique(fb::ModelT& model) {
  std::set<std::string> taken;
  std::set<int> fixed(model.inputs.begin(), model.inputs.end());
  fixed.insert(model.outputs.begin(), model.outputs.end());
  for (int tensor : fixed)
    taken.insert(model.tensors[static_cast<std::size_t>(tensor)]->name);
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    if (fixed.contains(static_cast<int>(i))) {
      continue;
    }
    const std::string name = model.tensors[i]->name;
    for (int suffix = 2; !taken.insert(model.tensors[i]->name).second; ++suffix) {
      model.tensors[i]->name = name + "#" + std::to_string(suffix);
    }
  }
}

}  // namespace

void finish_model(Context& context) {
  place_outputs(context);
  name_outputs(context);
  drop_unread_operators(context.model());
  renumber(context.model());
  make_names_unique(context.model());
}

}  // namespace edgy::converter::lower

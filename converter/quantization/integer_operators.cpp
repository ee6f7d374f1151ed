#include "converter/quantization/integer_operators.h"

#include <algorithm>
#include <limits>
#include <map>

#include "converter/quantization/float_layers.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

using Options = fb::OperatorOptions;
using format::Integers;

const fb::TensorT& tensor_of(const fb::ModelT& model, int index) {
  return *model.tensors[static_cast<std::size_t>(index)];
}

const fb::OperatorT& operator_of(const fb::ModelT& model, int op) {
  return *model.operators[static_cast<std::size_t>(op)];
}

bool is_float_activation(const fb::ModelT& model, int index) {
  return index >= 0 && tensor_of(model, index).buffer < 0 &&
         tensor_of(model, index).type == fb::DataType::F32;
}

bool is_float_constant(const fb::ModelT& model, int index) {
  return index >= 0 && tensor_of(model, index).buffer >= 0 &&
         tensor_of(model, index).type == fb::DataType::F32;
}

/// Whether the axes that Reduce takes are next to each other.
bool takes_neighbours(const fb::ReduceT& reduce, std::size_t rank) {
  std::set<int> axes;
  for (const int axis : reduce.axes)
    axes.insert(axis < 0 ? axis + static_cast<int>(rank) : axis);
  return axes.empty() || *axes.rbegin() - *axes.begin() + 1 == static_cast<int>(axes.size());
}

/// A comparison of what was rounded jumps where the numbers are close.
bool compares(fb::BinaryKind kind) {
  return kind == fb::BinaryKind::IsLess || kind == fb::BinaryKind::IsEqual ||
         kind == fb::BinaryKind::Keep;
}

/// Inputs that have to be integers, or constants that may stay what they are.
bool has_right_operands(const fb::ModelT& model, const fb::OperatorT& op) {
  if (op.outputs.size() != 1 || !is_float_activation(model, op.outputs[0]))
    return false;
  const bool binary = op.options.type == Options::Binary;
  if (binary || is_product(op) || op.options.type == Options::Concat) {
    return !integer_inputs(model, op).empty() &&
           std::all_of(op.inputs.begin(), op.inputs.end(), [&](int input) {
             return is_float_activation(model, input) ||
                    (binary && is_float_constant(model, input));
           });
  }
  return is_float_activation(model, op.inputs[0]);
}

}  // namespace

bool is_recurrent(const fb::OperatorT& op) {
  return op.options.type == Options::Lstm;
}

bool is_product(const fb::OperatorT& op) {
  return op.options.type == Options::MatMul;
}

bool has_integer_form(const fb::ModelT& model, const fb::OperatorT& op) {
  if (is_recurrent(op)) {
    return is_float_activation(model, op.inputs[0]) && is_float_constant(model, op.inputs[1]) &&
           is_float_constant(model, op.inputs[2]) && op.outputs[0] >= 0;
  }
  if (integers_of(op) == Integers::kNone || !has_right_operands(model, op))
    return false;
  const auto* reduce = op.options.AsReduce();
  return reduce == nullptr ||
         takes_neighbours(*reduce, tensor_of(model, op.inputs[0]).shape.size());
}

Integers integers_of(const fb::OperatorT& op) {
  const format::OperatorTraits* traits = format::traits_of(op.options.type);
  if (traits == nullptr)
    return Integers::kNone;
  if (const auto* pool = op.options.AsPool2D())
    return format::integers_of(pool->kind);
  if (const auto* reduce = op.options.AsReduce())
    return format::integers_of(reduce->kind);
  const auto* binary = op.options.AsBinary();
  if (binary != nullptr && compares(binary->kind))
    return Integers::kNone;
  const bool without_weights =
      traits->integers == Integers::kMoved || traits->integers == Integers::kComputed;
  return without_weights ? traits->integers : Integers::kNone;
}

std::vector<int> integer_inputs(const fb::ModelT& model, const fb::OperatorT& op) {
  const bool all =
      op.options.type == Options::Binary || op.options.type == Options::Concat || is_product(op);
  std::vector<int> inputs;
  for (std::size_t i = 0; i < (all ? op.inputs.size() : 1); ++i) {
    if (op.inputs[i] >= 0 && tensor_of(model, op.inputs[i]).buffer < 0)
      inputs.push_back(op.inputs[i]);
  }
  return inputs;
}

OperatorSet integer_candidates(const fb::ModelT& f32, const std::vector<Layer>& layers,
                               const std::vector<bool>& quantized) {
  std::set<int> read_by_layers;
  std::set<int> made_by_layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!quantized[i])
      continue;
    read_by_layers.insert(layers[i].input);
    made_by_layers.insert(layers[i].output);
  }
  OperatorSet kept;
  for (std::size_t i = 0; i < f32.operators.size() && !made_by_layers.empty(); ++i) {
    const fb::OperatorT& op = *f32.operators[i];
    if (!has_integer_form(f32, op))
      continue;
    kept.insert(static_cast<int>(i));
    if (is_recurrent(op) || is_product(op)) {
      const std::vector<int> inputs = integer_inputs(f32, op);
      read_by_layers.insert(inputs.begin(), inputs.end());
    }
  }
  // Who goes may take others along, until nobody goes.
  for (std::size_t before = kept.size() + 1; before != kept.size();) {
    before = kept.size();
    std::set<int> made = made_by_layers;
    std::set<int> read = read_by_layers;
    for (const int op : kept) {
      if (!is_recurrent(operator_of(f32, op)))
        made.insert(operator_of(f32, op).outputs[0]);
      for (const int input : integer_inputs(f32, operator_of(f32, op)))
        read.insert(input);
    }
    std::erase_if(kept, [&](int index) {
      const fb::OperatorT& op = operator_of(f32, index);
      if (is_recurrent(op) || is_product(op))
        return false;
      const std::vector<int> inputs = integer_inputs(f32, op);
      const bool given = std::all_of(inputs.begin(), inputs.end(), [&](int input) {
        return made.contains(input) || read_by_layers.contains(input);
      });
      return !given || !read.contains(op.outputs[0]);
    });
  }
  return kept;
}

std::set<int> tensors_of(const fb::ModelT& f32, const OperatorSet& operators) {
  std::set<int> tensors;
  for (const int op : operators) {
    const std::vector<int> inputs = integer_inputs(f32, operator_of(f32, op));
    tensors.insert(inputs.begin(), inputs.end());
    tensors.insert(operator_of(f32, op).outputs[0]);
  }
  return tensors;
}

bool has_ranges(const fb::ModelT& f32, int op, const Calibration& calibration) {
  const std::set<int> tensors = tensors_of(f32, {op});
  return std::all_of(tensors.begin(), tensors.end(), [&](int tensor) {
    const auto found = calibration.find(tensor);
    return found != calibration.end() && found->second.not_finite() == 0 &&
           has_scale(found->second);
  });
}

std::vector<OperatorSet> islands_of(const fb::ModelT& f32, const OperatorSet& operators) {
  std::map<int, std::size_t> island_of;  // tensor -> island
  std::vector<OperatorSet> islands;
  for (const int op : operators) {
    std::set<std::size_t> touched;
    for (const int tensor : tensors_of(f32, {op})) {
      const auto found = island_of.find(tensor);
      if (found != island_of.end())
        touched.insert(found->second);
    }
    const std::size_t home = touched.empty() ? islands.size() : *touched.begin();
    if (touched.empty())
      islands.emplace_back();
    islands[home].insert(op);
    for (const std::size_t other : touched) {
      if (other != home)
        islands[home].merge(islands[other]);
    }
    for (const int member : islands[home]) {
      for (const int tensor : tensors_of(f32, {member}))
        island_of[tensor] = home;
    }
  }
  std::erase_if(islands, [](const OperatorSet& island) { return island.empty(); });
  return islands;
}

}  // namespace edgy::converter

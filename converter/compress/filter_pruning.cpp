#include "converter/compress/filter_pruning.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <set>

#include "converter/error.h"

namespace edgy::converter {
namespace {

using format::fb::DataType;
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

TensorT& tensor(ModelT& model, int index) {
  return *model.tensors[static_cast<std::size_t>(index)];
}

bool is_constant(ModelT& model, int index) {
  return index >= 0 && tensor(model, index).buffer >= 0;
}

int channels(ModelT& model, int index) {
  const auto& shape = tensor(model, index).shape;
  return shape.empty() ? 0 : shape.back();
}

bool is_layer(const OperatorT& op) {
  return op.options.type == OperatorOptions::Conv2D || op.options.type == OperatorOptions::Dense;
}

int groups(const OperatorT& op) {
  return op.options.type == OperatorOptions::Conv2D ? op.options.AsConv2D()->groups : 1;
}

bool is_depthwise(ModelT& model, const OperatorT& op) {
  return groups(op) > 1 && groups(op) == channels(model, op.inputs[0]) &&
         tensor(model, op.inputs[1]).shape[0] == groups(op);
}

bool downsamples(const OperatorT& op) {
  if (op.options.type != OperatorOptions::Conv2D)
    return false;
  return op.options.AsConv2D()->stride_h > 1 || op.options.AsConv2D()->stride_w > 1;
}

/// An elementwise operator keeps channels where they are; its constants must be scalars or one
/// value a channel.
bool ties_elementwise(ModelT& model, const OperatorT& op) {
  const int count = channels(model, op.outputs[0]);
  for (const int input : op.inputs) {
    if (input < 0)
      continue;
    if (is_constant(model, input)) {
      const auto& shape = tensor(model, input).shape;
      const bool leading_ones =
          std::all_of(shape.begin(), shape.empty() ? shape.end() : shape.end() - 1,
                      [](int extent) { return extent == 1; });
      if (!leading_ones || (!shape.empty() && shape.back() != 1 && shape.back() != count))
        return false;
    } else if (tensor(model, input).shape.size() != tensor(model, op.outputs[0]).shape.size() ||
               channels(model, input) != count) {
      return false;
    }
  }
  return true;
}

/// Ties and fixes channels by what `op` does with them.
void visit(ModelT& model, const OperatorT& op, ChannelSets& sets) {
  const auto fix_all = [&] {
    for (const int input : op.inputs) {
      if (input >= 0)
        sets.fix(input);
    }
    for (const int output : op.outputs)
      sets.fix(output);
  };
  switch (op.options.type) {
    case OperatorOptions::Conv2D:
      if (is_depthwise(model, op)) {
        sets.tie(op.inputs[0], op.outputs[0]);
      } else if (groups(op) > 1) {
        fix_all();
      }
      return;
    case OperatorOptions::Dense:
      return;
    case OperatorOptions::Pool2D:
      sets.tie(op.inputs[0], op.outputs[0]);
      return;
    case OperatorOptions::Unary:
    case OperatorOptions::Binary:
      if (!ties_elementwise(model, op))
        return fix_all();
      for (const int input : op.inputs) {
        if (!is_constant(model, input))
          sets.tie(input, op.outputs[0]);
      }
      return;
    case OperatorOptions::Reduce: {
      const auto& reduce = *op.options.AsReduce();
      const int rank = static_cast<int>(tensor(model, op.inputs[0]).shape.size());
      for (const int axis : reduce.axes) {
        if (axis == -1 || axis == rank - 1)
          return fix_all();
      }
      sets.tie(op.inputs[0], op.outputs[0]);
      return;
    }
    default:
      fix_all();
  }
}

std::vector<float> floats(ModelT& model, int index) {
  TensorT& t = tensor(model, index);
  if (t.type != DataType::F32)
    throw Error("filter pruning: tensor '" + t.name + "' is not float32; prune before quantizing");
  const auto& bytes = model.buffers[static_cast<std::size_t>(t.buffer)]->data;
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// Keeps the entries `kept` of axis `axis` of a constant. Other operators may share the buffer, so
/// the result gets its own.
void keep_entries(ModelT& model, int index, std::size_t axis, const std::vector<int>& kept) {
  TensorT& t = tensor(model, index);
  const std::vector<float> values = floats(model, index);
  std::size_t outer = 1;
  std::size_t inner = 1;
  for (std::size_t d = 0; d < axis; ++d)
    outer *= static_cast<std::size_t>(t.shape[d]);
  for (std::size_t d = axis + 1; d < t.shape.size(); ++d)
    inner *= static_cast<std::size_t>(t.shape[d]);
  const auto extent = static_cast<std::size_t>(t.shape[axis]);
  auto buffer = std::make_unique<format::fb::BufferT>();
  buffer->data.resize(outer * kept.size() * inner * sizeof(float));
  uint8_t* out = buffer->data.data();
  for (std::size_t o = 0; o < outer; ++o) {
    for (const int entry : kept) {
      std::memcpy(out, &values[(o * extent + static_cast<std::size_t>(entry)) * inner],
                  inner * sizeof(float));
      out += inner * sizeof(float);
    }
  }
  t.shape[axis] = static_cast<int>(kept.size());
  t.buffer = static_cast<int>(model.buffers.size());
  model.buffers.push_back(std::move(buffer));
}

/// A set of channels with everything that has to change when some of them go.
struct Group {
  std::vector<int> producers;  ///< operators: axis 0 of weights and bias
  std::vector<int> consumers;  ///< operators: last axis of weights
  std::set<int> activations;
  std::set<int> constants;  ///< of elementwise operators, one value a channel
  bool allowed = true;
  int count = 0;
};

/// Tensors that hang on what a layer gives. What the others hold is an input, perhaps transposed.
std::set<int> outputs_of_layers(const ModelT& model) {
  std::set<int> found;
  for (const auto& op : model.operators) {
    if (is_layer(*op) || std::any_of(op->inputs.begin(), op->inputs.end(),
                                     [&](int input) { return found.contains(input); }))
      found.insert(op->outputs.begin(), op->outputs.end());
  }
  return found;
}

std::map<int, Group> collect(ModelT& model, ChannelSets& sets,
                             const FilterPruningOptions& options) {
  std::map<int, Group> found;
  const std::set<int> behind_layers = outputs_of_layers(model);
  int last_layer = -1;
  for (std::size_t i = 0; i < model.operators.size(); ++i) {
    if (is_layer(*model.operators[i]))
      last_layer = static_cast<int>(i);
  }
  for (std::size_t i = 0; i < model.operators.size(); ++i) {
    const OperatorT& op = *model.operators[i];
    const int index = static_cast<int>(i);
    Group& out = found[sets.find(op.outputs[0])];
    out.activations.insert(op.outputs.begin(), op.outputs.end());
    out.count = channels(model, op.outputs[0]);
    if (!is_layer(op)) {
      for (const int input : op.inputs) {
        if (is_constant(model, input) && channels(model, input) == out.count)
          out.constants.insert(input);
      }
      continue;
    }
    out.producers.push_back(index);
    if (!is_constant(model, op.inputs[1]))
      out.allowed = false;
    if (is_depthwise(model, op))
      continue;
    found[sets.find(op.inputs[0])].consumers.push_back(index);
    if (!options.prune_first && !behind_layers.contains(op.inputs[0]))
      out.allowed = false;
    if (!options.prune_last && index == last_layer)
      out.allowed = false;
    if (!options.prune_downsampling && downsamples(op))
      out.allowed = false;
  }
  return found;
}

/// How many filters each group keeps, so that the share over all of them is met to a filter.
class FilterCounts {
 public:
  explicit FilterCounts(const FilterPruningOptions& options) : options_(options) {}

  std::size_t keep(std::size_t count) {
    wanted_ += static_cast<double>(count) * options_.rate;
    const auto due = std::max<int64_t>(0, std::llround(wanted_ - removed_));
    const auto step = static_cast<std::size_t>(options_.multiple_of);
    std::size_t keep = count - std::min(count, static_cast<std::size_t>(due));
    keep = std::min(count, std::max<std::size_t>(1, (keep + step - 1) / step * step));
    removed_ += static_cast<double>(count - keep);
    return keep;
  }

 private:
  const FilterPruningOptions& options_;
  double wanted_ = 0;
  double removed_ = 0;
};

/// The `keep` channels of `group` that count most.
std::vector<int> choose(ModelT& model, const Group& group, std::size_t keep,
                        const FilterPruningOptions& options) {
  const auto count = static_cast<std::size_t>(group.count);
  std::vector<double> score(count);
  for (const int producer : group.producers) {
    const auto& op = *model.operators[static_cast<std::size_t>(producer)];
    if (is_depthwise(model, op))
      continue;
    const auto layer = filter_importance(floats(model, op.inputs[1]), count, options.importance);
    const double mean =
        std::accumulate(layer.begin(), layer.end(), 0.0) / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i)
      score[i] += mean > 0 ? layer[i] / mean : 0;
  }
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return score[static_cast<std::size_t>(a)] > score[static_cast<std::size_t>(b)];
  });
  order.resize(keep);
  std::sort(order.begin(), order.end());
  return order;
}

void remove_channels(ModelT& model, const Group& group, const std::vector<int>& kept) {
  std::set<int> done;  // weights that two operators share are cut once an axis
  for (const int producer : group.producers) {
    auto& op = *model.operators[static_cast<std::size_t>(producer)];
    if (done.insert(op.inputs[1]).second)
      keep_entries(model, op.inputs[1], 0, kept);
    if (op.inputs.size() > 2 && op.inputs[2] >= 0 && done.insert(op.inputs[2]).second) {
      keep_entries(model, op.inputs[2], 0, kept);
    }
    if (is_layer(op) && groups(op) > 1)
      op.options.AsConv2D()->groups = static_cast<int>(kept.size());
  }
  done.clear();
  for (const int consumer : group.consumers) {
    const auto& op = *model.operators[static_cast<std::size_t>(consumer)];
    if (done.insert(op.inputs[1]).second)
      keep_entries(model, op.inputs[1], tensor(model, op.inputs[1]).shape.size() - 1, kept);
  }
  for (const int constant : group.constants) {
    keep_entries(model, constant, tensor(model, constant).shape.size() - 1, kept);
  }
  for (const int activation : group.activations)
    tensor(model, activation).shape.back() = static_cast<int>(kept.size());
}

/// Depthwise layers produce channels that another layer decides on: without such a layer there is
/// nothing to rank by.
bool has_ranking_layer(ModelT& model, const Group& group) {
  return std::any_of(group.producers.begin(), group.producers.end(), [&](int producer) {
    return !is_depthwise(model, *model.operators[static_cast<std::size_t>(producer)]);
  });
}

}  // namespace

std::vector<double> filter_importance(const std::vector<float>& weights, std::size_t filters,
                                      FilterImportance importance) {
  std::vector<double> result(filters);
  const std::size_t size = filters ? weights.size() / filters : 0;
  for (std::size_t i = 0; i < filters; ++i) {
    const float* row = &weights[i * size];
    if (importance == FilterImportance::kL1) {
      for (std::size_t k = 0; k < size; ++k)
        result[i] += std::fabs(row[k]);
    } else if (importance == FilterImportance::kL2) {
      for (std::size_t k = 0; k < size; ++k)
        result[i] += double{row[k]} * row[k];
      result[i] = std::sqrt(result[i]);
    } else {
      for (std::size_t j = 0; j < i; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < size; ++k) {
          const double difference = double{row[k]} - weights[j * size + k];
          sum += difference * difference;
        }
        result[i] += std::sqrt(sum);
        result[j] += std::sqrt(sum);
      }
    }
  }
  return result;
}

double pruned_share(const std::vector<PrunedChannels>& report) {
  double before = 0;
  double after = 0;
  for (const PrunedChannels& entry : report) {
    before += entry.before;
    after += entry.after;
  }
  return before > 0 ? 1 - after / before : 0;
}

std::vector<PrunedChannels> prune_filters(ModelT& model, const FilterPruningOptions& options) {
  if (!(options.rate >= 0 && options.rate <= 0.95)) {
    throw Error("filter pruning: the rate must be from 0 to 0.95, not " +
                std::to_string(options.rate));
  }
  if (options.multiple_of < 1)
    throw Error("filter pruning: multiple_of must be at least 1");
  ChannelSets sets(model.tensors.size());
  for (const auto& op : model.operators)
    visit(model, *op, sets);
  for (const int input : model.inputs)
    sets.fix(input);
  for (const int output : model.outputs)
    sets.fix(output);

  std::vector<PrunedChannels> report;
  FilterCounts counts(options);
  for (const auto& [root, group] : collect(model, sets, options)) {
    if (!group.allowed || sets.fixed(root) || group.producers.empty() ||
        !has_ranking_layer(model, group))
      continue;
    const std::vector<int> kept =
        choose(model, group, counts.keep(static_cast<std::size_t>(group.count)), options);
    PrunedChannels entry;
    entry.tensors.assign(group.activations.begin(), group.activations.end());
    entry.kept = kept;
    for (const int producer : group.producers) {
      entry.layers.push_back(model.operators[static_cast<std::size_t>(producer)]->name);
    }
    entry.before = group.count;
    entry.after = static_cast<int>(kept.size());
    remove_channels(model, group, kept);
    report.push_back(std::move(entry));
  }
  return report;
}

}  // namespace edgy::converter

#include "converter/pruning/filter_pruning.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>

#include "converter/error.h"
#include "converter/pruning/channel_groups.h"

namespace edgy::converter {
namespace {

using format::fb::DataType;
using format::fb::ModelT;
using format::fb::OperatorOptions;
using format::fb::OperatorT;
using format::fb::TensorT;

TensorT& tensor(ModelT& model, int index) {
  return *model.tensors[static_cast<std::size_t>(index)];
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
std::vector<int> choose(ModelT& model, const ChannelGroup& group, std::size_t keep,
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

void remove_channels(ModelT& model, const ChannelGroup& group, const std::vector<int>& kept) {
  std::set<int> done;  // weights that two operators share are cut once an axis
  for (const int producer : group.producers) {
    auto& op = *model.operators[static_cast<std::size_t>(producer)];
    if (done.insert(op.inputs[1]).second)
      keep_entries(model, op.inputs[1], 0, kept);
    if (op.inputs.size() > 2 && op.inputs[2] >= 0 && done.insert(op.inputs[2]).second) {
      keep_entries(model, op.inputs[2], 0, kept);
    }
    if (op.options.type == OperatorOptions::Conv2D && op.options.AsConv2D()->groups > 1)
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

}  // namespace

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
  std::vector<PrunedChannels> report;
  FilterCounts counts(options);
  for (const ChannelGroup& group : prunable_groups(model, options)) {
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

#include "converter/nncf/layer_effects.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "converter/columns.h"
#include "converter/nncf/algorithms/bits.h"
#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/conversion.h"
#include "converter/nncf/explain/explain_algorithms.h"
#include "converter/nncf/file/scopes.h"
#include "converter/pruning/filter_pruning.h"
#include "converter/quantization/layers.h"

namespace edgy::converter::nncf {
namespace {

constexpr std::size_t kNameColumns = 34;

int64_t weights_of(const format::fb::ModelT& model, const edgy::converter::Layer& layer) {
  int64_t count = 1;
  for (const int extent : model.tensors[static_cast<std::size_t>(layer.weights)]->shape)
    count *= extent;
  return count;
}

/// Output channels left of each layer that loses some.
std::map<std::string, int> filters_left(const FilterPruningOptions& options,
                                        format::fb::ModelT model) {
  std::map<std::string, int> left;
  for (const PrunedChannels& pruned : prune_filters(model, options)) {
    for (const std::string& layer : pruned.layers)
      left[layer] = pruned.after;
  }
  return left;
}

template <typename Sparsity>
std::string zeros_of(const Sparsity& algorithm, const edgy::converter::Layer& layer) {
  if (!in_scope(algorithm.scopes, layer.name))
    return "outside the scopes";
  if (!layer.prunable)
    return "no sparse kernel";
  const std::string share = percent(final_sparsity(algorithm.params));
  return algorithm.level_setting == LevelSetting::kLocal ? share : "part of " + share;
}

std::string bits_of(const Quantization& q, const std::string& layer) {
  const auto* hawq = std::get_if<HawqPrecision>(&q.precision);
  if (hawq == nullptr || !in_scope(q.weights.scopes, layer))
    return std::to_string(weight_bits(q, layer));
  std::string text;
  for (const int bits : hawq->bits)
    text += (text.empty() ? "" : " or ") + std::to_string(bits);
  return text;
}

}  // namespace

std::vector<LayerEffect> effects_on(const NncfConfig& config, const format::fb::ModelT& model) {
  ParsedNncf parsed;
  parsed.config = config;
  const auto pruning = plan_conversion(parsed).config.filter_pruning;
  const auto left = pruning ? filters_left(*pruning, model) : std::map<std::string, int>();
  std::vector<LayerEffect> effects;
  for (const edgy::converter::Layer& layer : quantizable_layers(model)) {
    LayerEffect effect;
    effect.layer = layer.name;
    effect.weights = weights_of(model, layer);
    effect.bits = "8";
    effect.filters = model.tensors[static_cast<std::size_t>(layer.weights)]->shape.front();
    const auto found = left.find(layer.name);
    effect.filters_left = found == left.end() ? effect.filters : found->second;
    for (const Algorithm& algorithm : config.algorithms) {
      if (const auto* magnitude = std::get_if<MagnitudeSparsity>(&algorithm))
        effect.zeros = zeros_of(*magnitude, layer);
      if (const auto* rb = std::get_if<RbSparsity>(&algorithm))
        effect.zeros = zeros_of(*rb, layer);
      if (const auto* quantization = std::get_if<Quantization>(&algorithm))
        effect.bits = bits_of(*quantization, layer.name);
    }
    effects.push_back(std::move(effect));
  }
  return effects;
}

std::string to_text(const std::vector<LayerEffect>& effects) {
  const auto line = [](const std::string& name, const std::string& weights,
                       const std::string& filters, const std::string& bits,
                       const std::string& zeros) {
    const auto right = [](const std::string& cell, std::size_t columns) {
      return std::string(columns - std::min(columns, cell.size()), ' ') + cell;
    };
    return last_columns(name, kNameColumns) + right(weights, 9) + right(filters, 10) + "  " +
           first_columns(bits, 6) + " " + zeros + "\n";
  };
  std::string text = line("layer", "weights", "filters", "bits", "zeros");
  for (const LayerEffect& effect : effects) {
    std::string filters = std::to_string(effect.filters);
    if (effect.filters_left != effect.filters)
      filters = std::to_string(effect.filters_left) + "/" + filters;
    text += line(effect.layer, std::to_string(effect.weights), filters, effect.bits, effect.zeros);
  }
  return text;
}

nlohmann::ordered_json to_json(const std::vector<LayerEffect>& effects) {
  auto json = nlohmann::ordered_json::array();
  for (const LayerEffect& effect : effects) {
    json.push_back({{"layer", effect.layer},
                    {"weights", effect.weights},
                    {"filters", effect.filters},
                    {"filters_left", effect.filters_left},
                    {"bits", effect.bits},
                    {"zeros", effect.zeros}});
  }
  return json;
}

}  // namespace edgy::converter::nncf

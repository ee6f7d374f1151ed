#include "converter/pruning/filter_repair.h"

#include <cstring>
#include <map>

#include "converter/calibration/calibration.h"
#include "converter/quantization/float_layers.h"
#include "converter/quantization/layers.h"
#include "converter/reconstruction/layer_fit.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

/// Kept channels by tensor index.
using Kept = std::map<int, std::vector<int>>;

Kept kept_channels(const std::vector<PrunedChannels>& pruned) {
  Kept kept;
  for (const PrunedChannels& entry : pruned) {
    for (const int tensor : entry.tensors)
      kept[tensor] = entry.kept;
  }
  return kept;
}

/// Whether a tensor is no longer what it was: it hangs on channels that are gone.
std::vector<bool> changed_tensors(const fb::ModelT& model, const Kept& kept) {
  std::vector<bool> changed(model.tensors.size());
  for (const auto& op : model.operators) {
    const bool weighted = op->options.type == fb::OperatorOptions::Conv2D ||
                          op->options.type == fb::OperatorOptions::Dense;
    bool change = weighted && kept.contains(op->inputs[0]);
    for (const int input : op->inputs)
      change |= input >= 0 && changed[static_cast<std::size_t>(input)];
    for (const int output : op->outputs)
      changed[static_cast<std::size_t>(output)] = change;
  }
  return changed;
}

/// Gives a constant a buffer of its own with these values.
void set_floats(fb::ModelT& model, int tensor, const std::vector<float>& values) {
  auto buffer = std::make_unique<fb::BufferT>();
  buffer->data.resize(values.size() * sizeof(float));
  std::memcpy(buffer->data.data(), values.data(), buffer->data.size());
  model.tensors[static_cast<std::size_t>(tensor)]->buffer = static_cast<int>(model.buffers.size());
  model.buffers.push_back(std::move(buffer));
}

}  // namespace

void repair_filters(const fb::ModelT& original, const std::vector<PrunedChannels>& pruned,
                    const std::vector<Sample>& samples, const ReconstructionOptions& options,
                    Progress& progress, fb::ModelT& model) {
  const Kept kept = kept_channels(pruned);
  const std::vector<Layer> layers = quantizable_layers(model);
  const std::vector<bool> changed = changed_tensors(model, kept);
  SilentProgress silent;
  progress.begin("repairing pruned filters", layers.size() * samples.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    if (layer.bias < 0 || !changed[static_cast<std::size_t>(layer.output)]) {
      progress.advance(samples.size());
      continue;
    }
    std::vector<LayerChoice> choices(layers.size());
    for (LayerChoice& choice : choices)
      choice.quantized = false;
    choices[i].quantized = true;
    choices[i].activation_bits = 8;
    const Calibration calibration = calibrate(model, samples, {layer.input}, silent);
    const ValueStatistics& input = calibration.at(layer.input);
    if (obstacle(model, layer, input) || is_too_large_to_fit(model, layer, input)) {
      progress.advance(samples.size());
      continue;
    }
    const auto found = kept.find(layer.output);
    const LayerData data(model, layers, i, choices, calibration, samples, {}, progress,
                         {&original, found != kept.end() ? found->second : std::vector<int>()});
    const auto& shape = model.tensors[static_cast<std::size_t>(layer.weights)]->shape;
    const FloatWeights fitted =
        refit_layer(data, float_values(model, layer.weights), grid_of(shape, {}), options);
    set_floats(model, layer.weights, fitted.weights);
    set_floats(model, layer.bias, fitted.bias);
  }
  progress.end();
}

}  // namespace edgy::converter

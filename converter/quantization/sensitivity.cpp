#include "converter/quantization/sensitivity.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include "converter/calibration/fidelity.h"
#include "converter/calibration/runner.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

/// Float outputs that vary with the inputs without jumps. What is looked up by an index (the codes'
/// vectors, for instance) jumps when the index does: its error says how close the codes lie, not
/// how good the layers are. All float outputs if there is no other.
std::vector<bool> smooth_outputs(const format::fb::ModelT& model) {
  std::vector<bool> jumps(model.tensors.size());
  for (const auto& op : model.operators) {
    bool from_jump = false;
    for (const int32_t input : op->inputs)
      from_jump |= input >= 0 && jumps[static_cast<std::size_t>(input)];
    for (const int32_t output : op->outputs) {
      const auto i = static_cast<std::size_t>(output);
      jumps[i] = from_jump || model.tensors[i]->type == DataType::I64;
    }
  }
  std::vector<bool> smooth;
  for (const int32_t output : model.outputs)
    smooth.push_back(!jumps[static_cast<std::size_t>(output)]);
  if (std::find(smooth.begin(), smooth.end(), true) == smooth.end())
    smooth.assign(smooth.size(), true);
  return smooth;
}

/// Bits of weights and activations that a layer may have, the fewest first.
std::vector<std::pair<int, int>> precisions(const QuantizeOptions& options) {
  std::vector<std::pair<int, int>> result = {{options.weight_bits, options.activation_bits}};
  if (options.weight_bits < 8)
    result.emplace_back(8, options.activation_bits);
  if (options.activation_bits < 8)
    result.emplace_back(8, 8);
  return result;
}

std::string decibels(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f dB", value);
  return text;
}

/// Tries one precision after the other. `alone`: SQNR of the outputs with this layer quantized so.
template <typename Alone>
void measure(const format::fb::ModelT& model, const Layer& layer, const QuantizeOptions& options,
             Alone alone, LayerSensitivity& entry) {
  for (const auto& [weight_bits, activation_bits] : precisions(options)) {
    entry.choice.weight_bits = weight_bits;
    entry.choice.activation_bits = activation_bits;
    try {
      entry.sqnr_db = alone(entry.choice);
    } catch (const Error& error) {
      // The float model runs: what does not is this layer as integers.
      entry.left = float_layer(model, layer, FloatReason::kRefused, error.what());
      return;
    }
    if (entry.sqnr_db >= options.min_layer_sqnr_db)
      return;
  }
  entry.left = float_layer(model, layer, FloatReason::kDamage,
                           decibels(entry.sqnr_db) +
                               " (min_layer_sqnr_db: " + decibels(options.min_layer_sqnr_db) + ")");
}

}  // namespace

std::vector<std::vector<Tensor>> run_all(const format::fb::ModelT& model,
                                         const std::vector<Sample>& samples) {
  Runner runner(model);
  std::vector<std::vector<Tensor>> outputs;
  for (const Sample& sample : samples)
    outputs.push_back(runner.run(sample));
  return outputs;
}

double output_sqnr_db(const format::fb::ModelT& model, const std::vector<Sample>& samples,
                      const std::vector<std::vector<Tensor>>& reference_outputs) {
  Runner runner(model);
  const std::vector<bool> smooth = smooth_outputs(model);
  std::vector<Fidelity> fidelity(model.outputs.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::vector<Tensor> outputs = runner.run(samples[i]);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (smooth[k] && outputs[k].type == DataType::F32)
        fidelity[k].add(reference_outputs[i][k].values<float>(), outputs[k].values<float>());
    }
  }
  double least = std::numeric_limits<double>::infinity();
  for (const Fidelity& f : fidelity) {
    if (f.count() > 0)
      least = std::min(least, f.sqnr_db());
  }
  return least;
}

std::vector<LayerSensitivity> measure_sensitivity(
    const format::fb::ModelT& f32, const std::vector<Layer>& layers, const Calibration& calibration,
    const std::vector<Sample>& samples, const QuantizeOptions& options, Progress& progress) {
  const auto reference = run_all(f32, samples);
  const auto alone = [&](std::size_t layer, const LayerChoice& choice) {
    std::vector<LayerChoice> choices(layers.size());
    for (LayerChoice& other : choices)
      other.quantized = false;
    choices[layer] = choice;
    return output_sqnr_db(build_quantized(f32, layers, choices, calibration, options), samples,
                          reference);
  };
  std::vector<LayerSensitivity> result(layers.size());
  progress.begin("measuring sensitivity", layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerSensitivity& entry = result[i];
    entry.left = obstacle(f32, layers[i], calibration.at(layers[i].input));
    if (!entry.left)
      measure(
          f32, layers[i], options, [&](const LayerChoice& choice) { return alone(i, choice); },
          entry);
    entry.choice.quantized = !entry.left;
    progress.advance();
  }
  progress.end();
  return result;
}

}  // namespace edgy::converter

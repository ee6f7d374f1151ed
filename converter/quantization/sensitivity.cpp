#include "converter/quantization/sensitivity.h"

#include <algorithm>
#include <cmath>
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

/// What is left of the outputs of a model, in dB.
struct Quality {
  double all = 0;    ///< over all samples, as output_sqnr_db()
  double worst = 0;  ///< of the worst sample: quiet ones count as much as loud ones
};

Quality quality_of(const format::fb::ModelT& model, const std::vector<Sample>& samples,
                   const std::vector<std::vector<Tensor>>& reference_outputs) {
  Runner runner(model);
  const std::vector<bool> smooth = smooth_outputs(model);
  std::vector<Fidelity> fidelity(model.outputs.size());
  constexpr double kExact = std::numeric_limits<double>::infinity();
  Quality quality = {kExact, kExact};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::vector<Tensor> outputs = runner.run(samples[i]);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (!smooth[k] || outputs[k].type != DataType::F32)
        continue;
      Fidelity one;
      for (Fidelity* f : {&fidelity[k], &one})
        f->add(reference_outputs[i][k].values<float>(), outputs[k].values<float>());
      // Of an output of zeros alone any error is infinitely much.
      if (std::isfinite(one.sqnr_db()))
        quality.worst = std::min(quality.worst, one.sqnr_db());
    }
  }
  for (const Fidelity& f : fidelity) {
    if (f.count() > 0)
      quality.all = std::min(quality.all, f.sqnr_db());
  }
  return quality;
}

/// The noise that an SQNR stands for, as a share of the signal's power.
double noise_of(double sqnr_db) {
  return std::pow(10.0, -sqnr_db / 10);
}

/// 8-bit activations for the layers that cost most, until those that keep fewer bits leave
/// `options.min_output_sqnr_db` together. `worst`: what each leaves of the worst sample.
template <typename Alone>
void widen_activations(const QuantizeOptions& options, Alone alone,
                       const std::vector<double>& worst, std::vector<LayerSensitivity>& layers,
                       Progress& progress) {
  std::vector<std::size_t> narrow;
  double noise = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].left || layers[i].choice.activation_bits >= 8)
      continue;
    narrow.push_back(i);
    noise += noise_of(worst[i]);
  }
  std::stable_sort(narrow.begin(), narrow.end(),
                   [&](std::size_t a, std::size_t b) { return worst[a] < worst[b]; });
  progress.begin("choosing activations of 8 bits", narrow.size());
  for (const std::size_t i : narrow) {
    if (noise <= noise_of(options.min_output_sqnr_db))
      break;
    noise -= noise_of(worst[i]);
    LayerChoice wide = layers[i].choice;
    wide.activation_bits = 8;
    const Quality quality = alone(i, wide);
    if (quality.worst > worst[i]) {
      layers[i].choice = wide;
      layers[i].sqnr_db = quality.all;
    }
    progress.advance();
  }
  progress.end();
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
  return quality_of(model, samples, reference_outputs).all;
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
    return quality_of(build_quantized(f32, layers, choices, calibration, options), samples,
                      reference);
  };
  std::vector<LayerSensitivity> result(layers.size());
  std::vector<double> worst(layers.size());
  progress.begin("measuring sensitivity", layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerSensitivity& entry = result[i];
    entry.left = obstacle(f32, layers[i], calibration.at(layers[i].input));
    if (!entry.left)
      measure(
          f32, layers[i], options,
          [&](const LayerChoice& choice) {
            const Quality quality = alone(i, choice);
            worst[i] = quality.worst;
            return quality.all;
          },
          entry);
    entry.choice.quantized = !entry.left;
    progress.advance();
  }
  progress.end();
  if (options.activation_bits < 8)
    widen_activations(options, alone, worst, result, progress);
  return result;
}

}  // namespace edgy::converter

#include "converter/compress/quantize.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "converter/compress/budget_choice.h"
#include "converter/compress/fit_choice.h"
#include "converter/error.h"
#include "converter/pruning/pruning.h"
#include "converter/quantization/float16_storage.h"
#include "converter/quantization/integer_choice.h"
#include "converter/quantization/sensitivity.h"

namespace edgy::converter {
namespace {

/// Sensitivity costs two runs of the model a layer and sample: a few samples tell a layer that
/// spoils the model.
constexpr std::size_t kSensitivitySamples = 6;

std::string describe(CalibrationSource& source, std::size_t samples,
                     const std::vector<Layer>& layers,
                     const std::vector<LayerSensitivity>& sensitivity,
                     const std::vector<LayerChoice>& choices,
                     const std::vector<PrunedLayer>& pruned, const IntegerChoice& integers,
                     FloatStorage float_storage) {
  nlohmann::ordered_json report = {{"data", source.description()}, {"samples", samples}};
  report["float_constant_bits"] = float_storage == FloatStorage::kFloat16 ? 16 : 32;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& left = sensitivity[i].left;
    nlohmann::ordered_json layer = {{"name", layers[i].name}};
    if (!left || left->reason == FloatReason::kDamage)
      layer["alone_sqnr_db"] = std::clamp(sensitivity[i].sqnr_db, -200.0, 200.0);
    layer["weight_bits"] = choices[i].quantized ? choices[i].weight_bits : 32;
    layer["activation_bits"] = choices[i].quantized ? choices[i].activation_bits : 32;
    if (left)
      layer["float_because"] = name_of(left->reason);
    report["layers"].push_back(std::move(layer));
    if (!pruned.empty() && pruned[i].weights > 0)
      report["layers"].back()["sparsity"] = pruned[i].sparsity();
  }
  for (const IntegerOperator& entry : integers.candidates) {
    nlohmann::ordered_json line = {
        {"name", entry.name}, {"kind", entry.kind}, {"int8", entry.is_integer}};
    if (entry.loss_db)
      line["loss_db"] = std::clamp(*entry.loss_db, -200.0, 200.0);
    report["operators"].push_back(std::move(line));
  }
  if (!integers.candidates.empty())
    report["operators_loss_db"] = std::clamp(integers.loss_db, -200.0, 200.0);
  return report.dump();
}

/// What a range may have to be chosen of.
std::vector<int> watched_tensors(const format::fb::ModelT& f32, const std::vector<Layer>& layers) {
  const OperatorSet operators =
      integer_candidates(f32, layers, std::vector<bool>(layers.size(), true));
  std::set<int> watched = tensors_of(f32, operators);
  for (const Layer& layer : layers)
    watched.insert(layer.input);
  return {watched.begin(), watched.end()};
}

/// What pruning has to do for these options; nothing if weights are only rounded.
std::optional<PruningOptions> pruning_of(const QuantizeOptions& options) {
  if (options.pruning || (!options.budget && options.rounding == RoundingMethod::kNearest))
    return options.pruning;
  // Nothing goes, or what the budget says, but every weight is fitted.
  PruningOptions dense;
  dense.sparsity = 0;
  dense.allocation = SparsityAllocation::kUniform;
  return dense;
}

/// Layers that nothing can be fitted to are rounded and not pruned.
void leave_out_large(const format::fb::ModelT& f32, const Calibration& calibration,
                     std::vector<Layer>& layers, QuantizationReport& report) {
  for (Layer& layer : layers) {
    if (!layer.prunable || !is_too_large_to_fit(f32, layer, calibration.at(layer.input)))
      continue;
    layer.prunable = false;
    report.notes.push_back("layer '" + layer.name +
                           "' is rounded and not pruned: its values' squares leave float32");
  }
}

/// Sets how layers are fitted, where there are samples to choose it by, or says how many are
/// needed.
void fit_by_outputs(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                    const std::vector<LayerChoice>& choices, const Calibration& calibration,
                    const std::vector<Sample>& samples, const std::vector<double>& sparsity,
                    QuantizeOptions& options, QuantizationReport& report, Progress& progress) {
  if (!options.reconstruction.choose_damping ||
      options.pruning->method != PruningMethod::kReconstruction) {
    return;
  }
  if (samples.size() < kFewestToJudge) {
    report.notes.push_back(
        "weights are fitted to " + std::to_string(samples.size()) +
        " calibration samples, none of which can be held back to judge the fit: with " +
        std::to_string(kFewestToJudge) + " or more, reconstruction.damping is chosen by them");
    return;
  }
  const FitChoice choice =
      choose_fit(f32, layers, choices, calibration, samples, options, sparsity, progress);
  options.reconstruction.damping = choice.best.damping;
  options.reconstruction.splice_samples = choice.best.splice_samples;
}

}  // namespace

format::fb::ModelT quantize(const format::fb::ModelT& f32, CalibrationSource& source,
                            const QuantizeOptions& options, Progress& progress) {
  QuantizationReport report;
  return quantize(f32, source, options, progress, report);
}

format::fb::ModelT quantize(const format::fb::ModelT& f32, CalibrationSource& source,
                            const QuantizeOptions& wanted, Progress& progress,
                            QuantizationReport& report) {
  QuantizeOptions options = wanted;
  options.pruning = pruning_of(wanted);
  if (options.activation_bits < 2 || options.activation_bits > 8)
    throw Error("activation_bits must be from 2 to 8");
  if (options.weight_bits < 2 || options.weight_bits > 8)
    throw Error("weight_bits must be from 2 to 8");
  if (options.pruning)
    check_pruning(*options.pruning);
  if (options.budget)
    check_budget(*options.budget);
  std::vector<Layer> layers = quantizable_layers(f32);
  check_finite_weights(f32, layers);
  const std::vector<Sample> samples = read_samples(source, options.calibration_samples);
  const Calibration calibration = calibrate(f32, samples, watched_tensors(f32, layers), progress);

  std::vector<Sample> few;
  const std::size_t count = std::min(kSensitivitySamples, samples.size());
  for (std::size_t i = 0; i < count; ++i)
    few.push_back(samples[i * samples.size() / count]);
  const auto sensitivity = measure_sensitivity(f32, layers, calibration, few, options, progress);
  std::vector<LayerChoice> choices;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerSensitivity& entry = sensitivity[i];
    choices.push_back(entry.choice);
    if (options.weight_bits_of)
      choices.back().weight_bits = options.weight_bits_of(layers[i].name);
    if (entry.left)
      report.float_layers.push_back(*entry.left);
  }
  if (options.pruning && options.pruning->in_scope) {
    for (Layer& layer : layers)
      layer.prunable = layer.prunable && options.pruning->in_scope(layer.name);
  }
  if (options.pruning)
    leave_out_large(f32, calibration, layers, report);

  std::vector<PrunedLayer> pruned;
  BudgetChoice decided{{}, options.float_storage};
  if (options.pruning) {
    if (options.budget)
      decided = choose_by_budget(f32, layers, choices, calibration, samples, options, progress);
    else
      decided.sparsity =
          spread_sparsity(f32, layers, choices, calibration, samples, options, progress);
    fit_by_outputs(f32, layers, choices, calibration, samples, decided.sparsity, options, report,
                   progress);
    pruned = prune(f32, layers, choices, calibration, samples, options, decided.sparsity, progress);
  }

  const IntegerChoice integers =
      choose_integer_operators(f32, layers, choices, calibration, few, options, progress);
  report.float_operators = integers.left;
  report.float_layers.insert(report.float_layers.end(), integers.left_layers.begin(),
                             integers.left_layers.end());
  format::fb::ModelT model =
      build_quantized(f32, layers, choices, calibration, options, integers.operators);
  if (!model.metadata)
    model.metadata = std::make_unique<format::fb::MetadataT>();
  model.metadata->calibration = describe(source, samples.size(), layers, sensitivity, choices,
                                         pruned, integers, decided.float_storage);
  if (decided.float_storage == FloatStorage::kFloat16)
    store_float16(model);
  return model;
}

}  // namespace edgy::converter

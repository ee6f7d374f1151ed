// Settings of quantization.
#pragma once

#include "converter/nncf/file/describe.h"

namespace edgy::converter::nncf {

enum class Preset { kPerformance, kMixed };
enum class PrecisionKind { kHawq, kManual };

inline const Names<Preset> kPresets = {{"performance", Preset::kPerformance},
                                       {"mixed", Preset::kMixed}};
inline const Names<PrecisionKind> kPrecisionKinds = {{"hawq", PrecisionKind::kHawq},
                                                     {"manual", PrecisionKind::kManual}};
inline const Names<QuantizationMode> kQuantizationModes = {
    {"symmetric", QuantizationMode::kSymmetric}, {"asymmetric", QuantizationMode::kAsymmetric}};
inline const Names<RangeKind> kRangeKinds = {{"min_max", RangeKind::kMinMax},
                                             {"mean_min_max", RangeKind::kMeanMinMax},
                                             {"mixed_min_max", RangeKind::kMixedMinMax},
                                             {"threesigma", RangeKind::kThreeSigma},
                                             {"percentile", RangeKind::kPercentile},
                                             {"mean_percentile", RangeKind::kMeanPercentile}};
inline const Names<QuantizerGroup> kQuantizerGroups = {
    {"weights", QuantizerGroup::kWeights}, {"activations", QuantizerGroup::kActivations}};

inline constexpr Limits kBits = {2, 8};
inline constexpr Limits kPercent = {0, 100};

/// Works for QuantizerParams and for ScopeOverride, whose members may be absent.
template <typename Visitor, typename Params>
void describe_quantizer(Visitor& v, Params& params) {
  v.choice("mode", params.mode, kQuantizationModes, "Whether zero is the middle of the range.");
  v.number("bits", params.bits, kBits, "Bits of a value.");
  v.boolean("signed", params.is_signed, "Whether values may be negative; measured if absent.");
  v.boolean("per_channel", params.per_channel, "One scale an output channel.");
}

template <typename Visitor>
void describe(Visitor& v, QuantizerParams& params) {
  describe_quantizer(v, params);
  describe(v, params.scopes);
  v.unused("logarithm_scale", "ranges are trained as they are");
}

template <typename Visitor>
void describe(Visitor& v, RangeInitializer& range) {
  v.choice("type", range.kind, kRangeKinds, "Which statistic becomes the range.");
  v.number({"num_init_samples", {"num_init_steps"}}, range.samples, kAtLeast0,
           "Training samples that are looked at; 0: none.");
  v.object("params", "Of percentiles.", [&](auto& p) {
    p.number("min_percentile", range.min_percentile, kPercent, "Lower end of the range.");
    p.number("max_percentile", range.max_percentile, kPercent, "Upper end of the range.");
  });
  v.choice("target_quantizer_group", range.group, kQuantizerGroups, "Which quantizers it is for.");
  describe(v, range.scopes);
}

/// Both kinds of precision at once, as they share one object in the file.
struct PrecisionFields {
  PrecisionKind kind = PrecisionKind::kHawq;
  HawqPrecision hawq;
  ManualPrecision manual;
};

template <typename Visitor>
void describe(Visitor& v, PrecisionFields& precision) {
  constexpr const char* kAutoq = "it belongs to autoq, which Edgy does not do";
  HawqPrecision& hawq = precision.hawq;
  v.refuse(
      "type", "autoq",
      "'autoq' chooses bits by reinforcement learning over many trainings, which Edgy does not "
      "do; 'hawq' chooses them by Hessian traces (edgy finetune), and edgy convert --budget by "
      "measured damage");
  v.choice("type", precision.kind, kPrecisionKinds, "hawq: by sensitivity; manual: by hand.");
  v.numbers("bits", hawq.bits, kBits, "Bits to choose from.");
  v.number("num_data_points", hawq.data_points, kAtLeast1,
           "Samples on which sensitivity is estimated.");
  v.number("iter_number", hawq.iterations, kAtLeast1, "Random vectors of the estimate, at most.");
  v.number("tolerance", hawq.tolerance, kPositive, "Relative change that ends the estimate.");
  v.number("compression_ratio", hawq.compression_ratio, {1, 4},
           "Bits times multiplications of all-8-bit, over those of the choice.");
  v.pairs("bitwidth_per_scope", precision.manual.bitwidth_per_scope, kBits,
          "Bits of single layers: [[4, \"layer\"], ...].");
  v.unused("traces_per_layer_path", "sensitivities are measured anew");
  v.unused("dump_init_precision_data", "the report has the sensitivities");
  v.unused("bitwidth_assignment_mode", "activations of all layers have the same bits");
  v.unused("eval_subset_ratio", kAutoq);
  v.unused("warmup_iter_number", kAutoq);
}

template <typename Visitor>
void describe_overrides(Visitor& v, std::vector<ScopeOverride>& overrides) {
  const auto group = [&](bool weights, bool activations) {
    return [&overrides, weights, activations](auto& quantizer, const std::string& scope) {
      ScopeOverride& entry = overrides.emplace_back();
      entry.scope = scope;
      entry.weights = weights;
      entry.activations = activations;
      describe_quantizer(quantizer, entry);
      quantizer.unused("initializer", "ranges are initialized by 'initializer.range'");
    };
  };
  constexpr const char* kHelp = "By name of the layer, or \"{re}\" and a regular expression.";
  v.object("weights", kHelp, [&](auto& w) { w.others(kHelp, group(true, false)); });
  v.object("activations", kHelp, [&](auto& a) { a.others(kHelp, group(false, true)); });
  v.others(kHelp, group(true, true));
}

template <typename Visitor>
void describe(Visitor& v, Quantization& algorithm) {
  constexpr const char* kRates = "edgy finetune has options of its own for rates.";
  Preset preset = Preset::kPerformance;
  v.choice("preset", preset, kPresets,
           "performance: all symmetric; mixed: weights symmetric, activations asymmetric.");
  if (preset == Preset::kMixed)
    algorithm.activations.mode = QuantizationMode::kAsymmetric;
  v.object("weights", "Quantizers of weights.", [&](auto& w) { describe(w, algorithm.weights); });
  v.object("activations", "Quantizers of activations.", [&](auto& a) {
    describe(a, algorithm.activations);
    a.unused(Key("unified_scale_ops", {"linked_quantizer_scopes"}),
             "a tensor has one scale, whoever reads it");
  });
  v.object("initializer", "What happens before fine-tuning.", [&](auto& i) {
    i.objects("range", algorithm.range, "How ranges are found.",
              [](auto& r, RangeInitializer& range) { describe(r, range); });
    i.object("precision", "Mixed precision.", [&](auto& p) {
      PrecisionFields fields;
      describe(p, fields);
      if (fields.kind == PrecisionKind::kHawq) {
        algorithm.precision = fields.hawq;
      } else {
        algorithm.precision = fields.manual;
      }
    });
    i.object("batchnorm_adaptation", "Measure batch normalization again.",
             [&](auto& b) { describe(b, algorithm.batch_norm_adaptation); });
  });
  v.object("scope_overrides", "Exceptions for single layers.",
           [&](auto& o) { describe_overrides(o, algorithm.overrides); });
  v.boolean("quantize_inputs", algorithm.quantize_inputs, "Also the model's inputs.");
  v.boolean("quantize_outputs", algorithm.quantize_outputs, "Also the model's outputs.");
  v.object("params", "When quantization sets in.", [&](auto& p) {
    p.number("weights_quant_start_epoch", algorithm.weights_start_epoch, kAtLeast0,
             "Weights stay float before.");
    p.number("activations_quant_start_epoch", algorithm.activations_start_epoch, kAtLeast0,
             "Activations stay float before.");
    p.unused({"batch_multiplier", "lr_poly_drop_start_epoch", "lr_poly_drop_duration_epochs",
              "disable_wd_start_epoch", "base_lr", "base_wd"},
             kRates);
  });
  v.number("compression_lr_multiplier", algorithm.lr_multiplier, kPositive,
           "Of the learning rate of ranges.");
  v.unused("overflow_fix",
           "activations have 7 bits instead, so that sums of products cannot overflow");
  v.unused(Key("disable_saturation_fix", {"saturation_fix"}),
           "activations have 7 bits instead, so that sums of products cannot overflow");
  v.unused("quantizable_subgraph_patterns",
           "the layers that integer kernels can run are quantized");
  v.unused("export_to_onnx_standard_ops", "Edgy writes .edgy files");
  describe(v, algorithm.scopes);
}

}  // namespace edgy::converter::nncf

#include <algorithm>
#include <sstream>

#include "converter/nncf/explain/explain_algorithms.h"
#include "converter/nncf/file/describe_quantization.h"

namespace edgy::converter::nncf {
namespace {

std::string number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string bits_words(const Quantization& q) {
  const auto* hawq = std::get_if<HawqPrecision>(&q.precision);
  if (hawq == nullptr)
    return std::to_string(q.weights.bits) + "-bit";
  std::string list;
  for (const int bits : hawq->bits)
    list += (list.empty() ? "" : " or ") + std::to_string(bits);
  return list + "-bit";
}

void explain_quantizer(ExplainedAlgorithm& out, const char* label, const QuantizerParams& params,
                       const Facts& facts) {
  const std::string prefix = std::string(label) + ".";
  const auto part = [&](const std::string& text, const char* key) {
    return text +
           (facts.states(prefix + key) || (std::string(key) == "mode" && facts.states("preset"))
                ? ""
                : " [default]");
  };
  std::string text =
      part(std::to_string(params.bits) + " bits", "bits") + ", " +
      part(name_in(kQuantizationModes, params.mode), "mode") + ", " +
      part(params.per_channel ? "one scale a channel" : "one scale a tensor", "per_channel");
  if (params.is_signed)
    text += *params.is_signed ? ", signed" : ", unsigned where values allow it";
  out.settings.push_back({label, text, false});
  if (!params.scopes.target.empty() || !params.scopes.ignored.empty()) {
    ExplainedAlgorithm scoped;
    explain_scopes(scoped, params.scopes, "");
    for (const ExplainedSetting& setting : scoped.settings) {
      if (!setting.is_default)
        out.settings.push_back({"  " + setting.label, setting.value, false});
    }
  }
}

std::string range_words(const RangeInitializer& range) {
  std::string text = name_in(kRangeKinds, range.kind);
  switch (range.kind) {
    case RangeKind::kMinMax:
      text += ": least and greatest value";
      break;
    case RangeKind::kMeanMinMax:
      text += ": mean of each sample's least and greatest value";
      break;
    case RangeKind::kMixedMinMax:
      text += ": extremes of weights, mean extremes of activations";
      break;
    case RangeKind::kThreeSigma:
      text += ": median -+ 3 standard deviations";
      break;
    case RangeKind::kPercentile:
    case RangeKind::kMeanPercentile:
      text += ": " + number(range.min_percentile) + " % to " + number(range.max_percentile) +
              " % of the values";
      break;
  }
  return text + (range.samples == 0
                     ? std::string(", over no samples")
                     : ", over " + std::to_string(range.samples) + " training samples");
}

void explain_ranges(ExplainedAlgorithm& out, const Quantization& q, const Facts& facts) {
  for (std::size_t i = 0; i < q.range.size(); ++i) {
    const RangeInitializer& range = q.range[i];
    const std::string path = "initializer.range[" + std::to_string(i) + "].";
    std::string text = range_words(range);
    if (range.group != QuantizerGroup::kBoth)
      text += std::string(", for ") + name_in(kQuantizerGroups, range.group);
    ExplainedAlgorithm scoped;
    explain_scopes(scoped, range.scopes, "");
    for (const ExplainedSetting& setting : scoped.settings) {
      if (!setting.is_default)
        text += "; " + setting.label + " " + setting.value;
    }
    const bool stated = facts.states(path + "type") || facts.states(path + "num_init_samples");
    if (stated && !facts.states(path + "type"))
      text += " (kind by default)";
    if (stated && !facts.states(path + "num_init_samples"))
      text += " (number by default)";
    out.settings.push_back({"first ranges", text, !stated});
  }
}

void explain_precision(ExplainedAlgorithm& out, const Quantization& q) {
  if (const auto* hawq = std::get_if<HawqPrecision>(&q.precision)) {
    out.settings.push_back(
        {"precision",
         "hawq: each layer's weights get " + bits_words(q) +
             " by its sensitivity, so that bits times multiplications fall to 1/" +
             number(hawq->compression_ratio) + " of all-8-bit",
         false});
    out.settings.push_back({"sensitivity",
                            "Hessian trace on " + std::to_string(hawq->data_points) +
                                " samples, at most " + std::to_string(hawq->iterations) +
                                " random vectors, until it moves by less than " +
                                number(hawq->tolerance),
                            false});
  }
  if (const auto* manual = std::get_if<ManualPrecision>(&q.precision)) {
    for (const auto& entry : manual->bitwidth_per_scope)
      out.settings.push_back(
          {"precision", std::to_string(entry.bits) + " bits: " + entry.scope, false});
  }
}

/// What is read and shown above, and changes nothing.
void note_untaken(ExplainedAlgorithm& out, const Quantization& q, const Facts& facts) {
  note_without_effect(out, facts, {"target_scopes", "ignored_scopes"},
                      "which layers stay in float is measured, not named; weights outside have 8 "
                      "bits.");
  if (q.scopes.ignored.size() + q.scopes.target.size() > 0 && !facts.states("target_scopes") &&
      !facts.states("ignored_scopes")) {
    out.notes.emplace_back(
        "The file's scopes leave no layer float in Edgy: that is measured, not named; weights "
        "outside have 8 bits.");
  }
  note_without_effect(out, facts, {"weights.mode", "weights.per_channel", "weights.signed"},
                      "weights are symmetric and signed, with one scale an output channel.");
  note_without_effect(out, facts,
                      {"activations.mode", "activations.per_channel", "activations.signed"},
                      "activations have one asymmetric range a tensor.");
  note_without_effect(out, facts, {"preset"},
                      "weights are symmetric and activations asymmetric, as \"mixed\" says.");
  note_without_effect(
      out, facts, {"quantize_inputs", "quantize_outputs"},
      "inputs are quantized where the first layer computes in integers, outputs stay "
      "float.");
  note_without_effect(out, facts,
                      {"params.weights_quant_start_epoch", "params.activations_quant_start_epoch"},
                      "edgy finetune quantizes from its first step on.");
  note_without_effect(out, facts, {"compression_lr_multiplier"}, "ranges are not trained.");
  if (std::holds_alternative<ManualPrecision>(q.precision)) {
    out.notes.emplace_back(
        "Bits by hand (bitwidth_per_scope) are those of a layer's weights in Edgy; activations "
        "have the same bits everywhere.");
  }
  const bool excepts_more =
      std::any_of(q.overrides.begin(), q.overrides.end(), [](const ScopeOverride& entry) {
        return entry.mode || entry.is_signed || entry.per_channel || (entry.bits && !entry.weights);
      });
  if (excepts_more)
    out.notes.emplace_back(
        "Of scope_overrides Edgy takes the bits of weights; the rest has no effect: weights are "
        "symmetric with one scale an output channel, activations have the same bits everywhere.");
  const bool none = std::all_of(q.range.begin(), q.range.end(),
                                [](const RangeInitializer& range) { return range.samples == 0; });
  if (none)
    out.notes.emplace_back(
        "num_init_samples is 0, which leaves NNCF's ranges to training. Edgy does not train "
        "ranges: "
        "they are calibrated on as many samples as its own options say.");
}

}  // namespace

ExplainedAlgorithm explain_algorithm(const Quantization& q, const Facts& facts) {
  ExplainedAlgorithm out;
  out.summary = "Weights become " + bits_words(q) + " integers, activations " +
                std::to_string(q.activations.bits) +
                "-bit ones. Fine-tuning computes with the rounded values and learns around the "
                "error.";
  explain_quantizer(out, "weights", q.weights, facts);
  explain_quantizer(out, "activations", q.activations, facts);
  explain_precision(out, q);
  explain_ranges(out, q, facts);
  for (const ScopeOverride& entry : q.overrides) {
    std::string text = entry.scope + ":";
    if (entry.bits)
      text += " " + std::to_string(*entry.bits) + " bits";
    if (entry.mode)
      text += std::string(" ") + name_in(kQuantizationModes, *entry.mode);
    if (entry.per_channel)
      text += *entry.per_channel ? " one scale a channel" : " one scale a tensor";
    out.settings.push_back({"exception", text, false});
  }
  out.settings.push_back({"borders",
                          std::string("inputs ") + (q.quantize_inputs ? "too" : "stay float") +
                              ", outputs " + (q.quantize_outputs ? "too" : "stay float"),
                          !facts.states("quantize_inputs") && !facts.states("quantize_outputs")});
  if (q.weights_start_epoch > 0 || q.activations_start_epoch > 0) {
    out.settings.push_back({"sets in",
                            "weights at epoch " + std::to_string(q.weights_start_epoch) +
                                ", activations at epoch " +
                                std::to_string(q.activations_start_epoch),
                            false});
  }
  explain_batch_norm(out, q.batch_norm_adaptation, facts);
  explain_scopes(out, q.scopes, "convolutions and dense layers");
  note_untaken(out, q, facts);
  out.convert = std::string(
                    "quantizes on calibration data without training: int8 weights, symmetric, one "
                    "scale an output channel; activations asymmetric") +
                (std::holds_alternative<HawqPrecision>(q.precision)
                     ? ". Bits by sensitivity need training, and it says so."
                     : ".");
  out.finetune =
      "trains weights of these bits with the runtime's own arithmetic (activations in 0..127, one "
      "bit less than a byte). Ranges stay as calibration finds them, by least and greatest value.";
  return out;
}

}  // namespace edgy::converter::nncf

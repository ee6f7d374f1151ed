#include "converter/pruning/pruning_damage.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "converter/calibration/runner.h"
#include "converter/quantization/sensitivity.h"
#include "converter/reconstruction/layer_fit.h"

namespace edgy::converter {
namespace {

/// Sparsities at which the damage is measured; at the least sparsity of the pattern it is taken to
/// be none, and beyond the last level no layer goes.
constexpr double kLevels[] = {0.4, 0.6, 0.8, 0.92, 0.98};
/// Sparsities and bits that a budget chooses from.
constexpr double kOptionLevels[] = {0, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94, 0.97};
constexpr int kOptionBits[] = {8, 4};
constexpr std::size_t kJudged = 8;   ///< samples that the outputs are compared on
constexpr std::size_t kFitted = 32;  ///< samples that layers are fitted to, others if there are any

/// `count` samples of `samples`, spread evenly, without those that `taken` marks; marks them.
std::vector<Sample> spread(std::span<const Sample> samples, std::size_t count,
                           std::vector<bool>& taken) {
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!taken[i])
      free.push_back(i);
  }
  count = std::min(count, free.size());
  std::vector<Sample> some;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t chosen = free[(2 * i + 1) * free.size() / (2 * count)];
    some.push_back(samples[chosen]);
    taken[chosen] = true;
  }
  return some;
}

/// What the measurements share.
class DamageMeter {
 public:
  DamageMeter(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
              const std::vector<LayerChoice>& choices, const Calibration& calibration,
              std::span<const Sample> samples, const QuantizeOptions& options)
      : f32_(f32),
        layers_(layers),
        choices_(choices),
        calibration_(calibration),
        options_(options),
        pruning_(*options.pruning) {
    std::vector<bool> taken(samples.size());
    judged_ = spread(samples, kJudged, taken);
    fitted_ = spread(samples, kFitted, taken);
    if (fitted_.empty())
      fitted_ = judged_;
    reference_ = run_all(f32, judged_);
  }

  /// Calls f(level, bits, model, damage) for the layer alone, compressed so. `levels` above the
  /// pattern's least sparsity count, and dense with 0.
  template <typename F>
  void measure(const PrunableLayer& layer, std::span<const double> levels,
               std::span<const int> bits_choices, Progress& progress, F f) const {
    std::vector<LayerChoice> alone(layers_.size());
    for (LayerChoice& choice : alone)
      choice.quantized = false;
    LayerChoice& choice = alone[layer.index];
    choice = choices_[layer.index];
    const bool fits = pruning_.method == PruningMethod::kReconstruction;
    std::optional<QuickFit> fit;
    if (fits)
      fit = quick_fit(layer.index, layer.weights, alone);
    const std::optional<std::size_t> reader = fits ? reader_of(layer.index) : std::nullopt;
    for (const double level : levels) {
      for (const int bits : bits_choices) {
        progress.advance();
        if (level > 0 && level <= least_sparsity(pruning_.pattern))
          continue;
        if (fit) {
          set(fit->at(level > 0 ? pruning_.pattern : PruningPattern(), layer.kept(level), bits),
              choice);
        } else {
          choice.weights =
              masked_weights(layer, magnitude_mask(layer, pruning_.pattern, level), bits);
        }
        if (reader)
          refit(*reader, alone);
        const auto model = build_quantized(f32_, layers_, alone, calibration_, options_);
        f(level, bits, model, damage_of(output_sqnr_db(model, judged_, reference_)));
      }
    }
  }

  /// What the planner expects of the layer's kernel on a sample.
  double predicted_cost(const format::fb::ModelT& model, const PrunableLayer& layer) const {
    Runner runner(model);
    runner.run(judged_.front());
    for (const runtime::StepProfile& step : runner.session().profile()) {
      if (step.name == layers_[layer.index].name)
        return step.predicted.cost;
    }
    return 0;
  }

 private:
  static void set(FittedLayer fitted, LayerChoice& choice) {
    choice.weights = std::move(fitted.weights);
    choice.bias = std::move(fitted.bias);
  }

  QuickFit quick_fit(std::size_t index, const std::vector<float>& weights,
                     const std::vector<LayerChoice>& choices) const {
    SilentProgress silent;
    const LayerData data(f32_, layers_, index, choices, calibration_, fitted_, options_, silent);
    const auto& shape = f32_.tensors[static_cast<std::size_t>(layers_[index].weights)]->shape;
    return {data, weights, grid_of(shape, pruning_.pattern), options_.reconstruction};
  }

  /// The layer that reads what layer `index` gives, and will be fitted to it.
  std::optional<std::size_t> reader_of(std::size_t index) const {
    for (std::size_t i = index + 1; i < layers_.size(); ++i) {
      if (layers_[i].input == layers_[index].output && layers_[i].prunable && choices_[i].quantized)
        return i;
    }
    return std::nullopt;
  }

  /// Fits layer `index`, with all its weights, to inputs that have changed.
  void refit(std::size_t index, std::vector<LayerChoice>& choices) const {
    choices[index] = choices_[index];
    const std::vector<float> weights = float_values(f32_, layers_[index].weights);
    set(quick_fit(index, weights, choices)
            .at({}, static_cast<int64_t>(weights.size()), choices_[index].weight_bits),
        choices[index]);
  }

  const format::fb::ModelT& f32_;
  const std::vector<Layer>& layers_;
  const std::vector<LayerChoice>& choices_;
  const Calibration& calibration_;
  const QuantizeOptions& options_;
  const PruningOptions& pruning_;
  std::vector<Sample> judged_;
  std::vector<Sample> fitted_;
  std::vector<std::vector<Tensor>> reference_;
};

}  // namespace

double damage_of(double sqnr_db) {
  const double error = std::pow(10, -sqnr_db / 10);
  return -std::log1p(-std::min(error, 0.999));
}

std::vector<DamageCurve> measure_damage(const format::fb::ModelT& f32,
                                        const std::vector<Layer>& layers,
                                        const std::vector<LayerChoice>& choices,
                                        const std::vector<PrunableLayer>& prunable,
                                        const Calibration& calibration,
                                        std::span<const Sample> samples,
                                        const QuantizeOptions& options, Progress& progress) {
  const DamageMeter meter(f32, layers, choices, calibration, samples, options);
  std::vector<DamageCurve> curves;
  progress.begin("measuring sensitivity to pruning", prunable.size() * std::size(kLevels));
  for (const PrunableLayer& layer : prunable) {
    DamageCurve curve{{least_sparsity(options.pruning->pattern)}, {0}};
    const int bits[] = {choices[layer.index].weight_bits};
    meter.measure(layer, kLevels, bits, progress,
                  [&](double level, int, const auto&, double damage) {
                    curve.sparsity.push_back(level);
                    curve.damage.push_back(damage);
                  });
    curves.push_back(std::move(curve));
  }
  progress.end();
  return curves;
}

std::vector<std::vector<LayerOption>> measure_options(
    const format::fb::ModelT& f32, const std::vector<Layer>& layers,
    const std::vector<LayerChoice>& choices, const std::vector<PrunableLayer>& prunable,
    const Calibration& calibration, std::span<const Sample> samples, const QuantizeOptions& options,
    bool predict, Progress& progress) {
  const DamageMeter meter(f32, layers, choices, calibration, samples, options);
  const PruningPattern& pattern = options.pruning->pattern;
  std::vector<std::vector<LayerOption>> result;
  progress.begin("measuring ways to compress",
                 prunable.size() * std::size(kOptionLevels) * std::size(kOptionBits));
  for (const PrunableLayer& layer : prunable) {
    std::vector<LayerOption> ways;
    meter.measure(layer, kOptionLevels, kOptionBits, progress,
                  [&](double level, int bits, const format::fb::ModelT& model, double damage) {
                    const auto weights = static_cast<double>(layer.grid.elements());
                    const auto kept = static_cast<double>(layer.kept(level));
                    ways.push_back(
                        {level, bits, damage,
                         stored_bytes(weights, kept, bits, pattern.block_rows * pattern.block_cols),
                         predict ? meter.predicted_cost(model, layer) : 0});
                  });
    result.push_back(std::move(ways));
  }
  progress.end();
  return result;
}

}  // namespace edgy::converter

#include "converter/compress/budget_choice.h"

#include <cmath>
#include <cstdio>

#include "converter/calibration/runner.h"
#include "converter/error.h"
#include "converter/pruning/budget.h"
#include "converter/pruning/prunable.h"
#include "converter/pruning/pruning_damage.h"
#include "converter/quantization/float16_storage.h"

namespace edgy::converter {
namespace {

/// What halving the float constants saves and costs. A constant that only decides between codes
/// leaves no trace in the smooth outputs, so the error of its own values counts.
struct HalfFloats {
  double saved_bytes = 0;
  double damage = 0;
};

HalfFloats half_floats(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                       const std::vector<LayerChoice>& choices, const Calibration& calibration,
                       const QuantizeOptions& options) {
  HalfFloats all;
  for (const Float16Candidate& candidate :
       float16_candidates(build_quantized(f32, layers, choices, calibration, options))) {
    all.saved_bytes += static_cast<double>(candidate.saved_bytes);
    all.damage += damage_of(candidate.sqnr_db);
  }
  return all;
}

/// What the file holds beside weights that may be pruned: other constants, structure, and the texts
/// that are only written in the end (about this much a model and a layer).
double fixed_bytes(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                   const std::vector<LayerChoice>& choices,
                   const std::vector<PrunableLayer>& prunable, const Calibration& calibration,
                   const QuantizeOptions& options) {
  constexpr double kTexts = 2048;
  constexpr double kTextsOfLayer = 320;
  auto bytes = static_cast<double>(
      model_bytes(build_quantized(f32, layers, choices, calibration, options)).size());
  for (const PrunableLayer& layer : prunable)
    bytes -= static_cast<double>(layer.grid.elements());
  return bytes + kTexts + kTextsOfLayer * static_cast<double>(layers.size());
}

double dense_cost(const std::vector<std::vector<LayerOption>>& ways) {
  double total = 0;
  for (const auto& options : ways)
    total += options.front().cost;
  return total;
}

double bytes_of(const LayerOption& option) {
  return option.bytes;
}
double cost_of(const LayerOption& option) {
  return option.cost;
}

}  // namespace

void check_budget(const Budget& budget) {
  if ((budget.bytes > 0) == (budget.speedup > 0))
    throw Error("budget: give one of size (bytes) and speedup (times)");
  if (budget.speedup > 0 && budget.speedup < 1)
    throw Error("budget: speedup must be at least 1, not " + std::to_string(budget.speedup));
}

BudgetChoice choose_by_budget(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                              std::vector<LayerChoice>& choices, const Calibration& calibration,
                              std::span<const Sample> samples, const QuantizeOptions& options,
                              Progress& progress) {
  const Budget& budget = *options.budget;
  const bool by_size = budget.bytes > 0;
  const auto prunable = prunable_layers(f32, layers, choices, options.pruning->pattern);
  const auto ways = measure_options(f32, layers, choices, prunable, calibration, samples, options,
                                    !by_size, progress);
  char message[160];
  std::optional<BudgetPlan> plan;
  BudgetChoice choice{std::vector<double>(layers.size()), options.float_storage};
  if (by_size) {
    const HalfFloats halves = half_floats(f32, layers, choices, calibration, options);
    const auto limit = static_cast<double>(budget.bytes);
    double fixed = fixed_bytes(f32, layers, choices, prunable, calibration, options);
    if (choice.float_storage == FloatStorage::kFloat32)
      plan = fit_budget(ways, bytes_of, limit - fixed);
    fixed -= halves.saved_bytes;
    const auto halved = fit_budget(ways, bytes_of, limit - fixed);
    if (halved && (!plan || halved->damage + halves.damage < plan->damage)) {
      plan = halved;
      choice.float_storage = FloatStorage::kFloat16;
    }
    std::snprintf(message, sizeof message,
                  "budget: %.0f bytes is the least that this model can be stored in, not %llu",
                  std::ceil(fixed + least_spending(ways, bytes_of)),
                  static_cast<unsigned long long>(budget.bytes));
  } else {
    plan = fit_budget(ways, cost_of, dense_cost(ways) / budget.speedup);
    std::snprintf(
        message, sizeof message,
        "budget: a speedup of %.2f is the most that is predicted for this model, not %.2f",
        std::floor(100 * dense_cost(ways) / least_spending(ways, cost_of)) / 100, budget.speedup);
  }
  if (!plan)
    throw Error(message);
  for (std::size_t i = 0; i < prunable.size(); ++i) {
    const LayerOption& option = ways[i][plan->option[i]];
    choice.sparsity[prunable[i].index] = option.sparsity;
    choices[prunable[i].index].weight_bits = option.weight_bits;
  }
  return choice;
}

}  // namespace edgy::converter

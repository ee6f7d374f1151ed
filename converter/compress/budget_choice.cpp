#include "converter/compress/budget_choice.h"

#include <cmath>
#include <cstdio>

#include "converter/compress/budget.h"
#include "converter/compress/prunable.h"
#include "converter/compress/pruning_damage.h"
#include "converter/compress/runner.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

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

std::vector<double> choose_by_budget(const format::fb::ModelT& f32,
                                     const std::vector<Layer>& layers,
                                     std::vector<LayerChoice>& choices,
                                     const Calibration& calibration,
                                     std::span<const Sample> samples,
                                     const QuantizeOptions& options, Progress& progress) {
  const Budget& budget = *options.budget;
  const bool by_size = budget.bytes > 0;
  const auto prunable = prunable_layers(f32, layers, choices, options.pruning->pattern);
  const auto ways = measure_options(f32, layers, choices, prunable, calibration, samples, options,
                                    !by_size, progress);
  char message[160];
  std::optional<BudgetPlan> plan;
  if (by_size) {
    const double fixed = fixed_bytes(f32, layers, choices, prunable, calibration, options);
    plan = fit_budget(ways, bytes_of, static_cast<double>(budget.bytes) - fixed);
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
  std::vector<double> sparsity(layers.size());
  for (std::size_t i = 0; i < prunable.size(); ++i) {
    const LayerOption& option = ways[i][plan->option[i]];
    sparsity[prunable[i].index] = option.sparsity;
    choices[prunable[i].index].weight_bits = option.weight_bits;
  }
  return sparsity;
}

}  // namespace edgy::converter

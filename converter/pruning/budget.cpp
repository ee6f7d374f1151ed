#include "converter/pruning/budget.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace edgy::converter {
namespace {

/// Options of a layer that are worth having: less spending for more damage, convex, from the least
/// damage on.
std::vector<std::size_t> hull(const std::vector<LayerOption>& options, Spending spending) {
  std::vector<std::size_t> order(options.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (options[a].damage != options[b].damage)
      return options[a].damage < options[b].damage;
    return spending(options[a]) < spending(options[b]);
  });
  std::vector<std::size_t> corners;
  const auto price = [&](std::size_t a, std::size_t b) {
    return (options[b].damage - options[a].damage) / (spending(options[a]) - spending(options[b]));
  };
  for (const std::size_t i : order) {
    if (!corners.empty() && spending(options[i]) >= spending(options[corners.back()]))
      continue;
    while (corners.size() > 1 &&
           price(corners[corners.size() - 2], corners.back()) >= price(corners.back(), i)) {
      corners.pop_back();
    }
    corners.push_back(i);
  }
  return corners;
}

/// Gives what is left of `limit` back to the layers, the greatest relief first.
void give_back(const std::vector<std::vector<LayerOption>>& layers, Spending spending, double limit,
               BudgetPlan& plan) {
  for (;;) {
    double best = 0;
    std::size_t layer = 0;
    std::size_t option = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerOption& now = layers[i][plan.option[i]];
      for (std::size_t k = 0; k < layers[i].size(); ++k) {
        const double relief = now.damage - layers[i][k].damage;
        if (relief > best && plan.spent - spending(now) + spending(layers[i][k]) <= limit) {
          best = relief;
          layer = i;
          option = k;
        }
      }
    }
    if (best <= 0)
      return;
    plan.spent += spending(layers[layer][option]) - spending(layers[layer][plan.option[layer]]);
    plan.damage -= best;
    plan.option[layer] = option;
  }
}

}  // namespace

std::optional<BudgetPlan> fit_budget(const std::vector<std::vector<LayerOption>>& layers,
                                     Spending spending, double limit) {
  std::vector<std::vector<std::size_t>> hulls;
  std::vector<std::size_t> at(layers.size());
  BudgetPlan plan;
  for (const auto& options : layers) {
    hulls.push_back(hull(options, spending));
    plan.option.push_back(hulls.back().front());
    plan.damage += options[plan.option.back()].damage;
    plan.spent += spending(options[plan.option.back()]);
  }
  while (plan.spent > limit) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t layer = layers.size();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (at[i] + 1 == hulls[i].size())
        continue;
      const LayerOption& now = layers[i][hulls[i][at[i]]];
      const LayerOption& next = layers[i][hulls[i][at[i] + 1]];
      const double price = (next.damage - now.damage) / (spending(now) - spending(next));
      if (price < least) {
        least = price;
        layer = i;
      }
    }
    if (layer == layers.size())
      return std::nullopt;
    const LayerOption& now = layers[layer][plan.option[layer]];
    plan.option[layer] = hulls[layer][++at[layer]];
    const LayerOption& next = layers[layer][plan.option[layer]];
    plan.damage += next.damage - now.damage;
    plan.spent += spending(next) - spending(now);
  }
  give_back(layers, spending, limit, plan);
  return plan;
}

double least_spending(const std::vector<std::vector<LayerOption>>& layers, Spending spending) {
  double total = 0;
  for (const auto& options : layers) {
    double least = std::numeric_limits<double>::infinity();
    for (const LayerOption& option : options)
      least = std::min(least, spending(option));
    total += least;
  }
  return total;
}

double stored_bytes(double weights, double kept, int bits, int block) {
  const double width = bits <= 4 ? 0.5 : 1;
  const double dense = weights * width;
  // One bit a block, or about one byte a stored block: export takes the smaller.
  const double index = std::min(weights / block / 8, kept / block);
  return std::min(dense, kept * width + index);
}

}  // namespace edgy::converter

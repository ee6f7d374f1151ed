#include "converter/finetune/network/hessian.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "converter/error.h"

namespace edgy::converter::finetune {
namespace {

using torch::Tensor;

std::vector<Tensor> gradients_of(const std::vector<Tensor>& parameters,
                                 const std::function<Tensor()>& loss) {
  return torch::autograd::grad({loss()}, parameters, {}, c10::nullopt, false, true);
}

/// parameter = origin + step * direction
void place(const std::vector<Tensor>& parameters, const std::vector<Tensor>& origin,
           const std::vector<Tensor>& direction, double step) {
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Tensor parameter = parameters[i];
    parameter.copy_(origin[i]).add_(direction[i], step);
  }
}

double cost_of(const std::vector<BitsCandidate>& layers, const std::vector<int>& bits,
               const std::vector<std::size_t>& choice) {
  double cost = 0;
  for (std::size_t i = 0; i < layers.size(); ++i)
    cost += layers[i].macs * bits[choice[i]];
  return cost;
}

double damage_of(const std::vector<BitsCandidate>& layers, const std::vector<std::size_t>& choice) {
  double damage = 0;
  for (std::size_t i = 0; i < layers.size(); ++i)
    damage += layers[i].damage[choice[i]];
  return damage;
}

std::vector<std::size_t> exhaustive(const std::vector<BitsCandidate>& layers,
                                    const std::vector<int>& bits, double budget) {
  std::vector<std::size_t> choice(layers.size(), 0);
  std::vector<std::size_t> best;
  double least = std::numeric_limits<double>::infinity();
  for (bool more = true; more;) {
    const double damage = damage_of(layers, choice);
    if (damage < least && cost_of(layers, bits, choice) <= budget) {
      least = damage;
      best = choice;
    }
    more = false;
    for (std::size_t i = 0; i < choice.size() && !more; ++i) {
      choice[i] = (choice[i] + 1) % bits.size();
      more = choice[i] != 0;
    }
  }
  return best;
}

/// Starts from the most bits and takes the cheapest reduction until the budget holds.
std::vector<std::size_t> greedy(const std::vector<BitsCandidate>& layers,
                                const std::vector<int>& bits, double budget) {
  const auto most =
      static_cast<std::size_t>(std::max_element(bits.begin(), bits.end()) - bits.begin());
  std::vector<std::size_t> choice(layers.size(), most);
  while (cost_of(layers, bits, choice) > budget) {
    double cheapest = std::numeric_limits<double>::infinity();
    std::size_t layer = 0;
    std::size_t to = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      for (std::size_t b = 0; b < bits.size(); ++b) {
        const double saved = layers[i].macs * (bits[choice[i]] - bits[b]);
        const double price = (layers[i].damage[b] - layers[i].damage[choice[i]]) / saved;
        if (saved > 0 && price < cheapest) {
          cheapest = price;
          layer = i;
          to = b;
        }
      }
    }
    if (std::isinf(cheapest))
      return {};
    choice[layer] = to;
  }
  return choice;
}

}  // namespace

std::vector<double> mean_hessian_traces(const std::vector<Tensor>& parameters,
                                        const std::function<Tensor()>& loss,
                                        const HutchinsonOptions& options) {
  auto generator = at::detail::createCPUGenerator(options.seed);
  std::vector<Tensor> origin;
  for (const Tensor& parameter : parameters)
    origin.push_back(parameter.detach().clone());
  std::vector<double> sums(parameters.size());
  double last = 0;
  int done = 0;
  while (done < options.iterations) {
    std::vector<Tensor> signs;
    double weight_power = 0;
    double count = 0;
    for (const Tensor& parameter : parameters) {
      signs.push_back(
          torch::empty_like(parameter).detach().bernoulli_(0.5, generator).mul_(2).sub_(1));
      weight_power += parameter.detach().square().sum().item<double>();
      count += static_cast<double>(parameter.numel());
    }
    // A hundredth of the weights' root mean square: far above rounding, far below curvature.
    const double step = std::max(1e-2 * std::sqrt(weight_power / count), 1e-6);
    place(parameters, origin, signs, step);
    const auto ahead = gradients_of(parameters, loss);
    place(parameters, origin, signs, -step);
    const auto behind = gradients_of(parameters, loss);
    ++done;
    double total = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (ahead[i].defined() && behind[i].defined())
        sums[i] += (signs[i] * (ahead[i] - behind[i])).sum().item<double>() / (2 * step);
      total += sums[i] / done;
    }
    if (done > 1 && std::fabs(total - last) <= options.tolerance * std::fabs(last))
      break;
    last = total;
  }
  place(parameters, origin, origin, 0);
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] /= done * static_cast<double>(parameters[i].numel());
  return sums;
}

std::vector<int> choose_bits(const std::vector<BitsCandidate>& layers, const std::vector<int>& bits,
                             int reference_bits, double ratio) {
  double budget = 0;
  for (const BitsCandidate& layer : layers)
    budget += layer.macs * reference_bits / ratio;
  budget *= 1 + 1e-9;
  constexpr std::size_t kExhaustive = 16;
  const auto choice = layers.size() <= kExhaustive && bits.size() <= 2
                          ? exhaustive(layers, bits, budget)
                          : greedy(layers, bits, budget);
  if (choice.size() != layers.size() || layers.empty()) {
    const int least = bits.empty() ? 0 : *std::min_element(bits.begin(), bits.end());
    throw Error("a compression ratio of " + std::to_string(ratio) + " is out of reach: with " +
                std::to_string(least) + " bits everywhere it is " +
                std::to_string(static_cast<double>(reference_bits) / std::max(least, 1)));
  }
  std::vector<int> result;
  for (const std::size_t index : choice)
    result.push_back(bits[index]);
  return result;
}

}  // namespace edgy::converter::finetune

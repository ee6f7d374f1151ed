#include "converter/finetune/masks/rb_masks.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "converter/finetune/masks/sparsity.h"

namespace edgy::converter::finetune {

using torch::Tensor;

namespace {

/// Between the scores of the largest and the smallest block at the start: what training tells
/// nothing about goes by magnitude. A hundredth of probability.
constexpr double kHeadStart = 0.05;

/// 0 for the least of all values to 1 for the greatest.
std::vector<Tensor> ranks_of(const std::vector<Tensor>& values) {
  std::vector<Tensor> flat;
  for (const Tensor& v : values)
    flat.push_back(v.flatten());
  if (flat.empty())
    return {};
  const Tensor order = std::get<1>(torch::cat(flat).sort(/*stable=*/true, 0, false));
  const int64_t count = order.numel();
  Tensor rank = torch::empty({count}, torch::kFloat);
  rank.index_copy_(0, order,
                   torch::arange(count, torch::kFloat) / std::max<double>(1.0, double(count - 1)));
  std::vector<Tensor> ranks;
  int64_t start = 0;
  for (const Tensor& v : values) {
    ranks.push_back(rank.narrow(0, start, v.numel()).reshape(v.sizes()));
    start += v.numel();
  }
  return ranks;
}

}  // namespace

RbMasks::RbMasks(Network& network, const std::vector<bool>& prunable, int block, double initial)
    : network_(&network), block_(block) {
  // Certain bits would never change: at least a hundredth of doubt.
  const double keep = std::clamp(1 - initial, 0.01, 0.99);
  std::vector<Tensor> magnitudes;
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    if (!prunable.empty() && !prunable[i])
      continue;
    std::vector<int64_t> shape = network.layers()[i].weight.sizes().vec();
    shape.back() = (shape.back() + block - 1) / block;
    layers_.push_back(i);
    scores_.push_back(torch::full(shape, std::log(keep / (1 - keep)), torch::kFloat));
    magnitudes.push_back(block_magnitude(network.layers()[i], block));
  }
  const std::vector<Tensor> ranks = ranks_of(magnitudes);
  for (std::size_t k = 0; k < scores_.size(); ++k)
    scores_[k].add_(ranks[k].sub(0.5), kHeadStart);
}

std::vector<Parameter> RbMasks::parameters(double rate) const {
  std::vector<Parameter> parameters;
  for (std::size_t k = 0; k < layers_.size(); ++k)
    parameters.push_back(
        {"layer." + std::to_string(layers_[k]) + ".scores", scores_[k], rate, false});
  return parameters;
}

void RbMasks::draw(uint64_t seed, int64_t step) {
  auto generator =
      at::detail::createCPUGenerator((seed * 0x9E3779B97F4A7C15U) ^ static_cast<uint64_t>(step));
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    const Tensor uniform = torch::empty(scores_[k].sizes()).uniform_(1e-6, 1 - 1e-6, generator);
    const Tensor probability = (scores_[k] + uniform.logit()).sigmoid();
    const Tensor bit = probability.detach().gt(0.5).to(torch::kFloat);
    network_->layers()[layers_[k]].mask =
        expand_blocks(bit - probability.detach() + probability, block_,
                      network_->layers()[layers_[k]].weight.size(-1));
  }
}

Tensor RbMasks::loss(double level) const {
  Tensor kept = torch::zeros({});
  int64_t count = 0;
  for (const Tensor& scores : scores_) {
    kept = kept + scores.sigmoid().sum();
    count += scores.numel();
  }
  return (kept / (static_cast<double>(count) * std::max(1 - level, 1e-3)) - 1).square();
}

void RbMasks::fix(double level, bool global) {
  const std::vector<Tensor> kept = keep_greatest(scores_, level, global);
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    Layer& layer = network_->layers()[layers_[k]];
    layer.mask = expand_blocks(kept[k], block_, layer.weight.size(-1)).contiguous();
  }
}

double RbMasks::expected_sparsity() const {
  double kept = 0;
  double count = 0;
  for (const Tensor& scores : scores_) {
    kept += scores.sigmoid().sum().item<double>();
    count += static_cast<double>(scores.numel());
  }
  return count > 0 ? 1 - kept / count : 0;
}

}  // namespace edgy::converter::finetune

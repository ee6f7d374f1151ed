#include "converter/finetune/masks/sparsity.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace edgy::converter::finetune {
namespace {

using torch::Tensor;

/// [O, ..., C] -> sums over blocks of channels [O, ..., blocks].
Tensor sum_blocks(const Tensor& values, int64_t block) {
  const int64_t channels = values.size(-1);
  const int64_t padded = (channels + block - 1) / block * block;
  return at::constant_pad_nd(values, {0, padded - channels})
      .unflatten(-1, {padded / block, block})
      .sum(-1);
}

Tensor importance_of(const Layer& layer, const MaskOptions& options, const Tensor& power) {
  const Tensor weight = layer.weight.detach();
  switch (options.importance) {
    case Importance::kMagnitude:
      return sum_blocks(weight.abs(), options.block) / options.block;
    case Importance::kNormedMagnitude:
      return block_magnitude(layer, options.block);
    case Importance::kOutputPower: {
      const Tensor added = weight.square() * power;
      return sum_blocks(added, options.block) / added.sum().clamp_min(1e-20);
    }
  }
  return {};
}

Tensor keep_greatest_of(const Tensor& flat, double level) {
  const int64_t zeros = std::llround(level * static_cast<double>(flat.numel()));
  Tensor mask = torch::ones_like(flat);
  if (zeros > 0) {
    const Tensor order = std::get<1>(flat.sort(/*stable=*/true, 0, /*descending=*/false));
    mask.index_fill_(0, order.narrow(0, 0, zeros), 0);
  }
  return mask;
}

}  // namespace

InputPower measure_input_power(Network& network, const Tensor& inputs) {
  torch::NoGradGuard no_grad;
  std::vector<int> wanted;
  for (const auto& op : network.model().operators) {
    if (op->options.type == format::fb::OperatorOptions::Conv2D ||
        op->options.type == format::fb::OperatorOptions::Dense)
      wanted.push_back(op->inputs[0]);
  }
  const Values values = network.run({inputs}, wanted);
  InputPower power;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Tensor& x = values.at(wanted[i]);
    const Tensor squares = x.square().flatten(0, -2).mean(0);
    // Grouped convolutions see a part of the channels each: the mean over groups stands for all.
    const int64_t channels = network.layers()[i].weight.size(-1);
    power.push_back(squares.view({-1, channels}).mean(0).contiguous());
  }
  return power;
}

Tensor block_magnitude(const Layer& layer, int block) {
  const Tensor weight = layer.weight.detach();
  return sum_blocks(weight.abs(), block) / block / weight.norm().clamp_min(1e-20);
}

std::vector<Tensor> keep_greatest(const std::vector<Tensor>& values, double level, bool global) {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> flat;
  for (const Tensor& v : values)
    flat.push_back(v.detach().flatten());
  std::vector<Tensor> masks;
  const Tensor shared =
      global && !flat.empty() ? keep_greatest_of(torch::cat(flat), level) : Tensor();
  int64_t start = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Tensor mask =
        global ? shared.narrow(0, start, flat[i].numel()) : keep_greatest_of(flat[i], level);
    masks.push_back(mask.reshape(values[i].sizes()));
    start += flat[i].numel();
  }
  return masks;
}

Tensor expand_blocks(const Tensor& blocks, int block, int64_t channels) {
  std::vector<int64_t> shape = blocks.sizes().vec();
  shape.push_back(block);
  return blocks.unsqueeze(-1).expand(shape).flatten(-2).narrow(-1, 0, channels);
}

void set_masks(Network& network, double level, const MaskOptions& options,
               const InputPower& power) {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> importance;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    if (!options.prunable.empty() && !options.prunable[i])
      continue;
    chosen.push_back(i);
    importance.push_back(
        importance_of(network.layers()[i], options, i < power.size() ? power[i] : Tensor()));
  }
  const std::vector<Tensor> kept = keep_greatest(importance, level, options.global);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    Layer& layer = network.layers()[chosen[k]];
    layer.mask = expand_blocks(kept[k], options.block, layer.weight.size(-1)).contiguous();
  }
}

double sparsity_of(const Network& network) {
  int64_t zeros = 0;
  int64_t all = 0;
  for (const Layer& layer : network.layers()) {
    all += layer.weight.numel();
    if (layer.mask.defined())
      zeros += layer.weight.numel() - layer.mask.count_nonzero().item<int64_t>();
  }
  return all > 0 ? static_cast<double>(zeros) / static_cast<double>(all) : 0;
}

}  // namespace edgy::converter::finetune

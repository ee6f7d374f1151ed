#include "converter/finetune/masks/repair.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "converter/finetune/network/stored_weights.h"
#include "converter/progress.h"
#include "converter/quantization/float_layers.h"
#include "converter/reconstruction/layer_fit.h"

namespace edgy::converter::finetune {
namespace fb = format::fb;
namespace {

using torch::Tensor;

constexpr std::size_t kQuickShare = 4;  ///< one of so many samples
constexpr int kQuickMaskIterations = 20;
constexpr int kQuickSolveIterations = 16;

bool has_weights(const fb::OperatorT& op) {
  return op.options.type == fb::OperatorOptions::Conv2D ||
         op.options.type == fb::OperatorOptions::Dense;
}

/// Every `interval`-th of `samples`.
std::vector<Sample> some_of(const std::vector<Sample>& samples, std::size_t interval) {
  std::vector<Sample> some;
  for (std::size_t i = 0; i < samples.size(); i += interval)
    some.push_back(samples[i]);
  return some;
}

/// `floats` with the weights and biases that `student` trains, zeros aside.
fb::ModelT with_weights_of(const Network& student, const fb::ModelT& floats) {
  Network network(floats);
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const Layer& from = student.layers()[i];
    Layer& to = network.layers()[i];
    // Zeros of layers that are fitted are chosen anew, from all that there was.
    to.weight = from.bits > 0 ? from.weight.detach() : from.masked().detach();
    if (to.bias.defined())
      to.bias = from.bias.detach();
  }
  fb::ModelT model = floats;
  write_layers(network, model);
  return model;
}

std::vector<float> values_of(const Tensor& tensor) {
  const Tensor values = tensor.detach().contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

/// One entry a block: whether `mask` (undefined: all stay) keeps one of its weights.
BlockMask blocks_of(const format::BlockGrid& grid, const Tensor& mask) {
  BlockMask blocks(static_cast<std::size_t>(grid.blocks()), 1);
  if (!mask.defined())
    return blocks;
  const std::vector<float> kept = values_of(mask);
  for (int64_t block = 0; block < grid.blocks(); ++block) {
    bool any = false;
    for_each_weight(grid, block, [&](std::size_t i) { any = any || kept[i] != 0; });
    blocks[static_cast<std::size_t>(block)] = any ? 1 : 0;
  }
  return blocks;
}

Tensor mask_of(const format::BlockGrid& grid, const BlockMask& blocks, const Tensor& like) {
  Tensor mask = torch::ones_like(like).detach().contiguous();
  apply_mask(grid, blocks, {mask.data_ptr<float>(), static_cast<std::size_t>(mask.numel())});
  return mask;
}

/// Puts the integers into the layer, which then computes with just these.
void take_over(const FittedLayer& fitted, const format::BlockGrid& grid, Layer& layer) {
  torch::NoGradGuard no_grad;
  const Tensor integers = torch::from_blob(const_cast<int8_t*>(fitted.weights.values.data()),
                                           layer.weight.sizes(), torch::kChar)
                              .to(torch::kFloat);
  const auto rows = static_cast<int64_t>(fitted.weights.scale.size());
  layer.scale =
      torch::from_blob(const_cast<float*>(fitted.weights.scale.data()), {rows}, torch::kFloat)
          .clone();
  std::vector<int64_t> by_row(static_cast<std::size_t>(layer.weight.dim()), 1);
  by_row[0] = rows;
  layer.weight.copy_(integers * layer.scale.view(by_row));
  if (layer.bias.defined()) {
    layer.bias.copy_(torch::from_blob(const_cast<float*>(fitted.bias.data()),
                                      {static_cast<int64_t>(fitted.bias.size())}, torch::kFloat));
  }
  if (std::find(fitted.mask.begin(), fitted.mask.end(), 0) != fitted.mask.end())
    layer.mask = mask_of(grid, fitted.mask, layer.weight);
}

}  // namespace

Repair::Repair(fb::ModelT floats, std::vector<Sample> samples, const QuantizeOptions& options)
    : floats_(std::move(floats)),
      samples_(std::move(samples)),
      options_(options),
      layers_(quantizable_layers(floats_)) {
  std::vector<int> inputs;
  for (const edgy::converter::Layer& layer : layers_) {
    inputs.push_back(layer.input);
    position_.push_back(static_cast<std::size_t>(
        std::count_if(floats_.operators.begin(), floats_.operators.begin() + layer.op,
                      [](const auto& op) { return has_weights(*op); })));
  }
  SilentProgress silent;
  calibration_ = calibrate(floats_, samples_, inputs, silent);
  for (edgy::converter::Layer& layer : layers_) {
    if (is_too_large_to_fit(floats_, layer, calibration_.at(layer.input)))
      layer.prunable = false;
  }
}

void Repair::choose_masks(Network& student, const std::vector<double>& zeros, int block,
                          RepairEffort effort) const {
  const bool quick = effort == RepairEffort::kQuick;
  const std::vector<Sample> some = quick ? some_of(samples_, kQuickShare) : std::vector<Sample>();
  const std::vector<Sample>& samples = quick ? some : samples_;
  ReconstructionOptions options = options_.reconstruction;
  if (quick) {
    options.mask_iterations = std::min(options.mask_iterations, kQuickMaskIterations);
    options.solve_iterations = std::min(options.solve_iterations, kQuickSolveIterations);
  }
  PruningPattern pattern;
  pattern.block_cols = block;
  const fb::ModelT current = with_weights_of(student, floats_);
  // Operators of the student in the order of its layers: their inputs say the grids that it has.
  std::vector<int> activation_bits;
  for (const auto& op : student.model().operators) {
    if (!has_weights(*op))
      continue;
    const auto& input = student.model().tensors[static_cast<std::size_t>(op->inputs[0])];
    activation_bits.push_back(input->quantization ? input->quantization->bits : 0);
  }
  std::vector<LayerChoice> choices(layers_.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = student.layers()[position_[i]];
    choices[i].quantized = layer.bits > 0;
    if (!choices[i].quantized)
      continue;
    choices[i].weight_bits = layer.bits;
    choices[i].activation_bits = activation_bits[position_[i]];
  }
  SilentProgress silent;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (!choices[i].quantized || !layers_[i].prunable)
      continue;
    Layer& layer = student.layers()[position_[i]];
    const LayerData data(current, layers_, i, choices, calibration_, samples, options_, silent,
                         {&floats_, {}});
    const auto& shape = floats_.tensors[static_cast<std::size_t>(layers_[i].weights)]->shape;
    const format::BlockGrid grid = grid_of(shape, pattern);
    const std::vector<float> weights = values_of(layer.weight);
    const double share = position_[i] < zeros.size() ? zeros[position_[i]] : -1;
    FittedLayer fitted;
    if (share < 0) {
      fitted =
          fit_masked_layer(data, weights, grid, blocks_of(grid, layer.mask), layer.bits, options);
    } else {
      const auto keep = std::llround(static_cast<double>(grid.elements()) * (1 - share));
      fitted = fit_layer(data, weights, grid, pattern, keep, layer.bits, options);
    }
    choices[i].weights = fitted.weights;
    choices[i].bias = fitted.bias;
    take_over(fitted, grid, layer);
  }
}

void Repair::fit(Network& student, int block, RepairEffort effort) const {
  choose_masks(student, {}, block, effort);
}

}  // namespace edgy::converter::finetune

#include "converter/finetune/hawq.h"

#include <torch/utils.h>

#include <algorithm>

#include "converter/error.h"
#include "converter/finetune/network/distillation.h"
#include "converter/finetune/network/fake_quantize.h"
#include "converter/finetune/network/hessian.h"
#include "converter/finetune/network/network.h"
#include "converter/nncf/file/scopes.h"

namespace edgy::converter::finetune {
namespace {

using torch::Tensor;

Tensor crops_of(const Crops& crops, int count) {
  const auto wanted =
      std::min<std::size_t>(static_cast<std::size_t>(std::max(count, 1)), crops.size());
  std::vector<int64_t> shape = crops.shape();
  shape[0] *= static_cast<int64_t>(wanted);
  Tensor batch = torch::empty(shape);
  auto* to = batch.data_ptr<float>();
  for (std::size_t i = 0; i < wanted; ++i) {
    const auto crop = crops.crop(i * crops.size() / wanted);
    to = std::copy(crop.begin(), crop.end(), to);
  }
  return batch;
}

/// Multiplications of each layer for `inputs`.
std::vector<double> macs_of(Network& network, const Tensor& inputs) {
  torch::NoGradGuard no_grad;
  std::vector<int> outputs;
  for (const Layer& layer : network.layers())
    outputs.push_back(find_tensor(network.model(), layer.name));
  const Values values = network.run({inputs}, outputs);
  std::vector<double> macs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& weight = network.layers()[i].weight;
    macs.push_back(static_cast<double>(values.at(outputs[i]).numel()) *
                   static_cast<double>(weight.numel() / weight.size(0)));
  }
  return macs;
}

double quantization_error(const Tensor& weight, int bits) {
  torch::NoGradGuard no_grad;
  const IntegerWeights integers = quantize_weights(weight, bits);
  std::vector<int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[0] = weight.size(0);
  return (integers.values * integers.scale.view(shape) - weight).square().sum().item<double>();
}

}  // namespace

std::vector<LayerBits> choose_layer_bits(const format::fb::ModelT& reference, const Crops& crops,
                                         const nncf::Quantization& quantization,
                                         const nncf::HawqPrecision& hawq, uint64_t seed) {
  Network teacher(reference);
  Network network(reference);
  const Distillation distillation(teacher, network, {});
  const Tensor inputs = crops_of(crops, hawq.data_points);
  const Targets targets = distillation.targets(teacher, inputs);

  std::vector<std::size_t> chosen;
  std::vector<Tensor> weights;
  std::vector<LayerBits> result;
  const std::vector<double> macs = macs_of(network, inputs);
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    Layer& layer = network.layers()[i];
    result.push_back({layer.operator_name, 0, macs[i], quantization.weights.bits});
    if (!nncf::in_scope(quantization.weights.scopes, layer.operator_name))
      continue;
    layer.weight.set_requires_grad(true);
    chosen.push_back(i);
    weights.push_back(layer.weight);
  }
  const std::vector<double> traces = mean_hessian_traces(
      weights, [&] { return distillation.loss(distillation.values(network, inputs), targets); },
      {hawq.iterations, hawq.tolerance, seed});
  std::vector<BitsCandidate> candidates;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    BitsCandidate candidate;
    candidate.macs = macs[chosen[k]];
    for (const int bits : hawq.bits)
      candidate.damage.push_back(std::max(traces[k], 0.0) *
                                 quantization_error(weights[k].detach(), bits));
    candidates.push_back(std::move(candidate));
  }
  const std::vector<int> bits = choose_bits(candidates, hawq.bits, 8, hawq.compression_ratio);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    result[chosen[k]].mean_trace = traces[k];
    result[chosen[k]].bits = bits[k];
  }
  return result;
}

}  // namespace edgy::converter::finetune

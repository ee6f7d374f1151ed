#include "converter/finetune/masks/nncf_plan.h"

#include <algorithm>

#include "converter/error.h"
#include "converter/nncf/algorithms/schedules.h"

namespace edgy::converter::finetune {
namespace {

template <typename Algorithm>
void take(std::optional<Algorithm>& slot, const Algorithm& algorithm, const char* name) {
  if (slot)
    throw Error(std::string("the configuration lists ") + name + " twice; give it once");
  slot = algorithm;
}

}  // namespace

CompressionPlan make_plan(const nncf::NncfConfig& config, const std::set<std::string>& given) {
  CompressionPlan plan;
  for (std::size_t i = 0; i < config.algorithms.size(); ++i) {
    const nncf::Algorithm& algorithm = config.algorithms[i];
    const char* name = nncf::name_of(algorithm);
    if (const auto* magnitude = std::get_if<nncf::MagnitudeSparsity>(&algorithm))
      take(plan.magnitude, *magnitude, name);
    if (const auto* rb = std::get_if<nncf::RbSparsity>(&algorithm))
      take(plan.rb, *rb, name);
    if (const auto* constant = std::get_if<nncf::ConstSparsity>(&algorithm))
      take(plan.constant, *constant, name);
    if (const auto* filters = std::get_if<nncf::FilterPruning>(&algorithm))
      take(plan.filters, *filters, name);
    if (const auto* quantization = std::get_if<nncf::Quantization>(&algorithm)) {
      take(plan.quantization, *quantization, name);
      if (given.contains("compression[" + std::to_string(i) + "].activations.bits"))
        plan.activation_bits = quantization->activations.bits;
    }
  }
  if (plan.magnitude && plan.rb)
    throw Error("magnitude_sparsity and rb_sparsity both choose the zeros; give one of them");
  return plan;
}

int final_epoch(const CompressionPlan& plan) {
  int epoch = 0;
  if (plan.magnitude)
    epoch = std::max(epoch, nncf::final_sparsity_epoch(plan.magnitude->params));
  if (plan.rb)
    epoch = std::max(epoch, nncf::final_sparsity_epoch(plan.rb->params));
  if (plan.quantization)
    epoch = std::max({epoch, plan.quantization->weights_start_epoch,
                      plan.quantization->activations_start_epoch});
  return epoch;
}

FilterPruningOptions filter_options(const nncf::FilterPruning& pruning) {
  if (pruning.flops_target || pruning.all_weights) {
    throw Error(
        std::string("filter_pruning with ") +
        (pruning.flops_target ? "pruning_flops_target" : "all_weights") +
        " is not something Edgy does: it prunes each layer by its share; give pruning_target");
  }
  FilterPruningOptions options;
  options.rate = pruning.target;
  switch (pruning.importance) {
    case nncf::FilterNorm::kL1:
      options.importance = FilterImportance::kL1;
      break;
    case nncf::FilterNorm::kL2:
      options.importance = FilterImportance::kL2;
      break;
    case nncf::FilterNorm::kGeometricMedian:
      options.importance = FilterImportance::kGeometricMedian;
      break;
  }
  options.prune_first = pruning.prune_first_conv;
  options.prune_last = pruning.prune_last_conv;
  options.prune_downsampling = pruning.prune_downsample_convs;
  options.multiple_of = 1;  // the rate as asked, to a filter
  return options;
}

}  // namespace edgy::converter::finetune

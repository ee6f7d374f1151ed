// The whole of a configuration file: what is around the algorithms, and which there are.
#pragma once

#include "converter/nncf/file/describe_pruning.h"
#include "converter/nncf/file/describe_quantization.h"
#include "converter/nncf/file/describe_sparsity.h"

namespace edgy::converter::nncf {

inline const Names<std::string> kTargetDevices = {
    {"ANY", "ANY"}, {"CPU", "CPU"},   {"GPU", "GPU"},     {"VPU", "VPU"},
    {"NPU", "NPU"}, {"HDDL", "HDDL"}, {"TRIAL", "TRIAL"}, {"NONE", "NONE"}};

/// Keys of NNCF's example runners (PyTorch and TensorFlow), which share a file with NNCF's own.
const std::vector<const char*>& runner_keys();

/// What the file says for all of its algorithms.
struct FileFields {
  Scopes scopes;
  double lr_multiplier = 1;
};

/// All but "input_info" and "compression".
template <typename Visitor>
void describe_file(Visitor& v, FileFields& fields, NncfConfig& config) {
  constexpr const char* kRunner =
      "NNCF's example runner reads it, for the model, the data and the training that Edgy's own "
      "options name (edgy finetune --help).";
  v.choice("target_device", config.target_device, kTargetDevices,
           "What NNCF would compress for. Edgy compresses for its own kernels.");
  describe(v, fields.scopes);
  v.number("compression_lr_multiplier", fields.lr_multiplier, kPositive,
           "Of the learning rate of parameters that compression adds.");
  v.unused("disable_shape_matching", "shapes come from the model");
  v.unused("accuracy_aware_training",
           "edgy finetune keeps the best weights that it saw at the level the file names. It "
           "searches no level (adaptive_compression_level) and knows no bound on the loss of "
           "accuracy to stop at (early_exit).");
  v.unused("hw_config_type", "kernels are Edgy's own");
  v.unused("hw_config_subtype", "kernels are Edgy's own");
  v.unused("quantizer_setup_type", "the layers that integer kernels can run are quantized");
  v.unused(runner_keys(), kRunner);
}

/// Calls `use(settings)` with the default settings of the algorithm of that name. False if there is
/// none.
template <typename Use>
bool with_algorithm(const std::string& name, Use use) {
  const auto offer = [&](auto settings) {
    if (name != name_of(Algorithm(settings)))
      return false;
    use(std::move(settings));
    return true;
  };
  return offer(MagnitudeSparsity()) || offer(RbSparsity()) || offer(ConstSparsity()) ||
         offer(FilterPruning()) || offer(Quantization()) || offer(KnowledgeDistillation());
}

/// In the order of Algorithm's alternatives.
std::vector<std::string> algorithm_names();

}  // namespace edgy::converter::nncf

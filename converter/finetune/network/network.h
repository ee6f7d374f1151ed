// A model of the format as a differentiable torch computation.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "converter/finetune/network/mixed_precision.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// A Conv2D or Dense whose weights train.
struct Layer {
  std::string name;  ///< of the tensor it computes: the same in a float model and its int8 twin
  std::string operator_name;
  torch::Tensor weight;  ///< float32, shape of the format: [O, KH, KW, C] or [O, K]
  torch::Tensor bias;    ///< [O]; undefined: none
  torch::Tensor mask;    ///< 1: stays, 0: zero; shape of the weight; undefined: all stay
  int bits = 0;          ///< of its integer weights; 0: float32
  /// [O], what one unit of the integer weights is worth, as the model stores it: training starts
  /// from the very integers of the model. Undefined: follows the greatest weight of each row.
  torch::Tensor scale;

  /// The weights that count.
  torch::Tensor masked() const { return mask.defined() ? weight * mask : weight; }
};

/// Values by tensor index, as real numbers, shapes as in the format (channels last).
using Values = std::map<int, torch::Tensor>;

/// Runs the operators of a model on torch tensors. int8 tensors are computed with the runtime's
/// integers (see fake_quantize.h); everything else in float32. The first extent of all inputs is a
/// batch: any number of samples may be run at once, if the model treats the first axis as one.
class Network {
 public:
  /// `model` is a float32 model or an int8 one as converter/compress makes it; it is kept and must
  /// outlive the network. Throws Error naming the operators that have no differentiable form.
  explicit Network(const format::fb::ModelT& model);

  /// Runs the model on `inputs` (one for each model input) and returns the values of the tensors in
  /// `wanted`. Throws Error naming the operator that does not take its input.
  Values run(const std::vector<torch::Tensor>& inputs, const std::vector<int>& wanted);

  /// Rounds float operands to 16 bits where `precision` says so; float32 by default.
  void set_precision(const MixedPrecision& precision) { precision_ = precision; }

  std::vector<Layer>& layers() { return layers_; }
  const std::vector<Layer>& layers() const { return layers_; }
  const format::fb::ModelT& model() const { return *model_; }
  /// A float32, int32 or int64 constant as the format stores it.
  torch::Tensor constant(int tensor) const;

 private:
  const format::fb::ModelT* model_;
  MixedPrecision precision_;
  std::vector<Layer> layers_;
  std::map<int, std::size_t> layer_of_;  ///< by operator index
};

/// Index of the tensor of that name, or -1.
int find_tensor(const format::fb::ModelT& model, const std::string& name);

}  // namespace edgy::converter::finetune

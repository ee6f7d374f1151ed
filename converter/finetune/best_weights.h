// The weights, masks and scales of the best judgement so far, which are what training hands out.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "converter/finetune/checkpoint.h"
#include "converter/finetune/network/network.h"
#include "converter/finetune/network/optimizer.h"

namespace edgy::converter::finetune {

/// Name of a layer's mask in a checkpoint.
std::string mask_name(std::size_t layer);

/// Name of its scales there.
std::string scale_name(std::size_t layer);

/// Reads the scales `name` of a layer from a checkpoint; undefined where there are none.
void restore_scale(const Checkpoint& checkpoint, const std::string& name, const Layer& layer,
                   torch::Tensor& scale);

/// Reads the mask `name` of `layer` from a checkpoint; leaves `mask` alone where there is none.
void restore_mask(const Checkpoint& checkpoint, const std::string& name, const Layer& layer,
                  torch::Tensor& mask);

class BestWeights {
 public:
  /// Copies of what there is now. Parameters keep their order and shapes.
  BestWeights(const std::vector<Parameter>& parameters, const Network& student);

  /// Keeps the current weights if nothing was kept yet or `merit` is greater than before.
  void consider(double merit, int64_t step, const std::vector<Parameter>& parameters,
                const Network& student);
  /// Puts what was kept back into the model; does nothing if nothing was.
  void put_back(const std::vector<Parameter>& parameters, Network& student) const;

  int64_t step() const { return step_; }                      ///< kept at; -1: nothing was
  int judgements_since() const { return judgements_since_; }  ///< that were no better
  void forgive() { judgements_since_ = 0; }                   ///< counts them anew

  void save(Checkpoint& checkpoint, const std::vector<Parameter>& parameters) const;
  void restore_from(const Checkpoint& checkpoint, const std::vector<Parameter>& parameters,
                    const Network& student);

 private:
  std::vector<torch::Tensor> weights_;
  std::vector<torch::Tensor> masks_;   ///< by layer; undefined: none
  std::vector<torch::Tensor> scales_;  ///< by layer; undefined: follow the weights
  int64_t step_ = -1;
  double merit_ = 0;
  int judgements_since_ = 0;
};

}  // namespace edgy::converter::finetune

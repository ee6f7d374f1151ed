// What a step of training sees: crops, in the order that a seed gives, and what the reference makes
// of them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "converter/finetune/network/distillation.h"
#include "converter/finetune/samples/crops.h"

namespace edgy::converter::finetune {

/// The crops `indices` one after another along the first axis.
torch::Tensor stack(const Crops& crops, std::span<const std::size_t> indices);

/// Batches of training crops: each pass takes all of them once (but for a last incomplete batch),
/// in an order that depends on the seed and the pass alone, so that a resumed run goes on with the
/// same.
class BatchOrder {
 public:
  /// Throws Error when there are fewer crops than a batch takes.
  BatchOrder(std::size_t crops, int batch, uint64_t seed);

  int64_t batches_per_pass() const { return batches_; }
  /// Crops of the batch of step `step` (from 0); valid until the next call.
  std::span<const std::size_t> batch_of(int64_t step);

 private:
  std::size_t crops_;
  std::size_t batch_;
  uint64_t seed_;
  int64_t batches_;
  std::vector<std::size_t> order_;
  int64_t pass_ = -1;
};

/// What the reference gives for each crop, computed when first asked for.
class TargetCache {
 public:
  /// `keep` false: targets are too large to stay in memory (inner layers), and computed each time.
  /// The arguments are referred to.
  TargetCache(const Distillation& distillation, Network& reference, const Crops& crops, bool keep);

  const Targets& of(std::size_t index);
  /// Those of several crops, joined along the first axis.
  Targets of(std::span<const std::size_t> indices);

 private:
  const Distillation& distillation_;
  Network& reference_;
  const Crops& crops_;
  bool keep_;
  std::vector<Targets> kept_;  ///< by crop; empty: not yet computed
};

}  // namespace edgy::converter::finetune

#include "converter/finetune/samples/batches.h"

#include <algorithm>
#include <string>

#include "converter/error.h"

namespace edgy::converter::finetune {

using torch::Tensor;

Tensor stack(const Crops& crops, std::span<const std::size_t> indices) {
  std::vector<int64_t> shape = crops.shape();
  shape[0] *= static_cast<int64_t>(indices.size());
  Tensor batch = torch::empty(shape);
  auto* to = batch.data_ptr<float>();
  for (const std::size_t index : indices) {
    const auto crop = crops.crop(index);
    to = std::copy(crop.begin(), crop.end(), to);
  }
  return batch;
}

BatchOrder::BatchOrder(std::size_t crops, int batch, uint64_t seed)
    : crops_(crops),
      batch_(static_cast<std::size_t>(batch)),
      seed_(seed),
      batches_(static_cast<int64_t>(crops) / batch) {
  if (batches_ == 0)
    throw Error("a batch of " + std::to_string(batch) + " is larger than the " +
                std::to_string(crops) + " training crops");
}

std::span<const std::size_t> BatchOrder::batch_of(int64_t step) {
  if (const int64_t pass = step / batches_; order_.empty() || pass != pass_) {
    order_ = shuffled(crops_, seed_, static_cast<uint64_t>(pass));
    pass_ = pass;
  }
  return {&order_[static_cast<std::size_t>(step % batches_) * batch_], batch_};
}

TargetCache::TargetCache(const Distillation& distillation, Network& reference, const Crops& crops,
                         bool keep)
    : distillation_(distillation),
      reference_(reference),
      crops_(crops),
      keep_(keep),
      kept_(crops.size()) {}

// One crop at a time: matrix products of another size may round differently, and what is kept must
// not depend on the batch that asked first.
const Targets& TargetCache::of(std::size_t index) {
  if (kept_[index].empty()) {
    const std::size_t one[] = {index};
    kept_[index] = distillation_.targets(reference_, stack(crops_, one));
  }
  return kept_[index];
}

Targets TargetCache::of(std::span<const std::size_t> indices) {
  std::vector<Targets> all;
  for (const std::size_t index : indices) {
    all.push_back(of(index));
    if (!keep_)
      kept_[index].clear();
  }
  Targets joined;
  for (std::size_t k = 0; k < all[0].size(); ++k) {
    std::vector<Tensor> parts;
    for (const Targets& targets : all)
      parts.push_back(targets[k]);
    joined.push_back(torch::cat(parts));
  }
  return joined;
}

}  // namespace edgy::converter::finetune

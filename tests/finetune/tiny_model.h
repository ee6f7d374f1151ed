// A model that trains in milliseconds.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "converter/data/dataset.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// x [1, 8, T] -> transpose -> Conv k3 to 16, ReLU -> Conv k4 stride 2 to 16, ReLU -> 1x1 to 6
/// (`z`), nearest of 12 codes (`indices`). Random weights.
format::fb::ModelT tiny_model(uint64_t seed = 1);

/// `count` samples of `length` positions for it.
std::vector<Sample> tiny_samples(std::size_t count, int64_t length, uint64_t seed);

/// Samples in memory as a data set.
class MemorySource final : public CalibrationSource {
 public:
  explicit MemorySource(std::vector<Sample> samples) : samples_(std::move(samples)) {}
  std::size_t size() const override { return samples_.size(); }
  Sample sample(std::size_t index) override { return samples_.at(index); }
  std::string description() const override { return "samples in memory"; }

 private:
  std::vector<Sample> samples_;
};

}  // namespace edgy::converter::finetune

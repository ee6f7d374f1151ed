// The encoder as torch trains it.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "converter/finetune/network/optimizer.h"
#include "converter/private_encoder/network/shape.h"
#include "converter/private_encoder/settings/options.h"

namespace edgy::converter::private_encoder {

/// What an encoder makes of frames: B recordings, T codes each, of K codes in C classes.
struct Assignment {
  torch::Tensor vectors;      ///< [B, T, channels]
  torch::Tensor nearest;      ///< [B, T], int64: the code
  torch::Tensor log_codes;    ///< [B, T, K]: logarithms of soft shares
  torch::Tensor log_classes;  ///< [B, T, C]
  torch::Tensor classes;      ///< [B, T, C]: soft shares
  /// [B, T, C]: 1 at the class of the nearest code; gradients are those of the soft shares
  /// (straight-through; Y. Bengio et al., arXiv:1308.3432).
  torch::Tensor hard_classes;
};

class Encoder {
 public:
  /// Weights are drawn from `seed`; every code is a class of its own.
  Encoder(const EncoderOptions& options, int64_t codes, uint64_t seed);

  /// `mel`: [B, kMels, T]. With `training` batch normalization is by the batch's own moments, which
  /// the kept ones follow. Codes are soft by exp(-s |z - c|^2), s a trained scale.
  Assignment assign(const torch::Tensor& mel, bool training);

  int64_t codes() const { return codebook_.size(0); }
  int64_t class_count() const { return class_count_; }
  /// The class of each code; each from 0 has one.
  const std::vector<int64_t>& classes() const { return classes_; }
  void set_classes(std::vector<int64_t> classes);
  /// The mean vector of each class takes the place of its codes, which are gone.
  void collapse_classes();

  const torch::Tensor& codebook() const { return codebook_; }
  /// All that trains, in an order that stays; tensors are the live ones.
  std::vector<finetune::Parameter> parameters() const;
  /// Parameters and kept moments of batch normalization, by name.
  std::map<std::string, torch::Tensor> state() const;

 private:
  struct Block {
    torch::Tensor weight, bias;  ///< [out, in, taps], [out]
    torch::Tensor gain, shift;   ///< of batch normalization; undefined in the last
    torch::Tensor mean, variance;
    Convolution form;
  };

  std::vector<Block> blocks_;
  torch::Tensor cepstrum_;  ///< [cepstra, mels]
  torch::Tensor codebook_;  ///< [K, channels]
  torch::Tensor scale_;     ///< [1]: log s
  std::vector<int64_t> classes_;
  int64_t class_count_ = 0;
  torch::Tensor members_;  ///< [K, C]: 1 where the code is of the class
};

}  // namespace edgy::converter::private_encoder

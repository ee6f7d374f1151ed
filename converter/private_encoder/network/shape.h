// What the encoder is made of, for those who train it and those who write it. No torch.
#pragma once

#include <vector>

#include "converter/private_encoder/settings/options.h"

namespace edgy::converter::private_encoder {

/// Of variances: of a recording's coefficients, and of batch normalization.
constexpr double kRecordingEpsilon = 1e-3;
constexpr double kBatchEpsilon = 1e-5;

struct Convolution {
  int in = 0;
  int out = 0;
  int taps = 1;
  int stride = 1;
  int padding = 0;
};

/// In order; all but the last are followed by batch normalization and ReLU. EDGY's encoder
/// (arXiv:2007.15064), narrower and with a wider context.
std::vector<Convolution> convolutions(const EncoderOptions& options);

/// The first `cepstra` rows of the orthonormal DCT-II over `mels` bands, row major
/// [cepstra, mels].
std::vector<float> cepstrum(int cepstra, int mels);

}  // namespace edgy::converter::private_encoder

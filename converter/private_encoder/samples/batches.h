// What a step of training sees of one corpus.
#pragma once

#include <torch/types.h>

#include "converter/private_encoder/samples/random.h"
#include "converter/private_encoder/samples/recordings.h"

namespace edgy::converter::private_encoder {

struct Batch {
  torch::Tensor mel;     ///< [B, kMels, T], changed (augmentation.h)
  torch::Tensor phones;  ///< [B, codes], int64; kUnknown where nothing is known
  torch::Tensor labels;  ///< [B], int64; kUnknown where there is none
  torch::Tensor voices;  ///< [B], int64; kUnknown where there is none
  std::vector<int> speakers;
};

/// Stretches of long recordings, or short recordings that are about as long as each other, cut to
/// the shortest. The same for the same numbers.
Batch draw_batch(const Corpus& corpus, const Options& options, Random& random);

}  // namespace edgy::converter::private_encoder

// Convolution over time as a differentiable torch operation.
#pragma once

#include <torch/types.h>

namespace edgy::converter::finetune {

struct TimeConvolution {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_left = 0;
  int64_t pad_right = 0;

  int64_t output_length(int64_t length) const {
    return (length + pad_left + pad_right - dilation * (kernel - 1) - 1) / stride + 1;
  }
};

/// x [C, N, T], w [O, K, C] -> [O, N, T'], float32. The batch lies along the columns, so that a tap
/// is one matrix product for all sequences, without a copy of the input.
torch::Tensor convolve_time(const torch::Tensor& x, const torch::Tensor& w,
                            const TimeConvolution& shape);

}  // namespace edgy::converter::finetune

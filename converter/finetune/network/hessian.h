// Sensitivity of layers by the trace of the Hessian, and the choice of bits from it (HAWQ-V2, Dong
// et al., arXiv:1911.03852).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace edgy::converter::finetune {

struct HutchinsonOptions {
  int iterations = 200;     ///< at most
  double tolerance = 1e-4;  ///< relative change of the summed trace that ends it
  uint64_t seed = 1;
};

/// Mean of the diagonal of each parameter's Hessian block (trace / number of weights) by
/// Hutchinson's estimator: the mean of v.Hv over random signs v. Hv is a central difference of
/// gradients, so that operations need not be differentiable twice. `loss` evaluates the loss on
/// fixed data; parameters require gradients and are left as they were.
std::vector<double> mean_hessian_traces(const std::vector<torch::Tensor>& parameters,
                                        const std::function<torch::Tensor()>& loss,
                                        const HutchinsonOptions& options);

/// One layer in the choice of bits.
struct BitsCandidate {
  std::vector<double> damage;  ///< for each of the bits: mean trace * squared quantization error
  double macs = 0;
};

/// Bits for each layer with the least total damage, such that the sum of bits * MACs is at most
/// that of `reference_bits` everywhere divided by `ratio`. Exact up to 16 layers, then greedy by
/// damage per bit saved. Throws Error when the ratio is out of reach.
std::vector<int> choose_bits(const std::vector<BitsCandidate>& layers, const std::vector<int>& bits,
                             int reference_bits, double ratio);

}  // namespace edgy::converter::finetune

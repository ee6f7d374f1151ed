// Softmax and layer normalization over the last axis.
#pragma once

#include <span>

namespace edgy::kernels {

/// Rows of `columns` values: e^(x - max) / sum. Absolute error below 1e-6. `out` may be `x`.
void softmax(std::span<const float> x, std::size_t columns, std::span<float> out);

/// Rows of gamma.size() values: (x - mean) / sqrt(variance + epsilon) * gamma + beta; the variance
/// is that of the whole row, taken around the mean. `beta` may be empty. `out` may be `x`.
void layer_norm(std::span<const float> x, std::span<const float> gamma, std::span<const float> beta,
                float epsilon, std::span<float> out);

}  // namespace edgy::kernels

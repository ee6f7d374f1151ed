// Products of two float activations.
#pragma once

#include <cstdint>
#include <span>

namespace edgy::kernels {

/// out [m][n] = a [m][k] x b [k][n], row major; with transpose_a `a` is [k][m], with transpose_b
/// `b` is [n][k]. Each result starts at 0 and adds its products in order of k, each rounded: the
/// same bits in every build.
void matmul(std::span<const float> a, std::span<const float> b, std::size_t m, std::size_t k,
            std::size_t n, bool transpose_a, bool transpose_b, std::span<float> out);

}  // namespace edgy::kernels

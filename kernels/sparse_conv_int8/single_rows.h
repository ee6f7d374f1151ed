// Output channels whose weights are stored one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/conv_int8/conv_int8.h"
#include "kernels/sparse_conv_int8/sparse.h"
#include "kernels/sum_pairs.h"

namespace edgy::kernels {

/// Weights that kernels multiply at a time.
inline constexpr std::size_t kSinglesAtATime = 4;

SparseForms single_simd128();
SparseForms single_relaxed();  ///< of both relaxed forms

/// The weights of output channel `o` that are not zero, filled up to `kSinglesAtATime`. For relaxed
/// forms any four products of activations in 0..127 fit into 16 bits together: positive weights of
/// a four add up to no more than 258, negative ones to no less than -258. Adds to `stored` how many
/// weights there are.
BlockList single_row(const ConvShape& shape, std::span<const int8_t> weights, int64_t o, Isa isa,
                     std::size_t& stored);

}  // namespace edgy::kernels

// Random operands of benchmarks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/conv_int8/conv_int8.h"

#define EXPORT extern "C" __attribute__((used, visibility("default"), noinline))

namespace edgy::bench {

/// What is kept together. Blocks are output by input channels; k2Of4: the two first or the two last
/// of every four input channels.
enum class Pattern { k1x4, k4x4, k2x4, k2Of4, k1x1 };

/// Weights [out][kernel_h][kernel_w][in/groups], a share of them (in thousandths; k2Of4: half)
/// kept.
std::vector<int8_t> random_weights(const kernels::ConvShape& shape, Pattern pattern,
                                   int32_t density);
/// Values of 0..127.
void fill_activations(std::span<int8_t> activations);

}  // namespace edgy::bench

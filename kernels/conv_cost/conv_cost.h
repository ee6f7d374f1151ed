// Predicted time of the int8 convolution kernels, to choose between them without running them.
#pragma once

#include <cstdint>

#include "kernels/conv_cost/kernel_forms.h"
#include "kernels/conv_int8/conv_int8.h"

namespace edgy::kernels {

/// Size of an output image.
struct OutputSize {
  int64_t height = 1;
  int64_t width = 1;

  bool one_position() const { return height == 1 && width == 1; }
};

/// What a kernel has to do for one image, in the units that its time is linear in.
struct ConvWork {
  double products = 0;  ///< dense: 4 x 4 channels by 4 positions; sparse: a 1x4 block, or a weight,
                        ///< by 4 positions
  double outputs = 0;   ///< 4 channels by 4 positions to requantize and store; single weights: and
                        ///< to copy channel by channel
  double passes = 0;    ///< loops over the weights of an output channel (sparse) or of four (dense)
};

/// `share`: of the weights' 4x4 blocks that are stored, 0..1.
ConvWork dense_work(const ConvShape& shape, const OutputSize& size, double share = 1);
/// `blocks`: stored 1x4 blocks of all output channels.
ConvWork sparse_work(const ConvShape& shape, int64_t blocks, const OutputSize& size, Isa isa);

/// `weights`: of all output channels, that are not zero.
ConvWork single_work(const ConvShape& shape, int64_t weights, const OutputSize& size);

/// The kind that runs all weights of a layer: for one position, depthwise, or else.
ConvKernelKind dense_kind(const ConvShape& shape, const OutputSize& size);

/// How many of `most` threads should share a layer whose predicted time on one is `cost` (as
/// below): as many as make its predicted time least, if each helper costs what handing work over
/// takes.
int32_t worthwhile_threads(double cost, int32_t most);

/// Predicted time of `work` by `kernel` in a form and a class of processors, in units of one
/// `product` of the dense kernel in the form of pairs, which takes the same time in all classes:
/// so kernels, forms and classes can be compared. conv_cost_table.inc, written by
/// tests/bench/kernels/fit.mjs. The reference form counts as kSimd128.
double conv_cost(ConvKernelKind kernel, const ConvWork& work, Isa isa, DotClass dot_class);

}  // namespace edgy::kernels

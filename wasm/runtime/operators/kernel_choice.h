// Which kernel computes an int8 convolution.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "kernels/conv_cost/conv_cost.h"
#include "kernels/isa.h"

namespace edgy::runtime {

enum class ConvKernel {
  kDense,      ///< kernels/conv_int8
  kSparse,     ///< kernels/sparse_conv_int8: 1x4 blocks
  kSparse4x4,  ///< kernels/conv_int8 with ConvBlocks::kNonZero4x4
  kSingle,     ///< kernels/sparse_conv_int8: weights one by one
  kXnnpack,    ///< shapes that none of them supports
};

/// Weights that are not zero, and blocks of them that hold one.
struct StoredBlocks {
  int64_t weights = 0;
  double share_1x1 = 1;    ///< 0..1
  int64_t blocks_1x4 = 0;  ///< four consecutive input channels of one tap of one output channel
  double share_1x4 = 1;    ///< 0..1
  double share_4x4 = 1;    ///< of blocks of four output channels by those four input channels
};

/// What forms are chosen by, for each kernel by itself.
struct FormChoice {
  int activation_bits = 7;  ///< 7 if the input's values are 0..127, else 8
  std::optional<kernels::Isa> wanted = std::nullopt;  ///< as SessionOptions::isa
  kernels::DotClass dot_class = kernels::dot_class();

  /// A form that is not exact for 8 bits is replaced by the fastest one that is.
  kernels::Isa form_of(kernels::ConvKernelKind kernel) const;
};

struct KernelChoice {
  ConvKernel kernel = ConvKernel::kDense;
  kernels::Isa isa = kernels::Isa::kReference;  ///< of all but kXnnpack
  StoredBlocks stored;
  FormChoice forms;
};

/// Share of the layer's weights, 0..1, that the chosen kernel stores.
double stored_share(const KernelChoice& choice);

/// Predicted time for one image, in the units of kernels/conv_cost.h; 0 for kXnnpack, of which
/// there is no model.
double predicted_cost(const KernelChoice& choice, const kernels::ConvShape& shape,
                      const kernels::OutputSize& size);
/// The same of the dense kernel in its place, in the dense kernel's own form.
double predicted_dense_cost(const KernelChoice& choice, const kernels::ConvShape& shape,
                            const kernels::OutputSize& size);

/// All kernels give the same integers; the choice is about speed alone: a sparse kernel is taken if
/// it is predicted to be faster than the dense one by more than the prediction's usual error.
/// `weights` is [O, KH, KW, C / groups]. `size`: of the output, as far as it is known.
KernelChoice choose_conv_kernel(const kernels::ConvShape& shape, std::span<const int8_t> weights,
                                const FormChoice& forms, const kernels::OutputSize& size);

}  // namespace edgy::runtime

// int8 convolution (1-D, 2-D, pointwise, strided, dilated, grouped) over Block4 activations, dense
// weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/block4.h"
#include "kernels/isa.h"
#include "kernels/team.h"

namespace edgy::kernels {

/// What a convolution is, whatever the size of the image. A dense (fully connected) layer is kernel
/// 1x1. Channels per group must be a multiple of 4 when groups > 1 (`supports` tells).
struct ConvShape {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel_h = 1;
  int64_t kernel_w = 1;
  int64_t stride_h = 1;
  int64_t stride_w = 1;
  int64_t dilation_h = 1;
  int64_t dilation_w = 1;
  int64_t groups = 1;
};

bool supports(const ConvShape& shape);

/// Where results go. All forms store groups of four output channels of one position together.
struct ConvOutput {
  enum class Kind {
    kBlock4,     ///< int8 into `layout` (interior only; phases as the next consumer wants)
    kRowsInt8,   ///< int8 channels-last [height][width][out_channels]
    kRowsFloat,  ///< float32 channels-last: float(accumulator) * scale[o], no clamp but
                 ///< float_min/float_max
  };
  Kind kind = Kind::kBlock4;
  Block4 layout;  ///< channels, height, width always; borders and phases for kBlock4, which must
                  ///< fit
  void* data = nullptr;
};

/// Per-channel arithmetic of the epilogue; spans have out_channels entries.
struct ConvQuantization {
  std::span<const int32_t>
      bias;  ///< in units of scale_x * scale_w[o]; already holds -zero_point_x * sum(w)
  std::span<const float>
      scale;  ///< scale_x * scale_w[o] / scale_y, or scale_x * scale_w[o] for kRowsFloat
  int32_t zero_point = 0;  ///< of the output
  int32_t qmin = 0;        ///< fused activation included
  int32_t qmax = 127;
  float float_min = -__builtin_inff();
  float float_max = __builtin_inff();
};

/// Which weights are stored.
enum class ConvBlocks {
  kAll,
  kNonZero4x4,  ///< blocks of four output by four input channels of one tap that hold a non-zero
};

/// Weights reordered for one instruction form. Packed once, used for every image size.
class PackedConvWeights {
 public:
  /// `weights` is [out][kernel_h][kernel_w][in/groups], int8. Depthwise convolutions know kAll
  /// only.
  PackedConvWeights(const ConvShape& shape, std::span<const int8_t> weights, Isa isa,
                    ConvBlocks blocks = ConvBlocks::kAll);

  const ConvShape& shape() const { return shape_; }
  Isa isa() const { return isa_; }
  std::span<const int8_t> data() const { return data_; }
  std::size_t bytes() const {
    return data_.size() + sizeof(int32_t) * (steps_.size() + starts_.size());
  }
  /// For kNonZero4x4: steps of quad q (four output channels) are starts()[q] to starts()[q + 1],
  /// and steps() are their indices into `conv_offsets` of the shape. Else empty.
  std::span<const int32_t> starts() const { return starts_; }
  std::span<const int32_t> steps() const { return steps_; }

 private:
  void keep_non_zero();

  ConvShape shape_;
  Isa isa_;
  std::vector<int8_t> data_;
  std::vector<int32_t> starts_;
  std::vector<int32_t> steps_;
};

/// Share of 4x4 blocks (of ConvBlocks::kNonZero4x4) that hold a non-zero, 0 to 1.
double density_4x4(const ConvShape& shape, std::span<const int8_t> weights);

/// Byte offsets of every (tap, input block) relative to the first input position of an output row;
/// depends on the image geometry, so it is made once per plan. `input.phases` must equal
/// shape.stride_w, the borders of `input` the padding, and `input` must fit (`Block4::fits`).
std::vector<int32_t> conv_offsets(const ConvShape& shape, const Block4& input);
/// The same for what is stored of `weights`: what `conv_int8` wants.
std::vector<int32_t> conv_offsets(const PackedConvWeights& weights, const Block4& input);

/// Convolves one image. Input values must lie in 0..127 for the relaxed forms. Allocates nothing.
void conv_int8(const PackedConvWeights& weights, std::span<const int32_t> offsets,
               const Block4& input_layout, const int8_t* input,
               const ConvQuantization& quantization, const ConvOutput& output,
               const Threads& threads = {});

/// bias'[o] = bias[o] - zero_point * sum(weights[o]): what ConvQuantization::bias wants. `bias` may
/// be empty (zeros).
std::vector<int32_t> fold_zero_point(const ConvShape& shape, std::span<const int8_t> weights,
                                     std::span<const int32_t> bias, int32_t zero_point);

}  // namespace edgy::kernels

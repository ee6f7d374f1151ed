// int8 convolution for outputs of a single position: a token, a recurrent step, one frame. Every
// weight is used once there, so what counts is how fast weights stream through: lanes are output
// channels, weights lie in the order in which they are read, and the input is first copied to a
// column that 16-bit offsets reach.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/aligned.h"
#include "kernels/conv_int8/conv_int8.h"

namespace edgy::kernels {

/// Whether `column_int8` can compute it: what sparse kernels can, if one position's input of a
/// group is at most 64 KiB.
bool supports_column(const ConvShape& shape);

/// Which weights are stored.
enum class ColumnBlocks {
  kAll,
  kNonZero4x4,  ///< blocks of four output by four input channels of one tap that hold a non-zero
  kNonZero1x4,  ///< the same of one output channel
};

/// Output channels that are computed together: `units` vectors of four channels each. A turn takes
/// two blocks of each of them (for kAll: two steps, the same for all).
struct ColumnPanel {
  int32_t units;
  int32_t turns;  ///< of the unit that has most blocks; the others are filled up with zeros
  int32_t runs;   ///< kAll: entries of `runs`
};

/// Channels whose panels are sorted by length; of one group.
struct ColumnChunk {
  int64_t first_channel;
  int64_t units;
  int64_t panels;
};

/// Weights reordered for one instruction form (not kReference).
class PackedColumnWeights {
 public:
  /// `weights` is [out][kernel_h][kernel_w][in/groups], int8, dense.
  PackedColumnWeights(const ConvShape& shape, std::span<const int8_t> weights, Isa isa,
                      ColumnBlocks blocks);

  const ConvShape& shape() const { return shape_; }
  Isa isa() const { return isa_; }
  ColumnBlocks blocks() const { return blocks_; }
  std::size_t bytes() const {
    return values_.size() + sizeof(uint16_t) * (offsets_.size() + places_.size()) +
           sizeof(int32_t) * runs_.size();
  }

  std::span<const ColumnChunk> chunks() const { return chunks_; }
  std::span<const ColumnPanel> panels() const { return panels_; }
  /// kAll: [panel][stream][turn][2 steps][unit of the stream][4 out][4 in], see `stream_units`.
  /// Else [panel][turn][unit][2 blocks][4 out][4 in].
  const int8_t* values() const { return values_.data(); }
  /// Byte offsets into the column: [panel][turn][unit][2], for kNonZero1x4 [..][2][4 out]. Not for
  /// kAll.
  const uint16_t* offsets() const { return offsets_.data(); }
  /// kAll: the turns at which a panel's runs end. Between two runs lies a turn whose two products
  /// may not be added in 16 bits (sum_pairs.h).
  const int32_t* runs() const { return runs_.data(); }
  /// Where results belong, counted from the chunk's first: of each unit (kNonZero4x4), of each
  /// lane (kNonZero1x4). Empty for kAll.
  std::span<const uint16_t> places() const { return places_; }

 private:
  class Packer;

  ConvShape shape_;
  Isa isa_;
  ColumnBlocks blocks_;
  std::vector<ColumnChunk> chunks_;
  std::vector<ColumnPanel> panels_;
  AlignedVector<int8_t> values_;
  std::vector<uint16_t> offsets_;
  std::vector<int32_t> runs_;
  std::vector<uint16_t> places_;
};

/// Where one position's input lies; depends on the image geometry, made once per plan.
struct ColumnInput {
  std::vector<int32_t> offsets;  ///< `conv_offsets` of the shape
  bool in_order = false;         ///< offset s is 4 s
};
ColumnInput column_input(const ConvShape& shape, const Block4& input);

/// Convolves one image, position by position. The other parameters and results are those of
/// `conv_int8`.
void column_int8(const PackedColumnWeights& weights, const ColumnInput& column,
                 const Block4& input_layout, const int8_t* input,
                 const ConvQuantization& quantization, const ConvOutput& output);

}  // namespace edgy::kernels

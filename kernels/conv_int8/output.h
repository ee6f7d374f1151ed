// The common end of every int8 convolution: sums become int8 or float values at their place in the
// output tensor.
#pragma once

#include <cstdint>

#include "kernels/conv_int8/conv_int8.h"

namespace edgy::kernels {

inline constexpr int32_t kStripVectors = 9;  ///< most vectors a kernel computes at a time
inline constexpr int32_t kStripPositions = 4 * kStripVectors;

/// Sums of four output channels ("a quad") over a strip of positions.
struct alignas(16) QuadSums {
  int32_t channel[4][kStripPositions];
};

/// The same, lanes being channels.
struct alignas(16) PositionSums {
  int32_t position[kStripPositions][4];
};

/// Bytes from one channel to the next of int8 values over a strip: whole vectors.
inline constexpr int32_t kPlanarBytes = (kStripPositions + 15) / 16 * 16;

/// Writes strips into one output tensor.
class OutputWriter {
 public:
  /// Positions are numbered y * pitch + x; those with x >= output.layout.width do not exist and are
  /// skipped.
  OutputWriter(const ConvQuantization& quantization, const ConvOutput& output, int64_t pitch)
      : quantization_(quantization), output_(output), pitch_(pitch) {}

  /// Finishes and stores `count` positions from number `start` on, of channels 4 * quad and
  /// following.
  void store(int64_t quad, int64_t start, int32_t count, const QuadSums& sums) const;
  void store(int64_t quad, int64_t start, int32_t count, const PositionSums& sums) const;
  /// Stores int8 values that are finished: `values` is [4][kPlanarBytes], not for kRowsFloat.
  void store_planar(int64_t quad, int64_t start, int32_t count, const int8_t* values) const;
  /// Finishes and stores one position of `quads` quads; `sums` is [quads][4], all of it readable.
  void store_column(int64_t quad, int64_t quads, int64_t position, const int32_t* sums) const;

  /// Neighbouring positions of one output row.
  struct Run {
    int64_t quad;
    int64_t y;
    int64_t x;
    int64_t count;
  };
  /// Stores int8 values that are finished, [position][4]; not for kRowsFloat.
  void store_words(const Run& run, const int8_t* words) const;
  /// Stores float values that are finished, [position][4]; for kRowsFloat only.
  void store_floats(const Run& run, const float* values) const;

  bool is_float() const { return output_.kind == ConvOutput::Kind::kRowsFloat; }

 private:
  template <typename Store>
  void for_each_run(int64_t quad, int64_t start, int32_t count, const Store& store) const;
  /// Of QuadSums or PositionSums.
  template <typename Sums>
  void store_sums(int64_t quad, int64_t start, int32_t count, const Sums& sums) const;
  /// Where `count` positions are stored, if one after another; else null.
  int8_t* as_one_run(int64_t quad, int64_t start, int32_t count) const;

  const ConvQuantization& quantization_;
  const ConvOutput& output_;
  int64_t pitch_;
};

}  // namespace edgy::kernels

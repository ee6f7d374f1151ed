// A cheap first look for `nearest_code`: scores in integers, with a bound on their error. Nearly
// always they leave one code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/aligned.h"

namespace edgy::kernels {

/// A codebook [K][D] in 16-bit integers, as fine as sums in 32 bits allow.
class ScreenCodebook {
 public:
  static constexpr std::size_t kPanel = 8;  ///< codes a panel

  /// `half_norm` has K >= 1 entries, `codebook` K * D.
  ScreenCodebook(std::span<const float> codebook, std::span<const float> half_norm);

  /// False where nothing can be said: values that are not finite, or very many dimensions.
  bool usable() const { return limit_ > 0; }
  std::size_t bytes() const { return panels_.size() * sizeof(int16_t); }

  std::size_t dimensions() const { return dimensions_; }
  std::size_t dimension_pairs() const { return (dimensions_ + 1) / 2; }
  std::size_t codes() const { return codes_; }
  std::size_t padded_codes() const { return (codes_ + kPanel - 1) / kPanel * kPanel; }
  /// [panel][dimension pair][8 codes][2 dimensions]; what does not exist is 0.
  const int16_t* panels() const { return panels_.data(); }

  int32_t limit() const { return limit_; }             ///< of |value|: D * limit^2 is at most 2^29
  double step() const { return step_; }                ///< what 1 stands for
  double largest_sum() const { return largest_sum_; }  ///< over codes, of their |value|s
  double largest_half_norm() const { return largest_half_norm_; }

 private:
  std::size_t codes_;
  std::size_t dimensions_;
  int32_t limit_ = 0;
  double step_ = 0;
  double largest_sum_ = 0;
  double largest_half_norm_ = 0;
  AlignedVector<int16_t> panels_;
};

/// Integer scores of rows against a codebook.
class Screening {
 public:
  static constexpr std::size_t kRows = 4;  ///< scored at a time: a codebook load serves all

  /// Bytes that a screening works in.
  static int64_t scratch_bytes(const ScreenCodebook& codebook);

  /// Chooses a step for the rows of z [N][D]. `scratch` is aligned to 16 bytes. All arguments
  /// outlive this.
  Screening(const ScreenCodebook& codebook, std::span<const float> half_norm,
            std::span<const float> z, void* scratch);

  /// False if z holds NaN or infinity, or magnitudes at which floats lose their precision.
  bool possible() const { return step_ > 0; }

  /// Scores `rows` <= kRows rows from `first` on.
  void score(std::size_t first, std::size_t rows);

  /// Codes that may be the best for the `row`-th of the rows scored last, in order: all others
  /// score worse for certain, also as `nearest_code_reference` rounds. Returns their number; writes
  /// as many as `found` holds.
  std::size_t candidates(std::size_t row, std::span<int32_t> found) const;

 private:
  int32_t margin(int64_t sum) const;

  const ScreenCodebook& codebook_;
  std::span<const float> z_;
  double step_ = 0;  ///< what 1 stands for in a row
  double largest_half_norm_ = 0;
  int32_t* half_norm_;         ///< [padded codes]
  int32_t* scores_;            ///< [kRows][padded codes]
  int16_t* values_;            ///< [kRows][dimension pairs][2]
  int32_t worst_[kRows] = {};  ///< scores above it are certain to be beaten
};

}  // namespace edgy::kernels

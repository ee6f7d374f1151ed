// Vector quantization: the codebook entry nearest to each row.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/nearest_code/screen.h"

namespace edgy::kernels {

/// For each row of z [N][D], the index of the smallest half_norm[k] - z.c_k over the codebook
/// [K][D]; with half_norm[k] = |c_k|^2 / 2 that is the nearest code by Euclidean distance. The
/// first index wins a tie; NaN scores never win; 0 if none can.
///
/// The order of rounding is part of the definition, so that all builds choose the same code bit for
/// bit: the dot product starts at 0 and adds z[d] * c[d] for d = 0, 1, ..., every product and every
/// sum rounded to float.
void nearest_code_reference(std::span<const float> z, std::span<const float> codebook,
                            std::span<const float> half_norm, std::span<int64_t> indices);

/// |c_k|^2 / 2 of each of `codes` rows of the codebook: summed in double precision in order of d,
/// rounded to float once.
std::vector<float> half_squared_norms(std::span<const float> codebook, std::size_t codes);

/// A codebook packed for `nearest_code`: its floats in panels of eight codes, [ceil(K/8)][D][8],
/// and integers that rule out most codes. Missing codes of the last panel have an infinite
/// half_norm, so they never win.
class PackedCodebook {
 public:
  /// `half_norm` has K >= 1 entries, `codebook` K * D.
  PackedCodebook(std::span<const float> codebook, std::span<const float> half_norm);

  std::size_t codes() const { return codes_; }
  std::size_t dimensions() const { return dimensions_; }
  std::size_t bytes() const {
    return (panels_.size() + half_norm_.size()) * sizeof(float) + screen_.bytes();
  }
  /// Bytes that `nearest_code` works in, whatever the number of rows.
  int64_t scratch_bytes() const { return Screening::scratch_bytes(screen_); }
  const float* panels() const { return panels_.data(); }
  std::span<const float> half_norm() const { return half_norm_; }  ///< padded to whole panels
  const ScreenCodebook& screen() const { return screen_; }

 private:
  std::size_t codes_;
  std::size_t dimensions_;
  std::vector<float> panels_;
  std::vector<float> half_norm_;
  ScreenCodebook screen_;
};

/// The same indices as the reference. z holds indices.size() rows; `scratch` is aligned to 16
/// bytes. Integer scores rule out all codes that can not be nearest; if they leave several, float
/// scores decide between them.
void nearest_code(const PackedCodebook& codebook, std::span<const float> z,
                  std::span<int64_t> indices, void* scratch);

}  // namespace edgy::kernels

#include <algorithm>
#include <limits>

#include "kernels/nearest_code/nearest_code.h"
#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

constexpr std::size_t kPanel = 8;            ///< codes a panel
constexpr std::size_t kMostCandidates = 32;  ///< more are searched faster among all codes

/// Best score and index so far, for each of the four codes of half a panel.
struct Best {
  v128_t score = wasm_f32x4_splat(std::numeric_limits<float>::infinity());
  v128_t index = wasm_i32x4_splat(0);

  void offer(v128_t candidate, v128_t candidate_index) {
    const v128_t better = wasm_f32x4_lt(candidate, score);
    score = wasm_v128_bitselect(candidate, score, better);
    index = wasm_v128_bitselect(candidate_index, index, better);
  }

  /// Over the four lanes; the lowest index wins a tie, as when codes are visited in order.
  int64_t winner() const {
    alignas(16) float scores[4];
    alignas(16) int32_t indices[4];
    wasm_v128_store(scores, score);
    wasm_v128_store(indices, index);
    int lane = 0;
    for (int i = 1; i < 4; ++i) {
      if (scores[i] < scores[lane] || (scores[i] == scores[lane] && indices[i] < indices[lane])) {
        lane = i;
      }
    }
    return indices[lane];
  }
};

// Among all codes.
int64_t search(const PackedCodebook& codebook, const float* z) {
  const std::size_t dimensions = codebook.dimensions();
  const float* code = codebook.panels();
  Best best;
  v128_t index = wasm_i32x4_make(0, 1, 2, 3);
  for (std::size_t k = 0; k < codebook.half_norm().size(); k += kPanel) {
    v128_t low = wasm_f32x4_splat(0.0F);
    v128_t high = low;
    for (std::size_t d = 0; d < dimensions; ++d, code += kPanel) {
      const v128_t x = wasm_v128_load32_splat(z + d);
      low = wasm_f32x4_add(low, wasm_f32x4_mul(x, wasm_v128_load(code)));
      high = wasm_f32x4_add(high, wasm_f32x4_mul(x, wasm_v128_load(code + 4)));
    }
    const float* half_norm = codebook.half_norm().data() + k;
    best.offer(wasm_f32x4_sub(wasm_v128_load(half_norm), low), index);
    best.offer(wasm_f32x4_sub(wasm_v128_load(half_norm + 4), high),
               wasm_i32x4_add(index, wasm_i32x4_splat(4)));
    index = wasm_i32x4_add(index, wasm_i32x4_splat(kPanel));
  }
  return best.winner();
}

// As the reference, for some codes only.
int64_t best_of(const PackedCodebook& codebook, const float* z, std::span<const int32_t> codes) {
  float best = std::numeric_limits<float>::infinity();
  int64_t index = 0;
  for (const int32_t k : codes) {
    const float* code = codebook.panels() +
                        static_cast<std::size_t>(k) / kPanel * kPanel * codebook.dimensions() +
                        static_cast<std::size_t>(k) % kPanel;
    float dot = 0;
    for (std::size_t d = 0; d < codebook.dimensions(); ++d) {
      dot += z[d] * code[d * kPanel];
    }
    const float score = codebook.half_norm()[static_cast<std::size_t>(k)] - dot;
    if (score < best) {
      best = score;
      index = k;
    }
  }
  return index;
}

}  // namespace

PackedCodebook::PackedCodebook(std::span<const float> codebook, std::span<const float> half_norm)
    : codes_(half_norm.size()),
      dimensions_(codebook.size() / half_norm.size()),
      screen_(codebook, half_norm) {
  const std::size_t padded = (codes_ + kPanel - 1) / kPanel * kPanel;
  half_norm_.assign(padded, std::numeric_limits<float>::infinity());
  panels_.assign(padded * dimensions_, 0.0F);
  for (std::size_t k = 0; k < codes_; ++k) {
    half_norm_[k] = half_norm[k];
    float* panel = panels_.data() + k / kPanel * kPanel * dimensions_;
    for (std::size_t d = 0; d < dimensions_; ++d) {
      panel[d * kPanel + k % kPanel] = codebook[k * dimensions_ + d];
    }
  }
}

void nearest_code(const PackedCodebook& codebook, std::span<const float> z,
                  std::span<int64_t> indices, void* scratch) {
  Screening screening(codebook.screen(), codebook.half_norm(), z, scratch);
  for (std::size_t first = 0; first < indices.size(); first += Screening::kRows) {
    const std::size_t rows = std::min(Screening::kRows, indices.size() - first);
    if (screening.possible()) {
      screening.score(first, rows);
    }
    for (std::size_t row = first; row < first + rows; ++row) {
      const float* values = z.data() + row * codebook.dimensions();
      int32_t found[kMostCandidates];
      const std::size_t count =
          screening.possible() ? screening.candidates(row - first, found) : kMostCandidates + 1;
      if (count > kMostCandidates) {
        indices[row] = search(codebook, values);
      } else {
        indices[row] = count == 1 ? found[0] : best_of(codebook, values, {found, count});
      }
    }
  }
}

}  // namespace edgy::kernels

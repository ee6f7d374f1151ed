#include "kernels/nearest_code/screen.h"

#include <algorithm>
#include <cmath>

#include "kernels/simd.h"
#include "kernels/sizes.h"

namespace edgy::kernels {
namespace {

constexpr std::size_t kPanel = ScreenCodebook::kPanel;
constexpr std::size_t kRows = Screening::kRows;
constexpr double kLargestSum = 1 << 29;    // of products, and of half norms
constexpr int32_t kUnreachable = 1 << 30;  // score of a code that does not exist
constexpr double kLeastStep = 0x1p-100;    // floats have their full precision
constexpr double kMostStep = 0x1p60;       // no sum becomes infinite
constexpr int32_t kLeastLimit = 64;        // coarser values would leave too many candidates

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(),
                     [](float value) { return std::isfinite(value); });
}

// NaN if there is one, or infinity.
float largest_magnitude(std::span<const float> values) {
  v128_t largest = wasm_f32x4_splat(0.0F);
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) {
    largest = wasm_f32x4_max(largest, wasm_f32x4_abs(wasm_v128_load(values.data() + i)));
  }
  for (; i < values.size(); ++i) {
    largest = wasm_f32x4_max(largest, wasm_f32x4_splat(std::fabs(values[i])));
  }
  alignas(16) float lanes[4];
  wasm_v128_store(lanes, largest);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] < INFINITY
             ? std::max({lanes[0], lanes[1], lanes[2], lanes[3]})
             : INFINITY;
}

// `count` values over `step` as integers; returns the sum of their magnitudes.
int64_t to_integers(const float* values, std::size_t count, double step, int16_t* out) {
  const v128_t inverse = wasm_f32x4_splat(static_cast<float>(1 / step));
  const v128_t ones = wasm_i16x8_splat(1);
  const auto eight = [&](const float* from) {
    const v128_t low = wasm_f32x4_nearest(wasm_f32x4_mul(wasm_v128_load(from), inverse));
    const v128_t high = wasm_f32x4_nearest(wasm_f32x4_mul(wasm_v128_load(from + 4), inverse));
    return wasm_i16x8_narrow_i32x4(wasm_i32x4_trunc_sat_f32x4(low),
                                   wasm_i32x4_trunc_sat_f32x4(high));
  };
  v128_t sum = wasm_i32x4_splat(0);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const v128_t integers = eight(values + i);
    wasm_v128_store(out + i, integers);
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_abs(integers), ones));
  }
  if (i < count) {
    float left[8] = {};
    alignas(16) int16_t integers[8];
    std::copy(values + i, values + count, left);
    const v128_t last = eight(left);
    wasm_v128_store(integers, last);
    std::copy_n(integers, count - i, out + i);
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_abs(last), ones));
  }
  return int64_t{wasm_i32x4_extract_lane(sum, 0)} + wasm_i32x4_extract_lane(sum, 1) +
         wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3);
}

int32_t least_lane(v128_t lanes) {
  const v128_t two = wasm_i32x4_min(lanes, wasm_i32x4_shuffle(lanes, lanes, 2, 3, 0, 1));
  return std::min(wasm_i32x4_extract_lane(two, 0), wasm_i32x4_extract_lane(two, 1));
}

// Scores of kRows rows, each to a row of `scores`; `least` becomes the least of each.
void score_rows(const ScreenCodebook& codebook, const int16_t* values, const int32_t* half_norm,
                int32_t* scores, int32_t* least) {
  const std::size_t pairs = codebook.dimension_pairs();
  const std::size_t codes = codebook.padded_codes();
  const int16_t* code = codebook.panels();
  v128_t best[kRows];
  for (v128_t& lanes : best) {
    lanes = wasm_i32x4_splat(kUnreachable);
  }
  for (std::size_t k = 0; k < codes; k += kPanel) {
    v128_t low[kRows];
    v128_t high[kRows];
    for (std::size_t r = 0; r < kRows; ++r) {
      low[r] = high[r] = wasm_i32x4_splat(0);
    }
    for (std::size_t pair = 0; pair < pairs; ++pair, code += 2 * kPanel) {
      const v128_t code_low = wasm_v128_load(code);
      const v128_t code_high = wasm_v128_load(code + kPanel);
      for (std::size_t r = 0; r < kRows; ++r) {
        const v128_t x = wasm_v128_load32_splat(values + 2 * (r * pairs + pair));
        low[r] = wasm_i32x4_add(low[r], wasm_i32x4_dot_i16x8(x, code_low));
        high[r] = wasm_i32x4_add(high[r], wasm_i32x4_dot_i16x8(x, code_high));
      }
    }
    const v128_t norm_low = wasm_v128_load(half_norm + k);
    const v128_t norm_high = wasm_v128_load(half_norm + k + 4);
    for (std::size_t r = 0; r < kRows; ++r) {
      const v128_t score_low = wasm_i32x4_sub(norm_low, low[r]);
      const v128_t score_high = wasm_i32x4_sub(norm_high, high[r]);
      wasm_v128_store(scores + r * codes + k, score_low);
      wasm_v128_store(scores + r * codes + k + 4, score_high);
      best[r] = wasm_i32x4_min(best[r], wasm_i32x4_min(score_low, score_high));
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    least[r] = least_lane(best[r]);
  }
}

}  // namespace

ScreenCodebook::ScreenCodebook(std::span<const float> codebook, std::span<const float> half_norm)
    : codes_(half_norm.size()), dimensions_(codebook.size() / half_norm.size()) {
  const auto limit = static_cast<int32_t>(
      std::min(std::sqrt(kLargestSum / static_cast<double>(std::max<std::size_t>(dimensions_, 1))),
               32000.0));
  if (limit < kLeastLimit || !all_finite(codebook) || !all_finite(half_norm)) {
    return;
  }
  limit_ = limit;
  step_ = double{largest_magnitude(codebook)} / limit;
  largest_half_norm_ = largest_magnitude(half_norm);
  panels_.assign(padded_codes() * dimension_pairs() * 2, 0);
  if (step_ == 0) {
    return;
  }
  for (std::size_t k = 0; k < codes_; ++k) {
    int16_t* panel = panels_.data() + k / kPanel * kPanel * dimension_pairs() * 2;
    double sum = 0;
    for (std::size_t d = 0; d < dimensions_; ++d) {
      const auto value = static_cast<int16_t>(std::lround(codebook[k * dimensions_ + d] / step_));
      panel[(d / 2 * kPanel + k % kPanel) * 2 + d % 2] = value;
      sum += std::abs(value);
    }
    largest_sum_ = std::max(largest_sum_, sum);
  }
}

int64_t Screening::scratch_bytes(const ScreenCodebook& codebook) {
  constexpr int64_t kCodeBytes = (kRows + 1) * sizeof(int32_t);
  constexpr int64_t kPairBytes = 2 * kRows * sizeof(int16_t);
  return kCodeBytes * narrow<int64_t>(codebook.padded_codes()) +
         kPairBytes * narrow<int64_t>(codebook.dimension_pairs());
}

Screening::Screening(const ScreenCodebook& codebook, std::span<const float> half_norm,
                     std::span<const float> z, void* scratch)
    : codebook_(codebook),
      z_(z),
      half_norm_(static_cast<int32_t*>(scratch)),
      scores_(half_norm_ + codebook.padded_codes()),
      values_(reinterpret_cast<int16_t*>(scores_ + kRows * codebook.padded_codes())) {
  const double largest = largest_magnitude(z);
  if (!codebook.usable() || codebook.step() == 0 || !std::isfinite(largest)) {
    return;
  }
  // Half norms have to fit, too.
  const double step = std::max(largest / codebook.limit(),
                               codebook.largest_half_norm() / kLargestSum / codebook.step());
  const double score_step = step * codebook.step();
  if (std::min(step, score_step) < kLeastStep || std::max(step, score_step) > kMostStep) {
    return;
  }
  step_ = step;
  largest_half_norm_ = codebook.largest_half_norm() / score_step;
  const auto inverse = static_cast<float>(1 / score_step);
  for (std::size_t k = 0; k < codebook.codes(); ++k) {
    half_norm_[k] = static_cast<int32_t>(half_norm[k] * inverse);
  }
  std::fill(half_norm_ + codebook.codes(), half_norm_ + codebook.padded_codes(), kUnreachable);
}

// Two scores are in their true order, and in that of the reference, if they differ by more than
// both can be wrong. A score can be wrong by what rounding of its values, of its half norm and of
// the reference's sums makes; `sum` is that of the row's |value|s.
int32_t Screening::margin(int64_t sum) const {
  const auto dimensions = static_cast<double>(codebook_.dimensions());
  const auto row_sum = static_cast<double>(sum);
  // Half a step for each value, and a little because division by a step rounds, too.
  const double values = 0.51 * (row_sum + codebook_.largest_sum()) + 0.27 * dimensions;
  // A sum of n floats is wrong by no more than n * 2^-24 of the sum of magnitudes; twice that.
  const double sums = (row_sum + dimensions) * (codebook_.limit() + 1) * (dimensions + 4) * 0x1p-23;
  const double half_norms = largest_half_norm_ * 0x1p-21 + 2;
  return static_cast<int32_t>(std::min(2 * (values + sums + half_norms), kLargestSum));
}

void Screening::score(std::size_t first, std::size_t rows) {
  const std::size_t dimensions = codebook_.dimensions();
  const std::size_t pitch = 2 * codebook_.dimension_pairs();
  // Rows that do not exist, and what makes dimensions even.
  std::fill_n(values_, kRows * pitch, int16_t{0});
  int64_t sums[kRows];
  for (std::size_t r = 0; r < rows; ++r) {
    sums[r] =
        to_integers(z_.data() + (first + r) * dimensions, dimensions, step_, values_ + r * pitch);
  }
  score_rows(codebook_, values_, half_norm_, scores_, worst_);
  for (std::size_t r = 0; r < rows; ++r) {
    worst_[r] += margin(sums[r]);
  }
}

std::size_t Screening::candidates(std::size_t row, std::span<int32_t> found) const {
  const std::size_t codes = codebook_.padded_codes();
  const int32_t* scores = scores_ + row * codes;
  const v128_t worst = wasm_i32x4_splat(worst_[row]);
  std::size_t count = 0;
  for (std::size_t k = 0; k < codes; k += kPanel) {
    const v128_t low = wasm_i32x4_le(wasm_v128_load(scores + k), worst);
    const v128_t high = wasm_i32x4_le(wasm_v128_load(scores + k + 4), worst);
    if (!wasm_v128_any_true(wasm_v128_or(low, high))) {
      continue;
    }
    for (std::size_t i = k; i < std::min(k + kPanel, codebook_.codes()); ++i) {
      if (scores[i] <= worst_[row]) {
        if (count < found.size()) {
          found[count] = static_cast<int32_t>(i);
        }
        ++count;
      }
    }
  }
  return count;
}

}  // namespace edgy::kernels

#include "kernels/log_mel/log_mel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "kernels/float/vector_math.h"
#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

constexpr float kSilence = 1e-30F;

bool is_finite(float x) {
  return std::abs(x) <= 3.4e38F;
}

std::size_t short_points(const LogMelParameters& p) {
  return std::bit_ceil(static_cast<std::size_t>(p.window + 1) / 2);
}

void push_twiddle(std::vector<float>& table, double numerator, double denominator) {
  const double angle = -2 * std::numbers::pi * numerator / denominator;
  table.push_back(static_cast<float>(std::cos(angle)));
  table.push_back(static_cast<float>(std::sin(angle)));
}

/// Index of sample i of a recording of n samples mirrored at its first and last sample, as often as
/// needed.
std::size_t reflect(int64_t i, int64_t n) {
  if (n == 1) {
    return 0;
  }
  const int64_t period = 2 * (n - 1);
  i = ((i % period) + period) % period;
  return static_cast<std::size_t>(i < n ? i : period - i);
}

float* align16(float* p) {
  return reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(p) + 15) & ~uintptr_t{15});
}

v128_t modulus(v128_t re, v128_t im, bool squared) {
  const v128_t power = wasm_f32x4_add(wasm_f32x4_mul(re, re), wasm_f32x4_mul(im, im));
  return squared ? power : wasm_f32x4_sqrt(power);
}

}  // namespace

const char* reject_reason(const LogMelParameters& p) {
  const float f_max = p.f_max == 0 ? static_cast<float>(p.sample_rate) / 2 : p.f_max;
  if (p.sample_rate < 1000 || p.sample_rate > 384000) {
    return "sample_rate must be 1000..384000";
  }
  if (p.fft_size < 16 || p.fft_size > 16384 ||
      !std::has_single_bit(static_cast<uint32_t>(p.fft_size))) {
    return "fft_size must be a power of two, 16..16384";
  }
  if (p.window < 2 || p.window > p.fft_size) {
    return "window must be 2..fft_size";
  }
  if (p.hop < 1 || p.hop > 384000) {
    return "hop must be 1..384000";
  }
  if (p.mels < 1 || p.mels > 512) {
    return "mels must be 1..512";
  }
  if (!(p.f_min >= 0) || !(f_max > p.f_min) || !(f_max <= static_cast<float>(p.sample_rate) / 2)) {
    return "0 <= f_min < f_max <= sample_rate / 2 must hold";
  }
  if (!(p.preemphasis >= -1 && p.preemphasis <= 1)) {
    return "preemphasis must be -1..1";
  }
  if (p.power != 1 && p.power != 2) {
    return "power must be 1 or 2";
  }
  if (!(p.peak > 0 && p.peak <= 65536)) {
    return "peak must be above 0 and at most 65536";
  }
  if (!(p.amin >= 1e-30F && p.amin <= 1e30F)) {
    return "amin must be 1e-30..1e30";
  }
  if (!(p.top_db >= 0) || !is_finite(p.top_db) || p.divisor == 0 || !is_finite(p.divisor) ||
      !is_finite(p.offset)) {
    return "top_db must be at least 0, divisor not 0, all finite";
  }
  if (!(p.window_alpha >= 0.5F && p.window_alpha <= 1)) {
    return "window_alpha must be 0.5..1";
  }
  return nullptr;
}

LogMel::LogMel(const LogMelParameters& parameters)
    : parameters_(parameters),
      half_(static_cast<std::size_t>(parameters.fft_size) / 2),
      points_(short_points(parameters)),
      phases_(half_ / points_),
      fft_(points_),
      window_(2 * points_, 0.0F) {
  if (parameters_.f_max == 0) {
    parameters_.f_max = static_cast<float>(parameters_.sample_rate) / 2;
  }
  const double alpha = parameters_.window_alpha;
  for (int32_t i = 0; i < parameters_.window; ++i) {
    window_.data()[i] = static_cast<float>(
        alpha - (1 - alpha) * std::cos(2 * std::numbers::pi * i / parameters_.window));
  }
  for (std::size_t phase = 0; phase < phases_; ++phase) {
    for (std::size_t n = 0; n < points_; ++n) {
      push_twiddle(phase_twiddles_, static_cast<double>(phase * n), static_cast<double>(half_));
    }
  }
  for (std::size_t k = 0; k <= half_ / 2; ++k) {
    push_twiddle(real_twiddles_, static_cast<double>(k), static_cast<double>(2 * half_));
  }
  filters_ = make_mel_filters(parameters_.sample_rate, parameters_.fft_size, parameters_.mels,
                              parameters_.f_min, parameters_.f_max);
}

std::size_t LogMel::frames(std::size_t samples) const {
  return samples == 0 ? 0 : 1 + samples / static_cast<std::size_t>(parameters_.hop);
}

std::size_t LogMel::scratch_floats() const {
  const std::size_t window = static_cast<std::size_t>(parameters_.window);
  const std::size_t mels = static_cast<std::size_t>(parameters_.mels);
  // decibels: windowed samples, input of a short transform, spectrum, magnitudes; compute:
  // segments, decibels; alignment.
  return kLanes * (2 * points_ + 2 * points_ + 2 * half_ + half_ + 1 + window + mels) + 4;
}

float LogMel::gain(std::span<const float> pcm, float peak) {
  float loudest = 0;
  for (const float x : pcm) {
    loudest = std::max(loudest, std::abs(x));
  }
  return loudest < kSilence ? 1.0F : peak / loudest;
}

void LogMel::magnitudes(const float* spectrum, float* magnitude) const {
  const bool squared = parameters_.power == 2;
  const v128_t half = wasm_f32x4_splat(0.5F);
  const auto bin = [&](std::size_t k) {
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): at least one phase
    return spectrum + (k % phases_ * points_ + k / phases_) * 2 * kLanes;
  };
  for (std::size_t k = 0; k <= half_ / 2; ++k) {
    const float* a = bin(k);
    const float* b = bin((half_ - k) % half_);
    const v128_t ar = wasm_v128_load(a);
    const v128_t ai = wasm_v128_load(a + kLanes);
    const v128_t br = wasm_v128_load(b);
    const v128_t bi = wasm_v128_load(b + kLanes);
    // Transforms of the even samples, and of the odd samples times -i e^(-2 pi i k / fft_size).
    const v128_t even_r = wasm_f32x4_mul(half, wasm_f32x4_add(ar, br));
    const v128_t even_i = wasm_f32x4_mul(half, wasm_f32x4_sub(ai, bi));
    const v128_t odd_r = wasm_f32x4_mul(half, wasm_f32x4_add(ai, bi));
    const v128_t odd_i = wasm_f32x4_mul(half, wasm_f32x4_sub(br, ar));
    const v128_t c = wasm_v128_load32_splat(&real_twiddles_[2 * k]);
    const v128_t s = wasm_v128_load32_splat(&real_twiddles_[2 * k + 1]);
    const v128_t turn_r = wasm_f32x4_sub(wasm_f32x4_mul(odd_r, c), wasm_f32x4_mul(odd_i, s));
    const v128_t turn_i = wasm_f32x4_add(wasm_f32x4_mul(odd_r, s), wasm_f32x4_mul(odd_i, c));
    wasm_v128_store(magnitude + k * kLanes, modulus(wasm_f32x4_add(even_r, turn_r),
                                                    wasm_f32x4_add(even_i, turn_i), squared));
    wasm_v128_store(
        magnitude + (half_ - k) * kLanes,
        modulus(wasm_f32x4_sub(even_r, turn_r), wasm_f32x4_sub(even_i, turn_i), squared));
  }
}

void LogMel::decibels(std::span<const float> segments, std::span<float> out,
                      std::span<float> scratch) const {
  const std::size_t window = static_cast<std::size_t>(parameters_.window);
  float* samples = align16(scratch.data());          // [2 * points_][lanes]
  float* turned = samples + 2 * points_ * kLanes;    // [points_][re, im][lanes]
  float* spectrum = turned + 2 * points_ * kLanes;   // [phases_][points_][re, im][lanes]
  float* magnitude = spectrum + 2 * half_ * kLanes;  // [half_ + 1][lanes]

  // Where the window lies among the zeros does not change magnitudes, so it lies first; even and
  // odd samples are then real and imaginary parts of a transform of half_ points of which only the
  // first points_ are not zero.
  for (std::size_t i = 0; i < 2 * points_; ++i) {
    v128_t x = wasm_f32x4_splat(0.0F);
    if (i < window) {
      x = wasm_f32x4_mul(wasm_f32x4_make(segments[i], segments[window + i],
                                         segments[2 * window + i], segments[3 * window + i]),
                         wasm_v128_load32_splat(&window_[i]));
    }
    wasm_v128_store(samples + i * kLanes, x);
  }
  // Such a transform's bins phase, phase + phases_, ... are a transform of points_ points of the
  // input turned by e^(-2 pi i phase n / half_): a fraction of the work, and it fits into the
  // cache.
  for (std::size_t phase = 0; phase < phases_; ++phase) {
    const float* twiddle = phase_twiddles_.data() + phase * points_ * 2;
    for (std::size_t n = 0; n < points_; ++n) {
      const v128_t re = wasm_v128_load(samples + n * 2 * kLanes);
      const v128_t im = wasm_v128_load(samples + n * 2 * kLanes + kLanes);
      const v128_t c = wasm_v128_load32_splat(twiddle + 2 * n);
      const v128_t s = wasm_v128_load32_splat(twiddle + 2 * n + 1);
      wasm_v128_store(turned + n * 2 * kLanes,
                      wasm_f32x4_sub(wasm_f32x4_mul(re, c), wasm_f32x4_mul(im, s)));
      wasm_v128_store(turned + n * 2 * kLanes + kLanes,
                      wasm_f32x4_add(wasm_f32x4_mul(re, s), wasm_f32x4_mul(im, c)));
    }
    fft_.forward(phase == 0 ? samples : turned, spectrum + phase * points_ * 2 * kLanes);
  }
  magnitudes(spectrum, magnitude);

  const v128_t amin = wasm_f32x4_splat(parameters_.amin);
  for (std::size_t m = 0; m < filters_.first_bin.size(); ++m) {
    const float* bin = magnitude + filters_.first_bin[m] * kLanes;
    v128_t sum = wasm_f32x4_splat(0.0F);
    for (std::size_t w = filters_.start[m]; w < filters_.start[m + 1]; ++w, bin += kLanes) {
      sum = wasm_f32x4_add(
          sum, wasm_f32x4_mul(wasm_v128_load(bin), wasm_v128_load32_splat(&filters_.weights[w])));
    }
    // 20 log10(x) = 20 / ln(10) * ln(x)
    const v128_t level = log4(wasm_f32x4_pmax(sum, amin));
    wasm_v128_store(&out[m * kLanes], wasm_f32x4_mul(level, wasm_f32x4_splat(8.6858896F)));
  }
}

void LogMel::compute(std::span<const float> pcm, std::span<float> out,
                     std::span<float> scratch) const {
  const std::size_t count = frames(pcm.size());
  const std::size_t window = static_cast<std::size_t>(parameters_.window);
  const std::size_t mels = static_cast<std::size_t>(parameters_.mels);
  if (count == 0) {
    return;
  }
  float* segments = scratch.data();
  float* levels = segments + kLanes * window;
  const std::span<float> rest = scratch.subspan(kLanes * (window + mels));
  const float scale = gain(pcm, parameters_.peak);
  const float keep = parameters_.preemphasis;
  const int64_t samples = static_cast<int64_t>(pcm.size());
  float loudest = -__builtin_inff();

  for (std::size_t first = 0; first < count; first += kLanes) {
    const std::size_t used = std::min(kLanes, count - first);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t frame = first + std::min(lane, used - 1);
      const int64_t begin = static_cast<int64_t>(frame) * parameters_.hop - parameters_.window / 2;
      float* segment = segments + lane * window;
      if (begin >= 1 && begin + parameters_.window <= samples) {
        const float* x = pcm.data() + begin;
        const float* before = x - 1;
        for (std::size_t i = 0; i < window; ++i) {
          segment[i] = x[i] * scale - keep * (before[i] * scale);
        }
        continue;
      }
      for (std::size_t i = 0; i < window; ++i) {
        const std::size_t at = reflect(begin + static_cast<int64_t>(i), samples);
        const float before = at == 0 ? 0.0F : pcm[at - 1] * scale;
        segment[i] = pcm[at] * scale - keep * before;
      }
    }
    decibels({segments, kLanes * window}, {levels, kLanes * mels}, rest);
    for (std::size_t m = 0; m < mels; ++m) {
      for (std::size_t lane = 0; lane < used; ++lane) {
        const float level = levels[m * kLanes + lane];
        loudest = std::max(loudest, level);
        out[m * count + first + lane] = level;
      }
    }
  }
  const float floor = loudest - parameters_.top_db;
  for (float& value : out.first(mels * count)) {
    value = std::max(value, floor) / parameters_.divisor + parameters_.offset;
  }
}

}  // namespace edgy::kernels

#include "kernels/float/pool.h"

#include <algorithm>

namespace edgy::kernels {
namespace {

/// fold(sum, value) over each window, then finish(sum, real positions).
template <typename Fold, typename Finish>
void pool(const PoolShape& s, const float* x, float* out, float start, Fold fold, Finish finish) {
  for (int64_t n = 0; n < s.batch; ++n, x += s.height * s.width * s.channels) {
    for (int64_t oy = 0; oy < s.out_height(); ++oy) {
      const int64_t top = oy * s.stride_h - s.pad_top;
      const int64_t y0 = std::max<int64_t>(top, 0);
      const int64_t y1 = std::min(top + s.kernel_h, s.height);
      for (int64_t ox = 0; ox < s.out_width(); ++ox, out += s.channels) {
        const int64_t left = ox * s.stride_w - s.pad_left;
        const int64_t x0 = std::max<int64_t>(left, 0);
        const int64_t x1 = std::min(left + s.kernel_w, s.width);
        std::fill(out, out + s.channels, start);
        for (int64_t y = y0; y < y1; ++y) {
          for (int64_t i = x0; i < x1; ++i) {
            const float* in = x + (y * s.width + i) * s.channels;
            for (int64_t c = 0; c < s.channels; ++c) {
              out[c] = fold(out[c], in[c]);
            }
          }
        }
        for (int64_t c = 0; c < s.channels; ++c) {
          out[c] = finish(out[c], (y1 - y0) * (x1 - x0));
        }
      }
    }
  }
}

}  // namespace

void max_pool(const PoolShape& shape, std::span<const float> x, std::span<float> out) {
  pool(
      shape, x.data(), out.data(), -__builtin_inff(),
      [](float m, float v) { return v > m || v != v ? v : m; }, [](float m, int64_t) { return m; });
}

void average_pool(const PoolShape& shape, bool count_pad, std::span<const float> x,
                  std::span<float> out) {
  const int64_t whole = shape.kernel_h * shape.kernel_w;
  pool(
      shape, x.data(), out.data(), 0.0F, [](float sum, float v) { return sum + v; },
      [=](float sum, int64_t count) {
        return sum / static_cast<float>(count_pad ? whole : count);
      });
}

}  // namespace edgy::kernels

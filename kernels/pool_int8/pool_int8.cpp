#include "kernels/pool_int8/pool_int8.h"

#include <algorithm>
#include <limits>

#include "kernels/requantize.h"
#include "kernels/simd.h"

namespace edgy::kernels {
namespace {

/// The part of a window that lies in the image.
struct Window {
  int64_t y0, y1, x0, x1;

  int64_t positions() const { return (y1 - y0) * (x1 - x0); }
};

/// visit(values of the image, window, where its channels go) for every window.
template <typename Visit>
void for_each_window(const PoolShape& s, const int8_t* x, int8_t* out, Visit visit) {
  for (int64_t n = 0; n < s.batch; ++n, x += s.height * s.width * s.channels) {
    for (int64_t oy = 0; oy < s.out_height(); ++oy) {
      const int64_t top = oy * s.stride_h - s.pad_top;
      for (int64_t ox = 0; ox < s.out_width(); ++ox, out += s.channels) {
        const int64_t left = ox * s.stride_w - s.pad_left;
        visit(x,
              Window{std::max<int64_t>(top, 0), std::min(top + s.kernel_h, s.height),
                     std::max<int64_t>(left, 0), std::min(left + s.kernel_w, s.width)},
              out);
      }
    }
  }
}

/// visit(values of the channels from `channel` on) for every position of a window.
template <typename Visit>
void for_each_position(const PoolShape& s, const Window& window, const int8_t* x, int64_t channel,
                       Visit visit) {
  for (int64_t y = window.y0; y < window.y1; ++y) {
    const int8_t* from = x + (y * s.width + window.x0) * s.channels + channel;
    for (int64_t i = window.x0; i < window.x1; ++i, from += s.channels) {
      visit(from);
    }
  }
}

}  // namespace

void max_pool_int8(const PoolShape& shape, const int8_t* x, int8_t* out) {
  for_each_window(shape, x, out, [&](const int8_t* image, const Window& window, int8_t* y) {
    int64_t c = 0;
    for (; c + 16 <= shape.channels; c += 16) {
      v128_t most = wasm_i8x16_splat(std::numeric_limits<int8_t>::min());
      for_each_position(shape, window, image, c, [&](const int8_t* from) {
        most = wasm_i8x16_max(most, wasm_v128_load(from));
      });
      wasm_v128_store(y + c, most);
    }
    for (; c < shape.channels; ++c) {
      int8_t most = std::numeric_limits<int8_t>::min();
      for_each_position(shape, window, image, c,
                        [&](const int8_t* from) { most = std::max(most, *from); });
      y[c] = most;
    }
  });
}

void average_pool_int8(const PoolShape& shape, bool count_pad, const QuantizeParameters& from,
                       const QuantizeParameters& to, const int8_t* x, int8_t* out) {
  const int64_t whole = shape.kernel_h * shape.kernel_w;
  for_each_window(shape, x, out, [&](const int8_t* image, const Window& window, int8_t* y) {
    const int64_t positions = window.positions();
    const auto scale =
        static_cast<float>(double{from.scale} /
                           (double{to.scale} * static_cast<double>(count_pad ? whole : positions)));
    const auto offset = static_cast<int32_t>(positions * from.zero_point);
    const auto finish = [&](int32_t sum) {
      return requantize(sum - offset, scale, to.zero_point, to.qmin, to.qmax);
    };
    int64_t c = 0;
    for (; c + 8 <= shape.channels; c += 8) {
      v128_t low = wasm_i32x4_splat(0);
      v128_t high = low;
      for_each_position(shape, window, image, c, [&](const int8_t* values) {
        const v128_t wide = wasm_i16x8_load8x8(values);
        low = wasm_i32x4_add(low, wasm_i32x4_extend_low_i16x8(wide));
        high = wasm_i32x4_add(high, wasm_i32x4_extend_high_i16x8(wide));
      });
      alignas(16) int32_t sums[8];
      wasm_v128_store(sums, low);
      wasm_v128_store(sums + 4, high);
      std::transform(sums, sums + 8, y + c, finish);
    }
    for (; c < shape.channels; ++c) {
      int32_t sum = 0;
      for_each_position(shape, window, image, c, [&](const int8_t* value) { sum += *value; });
      y[c] = finish(sum);
    }
  });
}

}  // namespace edgy::kernels

// Float pooling over images, channels last.
#pragma once

#include <cstdint>
#include <span>

namespace edgy::kernels {

struct PoolShape {
  int64_t batch = 1, height = 1, width = 1, channels = 1;
  int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;

  int64_t out_height() const { return (height + pad_top + pad_bottom - kernel_h) / stride_h + 1; }
  int64_t out_width() const { return (width + pad_left + pad_right - kernel_w) / stride_w + 1; }
};

/// x [batch][height][width][channels] -> out [batch][out_height][out_width][channels]. Every window
/// must overlap the image.
void max_pool(const PoolShape& shape, std::span<const float> x, std::span<float> out);

/// The same by means; `count_pad`: the border counts as zeros, otherwise the mean is over real
/// positions only.
void average_pool(const PoolShape& shape, bool count_pad, std::span<const float> x,
                  std::span<float> out);

}  // namespace edgy::kernels

#include "wasm/runtime/plan/layouts.h"

#include <algorithm>

namespace edgy::runtime {

Image image_of(const Shape& shape) {
  Image image;
  const std::size_t rank = shape.size();
  if (rank >= 1) {
    image.channels = shape[rank - 1];
  }
  if (rank >= 2) {
    image.width = shape[rank - 2];
  }
  if (rank >= 4) {
    image.height = shape[rank - 3];
  }
  const std::size_t batch_axes = rank == 3 ? 1 : rank >= 4 ? rank - 3 : 0;
  for (std::size_t i = 0; i < batch_axes; i++) {
    image.batch *= shape[i];
  }
  return image;
}

std::optional<kernels::Block4> block4_of(const Image& image, const Border& border) {
  kernels::Block4 layout;
  layout.channels = image.channels;
  layout.height = image.height;
  layout.width = image.width;
  layout.pad_top = border.top;
  layout.pad_left = border.left;
  layout.pad_bottom = border.bottom;
  layout.pad_right = border.right;
  layout.phases = border.phases;
  return layout.fits() ? std::optional(layout) : std::nullopt;
}

std::optional<Border> joined(const Border& a, const Border& b) {
  if (a.phases != b.phases || a.left % a.phases != b.left % b.phases) {
    return std::nullopt;
  }
  return Border{std::max(a.top, b.top), std::max(a.left, b.left), std::max(a.bottom, b.bottom),
                std::max(a.right, b.right), a.phases};
}

BorderView view_with_border(const kernels::Block4& image, const Border& own) {
  BorderView view{image, 0};
  const int64_t rows = image.pad_top - own.top;
  const int64_t columns = image.pad_left - own.left;
  view.start = image.row_bytes() * rows + 4 * (columns / image.phases);
  // The rows and columns left of the view's start move behind its end: strides stay what they are.
  view.layout.pad_top = own.top;
  view.layout.pad_bottom = image.pad_bottom + rows;
  view.layout.pad_left = own.left;
  view.layout.pad_right = image.pad_right + columns;
  return view;
}

}  // namespace edgy::runtime

// How the values of a tensor lie in memory.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/block4.h"
#include "wasm/format/error.h"
#include "wasm/runtime/model.h"

namespace edgy::runtime {

/// A tensor seen as images, channels last: [..., C] is batch x height x width positions of C
/// channels. Rank 4 is [N, H, W, C], rank 3 [N, W, C], rank 2 [W, C], rank 1 [C]; of more axes the
/// first ones count as batch.
struct Image {
  int64_t batch = 1;
  int64_t height = 1;
  int64_t width = 1;
  int64_t channels = 1;

  int64_t positions() const { return batch * height * width; }
};
Image image_of(const Shape& shape);

/// Plain rows (row major), or one Block4 image after the other.
struct Placement {
  std::optional<kernels::Block4> block4;
};

/// Border that a convolution wants around its input, and the phases of its horizontal stride.
struct Border {
  int64_t top = 0;
  int64_t left = 0;
  int64_t bottom = 0;
  int64_t right = 0;
  int64_t phases = 1;
};

/// The Block4 geometry of one image; nothing if kernels could not read it (`Block4::fits`).
std::optional<kernels::Block4> block4_of(const Image& image, const Border& border);

/// A border that holds both, if a consumer that wants one of them can read an image with it: both
/// must have the same phases, and their left edges must fall on the same phase.
std::optional<Border> joined(const Border& a, const Border& b);

/// What a consumer that wants the border `own` sees of an image with a wider one: a geometry with
/// its own border on the left and top, the same rows and blocks, `start` bytes into the image.
struct BorderView {
  kernels::Block4 layout;
  int64_t start = 0;
};
BorderView view_with_border(const kernels::Block4& image, const Border& own);

}  // namespace edgy::runtime

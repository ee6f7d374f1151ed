#include "converter/rewrite/interleave.h"

namespace edgy::converter::rewrite {

ValueId interleave(Builder& b, ValueId x) {
  const DimShape shape = b.shape(x);
  const int64_t channels = shape.back().value;
  if (shape.size() == 4)
    return b.transpose(b.reshape(x, {0, -1, channels}), {0, 2, 1});
  const graph::Dim& height = shape[1];
  const graph::Dim& width = shape[2];
  const int64_t across = shape[3].value;
  const int64_t down = shape[4].value;
  if (height.fixed() || width.fixed()) {
    const ValueId rows = b.transpose(x, {0, 1, 4, 2, 3, 5});
    const int64_t high = height.fixed() ? height.value * down : -1;
    const int64_t wide = width.fixed() ? width.value * across : -1;
    return b.transpose(b.reshape(rows, {0, high, wide, channels}), {0, 3, 1, 2});
  }
  // A reshape can infer one extent, and keep others only where they are: one axis after the other.
  const ValueId wide = b.transpose(b.reshape(x, {0, 0, -1, down, channels}), {0, 2, 1, 3, 4});
  return b.transpose(b.reshape(wide, {0, 0, -1, channels}), {0, 3, 2, 1});
}

}  // namespace edgy::converter::rewrite

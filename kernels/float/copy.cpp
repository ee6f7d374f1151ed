#include "kernels/float/copy.h"

#include <algorithm>
#include <cstring>

namespace edgy::kernels {
namespace {

/// visit(element type of `width` bytes): a loop compiled for each width.
template <typename Visit>
void with_width(std::size_t width, Visit visit) {
  switch (width) {
    case 1:
      return visit(uint8_t{});
    case 2:
      return visit(uint16_t{});
    case 4:
      return visit(uint32_t{});
    default:
      return visit(uint64_t{});
  }
}

/// out in row-major order of `shape` = in[base + index * strides].
void copy_strided(const void* in, int64_t base, Extents shape, const Strides& strides,
                  std::size_t width, void* out) {
  if (element_count(shape) == 0) {
    return;
  }
  const std::size_t rank = shape.size();
  const int64_t inner = rank == 0 ? 1 : shape[rank - 1];
  const int64_t step = rank == 0 ? 0 : strides[rank - 1];
  Strides outer = strides;
  if (rank != 0) {
    outer[rank - 1] = 0;
  }
  with_width(width, [&](auto element) {
    using Element = decltype(element);
    const auto* from = static_cast<const Element*>(in) + base;
    auto* to = static_cast<Element*>(out);
    for_each_offset(shape.first(rank == 0 ? 0 : rank - 1), outer, [&](int64_t offset) {
      const Element* x = from + offset;
      if (step == 1) {
        std::memcpy(to, x, to_size(inner) * sizeof(Element));
      } else {
        for (int64_t i = 0; i < inner; ++i) {
          to[i] = x[i * step];
        }
      }
      to += inner;
    });
  });
}

}  // namespace

void transpose(const void* in, Extents shape, std::span<const int32_t> perm, std::size_t width,
               void* out) {
  const Strides strides = row_major_strides(shape);
  std::array<int64_t, kMaxRank> out_shape{};
  Strides moved{};
  for (std::size_t i = 0; i < perm.size(); ++i) {
    const std::size_t from = to_size(perm[i]);
    out_shape[i] = shape[from];
    moved[i] = strides[from];
  }
  copy_strided(in, 0, Extents(out_shape).first(perm.size()), moved, width, out);
}

void concat(std::span<const ConcatPart> parts, int64_t outer, std::size_t width, void* out) {
  auto* to = static_cast<uint8_t*>(out);
  for (int64_t row = 0; row < outer; ++row) {
    for (const ConcatPart& part : parts) {
      const int64_t bytes = part.run * narrow<int64_t>(width);
      if (bytes != 0) {
        std::memcpy(to, static_cast<const uint8_t*>(part.data) + row * bytes, to_size(bytes));
        to += bytes;
      }
    }
  }
}

bool gather(const void* data, int64_t outer, int64_t extent, int64_t inner,
            std::span<const int64_t> indices, std::size_t width, void* out) {
  if (!std::all_of(indices.begin(), indices.end(),
                   [=](int64_t i) { return i >= -extent && i < extent; })) {
    return false;
  }
  const int64_t bytes = inner * narrow<int64_t>(width);
  auto* to = static_cast<uint8_t*>(out);
  for (int64_t row = 0; row < outer && bytes != 0; ++row) {
    for (const int64_t index : indices) {
      const int64_t at = row * extent + (index < 0 ? index + extent : index);
      std::memcpy(to, static_cast<const uint8_t*>(data) + at * bytes, to_size(bytes));
      to += bytes;
    }
  }
  return true;
}

void slice(const void* in, Extents shape, std::span<const int64_t> starts,
           std::span<const int64_t> steps, Extents out_shape, std::size_t width, void* out) {
  const Strides strides = row_major_strides(shape);
  Strides walked{};
  int64_t base = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    base += starts[i] * strides[i];
    walked[i] = steps[i] * strides[i];
  }
  copy_strided(in, base, out_shape, walked, width, out);
}

void pad(const void* in, Extents shape, std::span<const int64_t> before, Extents out_shape,
         PadFill fill, const void* value, std::size_t width, void* out) {
  const Strides strides = row_major_strides(shape);
  const Strides out_strides = row_major_strides(out_shape);
  const int64_t count = element_count(out_shape);
  with_width(width, [&](auto element) {
    using Element = decltype(element);
    const auto* from = static_cast<const Element*>(in);
    auto* to = static_cast<Element*>(out);
    const Element constant =
        fill == PadFill::kConstant ? *static_cast<const Element*>(value) : Element{};
    for (int64_t i = 0; i < count; ++i) {
      int64_t offset = 0;
      bool inside = true;
      for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const int64_t extent = shape[axis];
        int64_t x = i / out_strides[axis] % out_shape[axis] - before[axis];
        if (fill == PadFill::kConstant) {
          inside &= x >= 0 && x < extent;
        } else if (fill == PadFill::kEdge || extent == 1) {
          x = std::clamp<int64_t>(x, 0, extent - 1);
        } else {
          const int64_t period = 2 * (extent - 1);
          x = ((x % period) + period) % period;
          x = x < extent ? x : period - x;
        }
        offset += x * strides[axis];
      }
      to[i] = inside ? from[offset] : constant;
    }
  });
}

}  // namespace edgy::kernels

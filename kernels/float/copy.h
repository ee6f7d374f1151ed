// Operators that only move elements: of any type, `width` bytes each (1, 2, 4 or 8). Inputs and
// outputs never overlap.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/float/shape.h"

namespace edgy::kernels {

/// out axis i is axis perm[i] of `in`.
void transpose(const void* in, Extents shape, std::span<const int32_t> perm, std::size_t width,
               void* out);

/// Copies each part to its place along one axis of `out`. A part is [outer][extent * inner], `out`
/// [outer][sum of those].
struct ConcatPart {
  const void* data;
  int64_t
      run;  ///< elements that are together: extent along the axis * product of the axes behind it
};
void concat(std::span<const ConcatPart> parts, int64_t outer, std::size_t width, void* out);

/// `data` [outer][extent][inner], out [outer][indices.size()][inner]; a negative index counts from
/// the end. False, and nothing written, if an index is outside -extent..extent - 1.
bool gather(const void* data, int64_t outer, int64_t extent, int64_t inner,
            std::span<const int64_t> indices, std::size_t width, void* out);

/// out[i...] = in[starts + i * steps]; all spans have an entry for each axis; steps may be
/// negative. Every element named must exist.
void slice(const void* in, Extents shape, std::span<const int64_t> starts,
           std::span<const int64_t> steps, Extents out_shape, std::size_t width, void* out);

/// Order of PadMode in the model file. Reflect leaves the edge itself out (numpy's "reflect") and
/// may repeat.
enum class PadFill { kConstant, kReflect, kEdge };

/// `before` and the out extents have an entry for each axis; `value` points to one element
/// (kConstant only). The edge modes need extents of at least 1.
void pad(const void* in, Extents shape, std::span<const int64_t> before, Extents out_shape,
         PadFill fill, const void* value, std::size_t width, void* out);

}  // namespace edgy::kernels

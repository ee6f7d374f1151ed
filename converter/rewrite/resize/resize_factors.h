// Resizing by whole factors, whatever the extents.
#pragma once

#include "converter/rewrite/builder.h"

namespace edgy::converter::rewrite {

/// The node's input [N, C, T] or [N, C, H, W], C fixed, with each value `scales` times, whole
/// numbers.
ValueId repeated(Builder& builder, const std::vector<double>& scales);

/// x [N, C, T] or [N, C, H, W], float32, with C fixed, `factors` times as long along its one or two
/// last axes by linear interpolation, as ONNX's Resize does with coordinate_transformation_mode
/// half_pixel (`centred`) or asymmetric. The extents may be known in a run alone.
ValueId interpolated(Builder& builder, ValueId x, const std::vector<int64_t>& factors,
                     bool centred);

}  // namespace edgy::converter::rewrite

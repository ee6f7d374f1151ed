// Channels that become positions.
#pragma once

#include "converter/rewrite/builder.h"

namespace edgy::converter::rewrite {

/// x [N, spatial..., block..., C], with as many blocks as spatial axes (1 or 2), the last axis's
/// block first: [N, T, s, C] or [N, H, W, sw, sh, C] -> [N, C, T s] or [N, C, H sh, W sw]. Both
/// extents of an image may be known in a run alone.
ValueId interleave(Builder& builder, ValueId x);

}  // namespace edgy::converter::rewrite

// Gathering where positions are computed in a run.
#pragma once

#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {

/// GatherElements and GatherND of data with fixed extents; false while a shape is not known.
bool gather_elements_computed(Builder& b);
bool gather_nd_computed(Builder& b);

}  // namespace edgy::converter::rewrite

// How many frames of an output a second of sound makes.
#pragma once

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Writes the frame rate (fb::OutputPolicy) of every output that has a policy and one dynamic
/// extent, by planning the model for recordings of many lengths: the least rate that none of them
/// exceeds. Leaves those at 0 of which nothing can be said: models without an audio front end or
/// with several inputs, front ends of rates that sealed sessions do not believe, outputs that have
/// more frames than a rate explains.
void set_frame_rates(format::fb::ModelT& model);

}  // namespace edgy::converter

// What an output can carry at most, as the guard of sealed sessions holds it to.
#pragma once

#include <cstdint>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// log2 of the number of sequences of at most `runs` events, of `kinds` kinds, no two alike side by
/// side: 1 + the sum of kinds (kinds - 1)^(n - 1) over n from 1 to `runs`, which need not be whole.
double event_bits(double runs, int64_t kinds);

/// The most bits that an answer carries in output `output` (of model.outputs) for each second of
/// its sound, seconds that have begun counted whole: values and how many there are. Infinity where
/// the file does not say how many frames a second has. As wasm/npm/src/seal/price.ts.
double bits_per_second(const format::fb::ModelT& model, std::size_t output);

}  // namespace edgy::converter

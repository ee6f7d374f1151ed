// What recurrent operations in float32 and in integers share.
#pragma once

#include <span>

#include "wasm/runtime/operators/create_context.h"

namespace edgy::runtime {

/// Shapes of y and of the states for x and states as in edgy.fbs.
Result<void> infer_recurrent(const InputShapes& in_shapes, int64_t inputs, int64_t hidden,
                             std::span<Shape> out_shapes);

/// State `n` of `states` [N, H], or zeros if it is empty.
void load_state(std::span<const float> states, std::size_t n, std::span<float> state);
/// The inverse; nothing if `states` is empty.
void store_state(std::span<const float> state, std::size_t n, std::span<float> states);

/// An Lstm whose x, w and r are integers.
NewOperation make_lstm_int8(const CreateContext& context);

}  // namespace edgy::runtime

// What a user fixes of a model's inputs while it is converted: extents and values.
#pragma once

#include <string>

#include "converter/graph/graph.h"

namespace edgy::converter::onnx_import {

/// `given` is "NAME=1,128": extents of input NAME, where a name or ? leaves one dynamic. An extent
/// with a name is fixed wherever the model has that name. Throws Error naming what is wrong: no
/// such input, another rank, an extent that contradicts the model's.
void fix_shape(graph::Graph& graph, const std::string& given);

/// `given` is "NAME=16000", or several numbers separated by commas, in row-major order; true and
/// false are 1 and 0. Input NAME becomes a constant: the model has it no more. One number fills
/// any fixed shape, and is the one element of a shape that is not fixed. Throws Error naming what
/// is wrong: no such input, the last one that is left, numbers that its type does not hold or as
/// many as its shape does not have.
void fix_constant(graph::Graph& graph, const std::string& given);

}  // namespace edgy::converter::onnx_import

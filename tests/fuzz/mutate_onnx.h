// Changes ONNX models node by node.
#pragma once

#include "onnx/onnx.pb.h"
#include "tests/fuzz/dice.h"

namespace edgy::fuzz {

/// Changes one thing of `model`: the type of a node, an operand, an attribute, a shape, a constant,
/// the set of operators.
void mutate_onnx(onnx::ModelProto& model, Dice& dice);

}  // namespace edgy::fuzz

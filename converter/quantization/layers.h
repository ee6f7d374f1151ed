// The layers of a float model that integer kernels can take over.
#pragma once

#include <string>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// A Conv2D or Dense operator with constant float32 weights.
struct Layer {
  int op = 0;  ///< index into ModelT.operators
  std::string name;
  int input = 0;  ///< tensor indices
  int weights = 0;
  int bias = -1;
  int output = 0;
  bool prunable = true;  ///< sparse kernels can skip its zeros
};

/// In execution order. Convolutions whose shape no integer kernel covers are left out.
std::vector<Layer> quantizable_layers(const format::fb::ModelT& model);

/// Row-major float32 values of a constant. Throws Error if it is not float32.
std::vector<float> float_values(const format::fb::ModelT& model, int tensor);

/// Drops tensors and buffers that nothing refers to and renumbers the others; buffers of equal
/// content become one.
void compact(format::fb::ModelT& model);

}  // namespace edgy::converter

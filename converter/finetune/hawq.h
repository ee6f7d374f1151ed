// Bits of each layer's weights by sensitivity, before training starts.
#pragma once

#include <vector>

#include "converter/finetune/samples/crops.h"
#include "converter/nncf/file/config.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// What was measured of a layer and decided for it.
struct LayerBits {
  std::string layer;
  double mean_trace = 0;  ///< of the loss's Hessian, a weight
  double macs = 0;        ///< of one crop
  int bits = 8;
};

/// HAWQ-V2 for all layers of `reference` (float32) in the scopes of `quantization`, others stay at
/// its weight bits. The loss is the distillation loss of the model against itself, whose Hessian is
/// that of small changes around the original. Throws Error when the compression ratio is out of
/// reach.
std::vector<LayerBits> choose_layer_bits(const format::fb::ModelT& reference, const Crops& crops,
                                         const nncf::Quantization& quantization,
                                         const nncf::HawqPrecision& hawq, uint64_t seed);

}  // namespace edgy::converter::finetune

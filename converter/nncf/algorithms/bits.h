// Bits of weights, layer by layer.
#pragma once

#include <string>

#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// Whether the file says bits for single layers: by hand (bitwidth_per_scope), by exceptions
/// (overrides), or by leaving layers out of fewer bits than 8.
bool says_layer_bits(const Quantization& quantization);

/// Bits, 2 .. 8, of the weights of `layer`: those of the last exception that means it, else those
/// given by hand, else those of all weights; 8 outside the scopes. Throws Error as scope_matches
/// does.
int weight_bits(const Quantization& quantization, const std::string& layer);

}  // namespace edgy::converter::nncf

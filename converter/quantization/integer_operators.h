// Operators without weights that can compute on the integers that layers around them give and take.
#pragma once

#include <set>
#include <vector>

#include "converter/calibration/calibration.h"
#include "converter/quantization/layers.h"
#include "wasm/format/catalog.h"

namespace edgy::converter {

/// Operators of a float model, by their place in it, that become int8.
using OperatorSet = std::set<int>;

/// What integers of an operator are: catalog's cell, by its kind. kNone: it has no int8 form here.
format::Integers integers_of(const format::fb::OperatorT& op);

/// Whether `op` multiplies with weights over time: its weights become integers with it.
bool is_recurrent(const format::fb::OperatorT& op);

/// Whether `op` multiplies two activations. Its int8 form reads integers of 7 bits, and gives
/// float32 where nobody wants integers.
bool is_product(const format::fb::OperatorT& op);

/// Tensors (not constants) that `op` reads as integers when it is int8.
std::vector<int> integer_inputs(const format::fb::ModelT& model, const format::fb::OperatorT& op);

/// Whether `op` of a float model could read and write int8.
bool has_integer_form(const format::fb::ModelT& model, const format::fb::OperatorT& op);

/// Operators with an int8 form whose inputs are there as integers anyway (a layer of `quantized` or
/// another such operator makes them, or a layer reads them) and whose output is wanted as integers;
/// and recurrent ones and products of activations, which are worth converting their inputs for.
/// None where no layer is int8. `layers`: of `f32`; `quantized`: which of them are int8.
OperatorSet integer_candidates(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                               const std::vector<bool>& quantized);

/// Tensors that such operators read and write: what has to be calibrated for them.
std::set<int> tensors_of(const format::fb::ModelT& f32, const OperatorSet& operators);

/// Whether scales can be chosen for everything that the operator reads and writes.
bool has_ranges(const format::fb::ModelT& f32, int op, const Calibration& calibration);

/// Operators that hand integers to each other, together.
std::vector<OperatorSet> islands_of(const format::fb::ModelT& f32, const OperatorSet& operators);

}  // namespace edgy::converter

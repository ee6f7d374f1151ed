// What compressing one layer does to the whole model.
#pragma once

#include <span>
#include <vector>

#include "converter/data/dataset.h"
#include "converter/pruning/allocation.h"
#include "converter/pruning/budget.h"
#include "converter/pruning/prunable.h"

namespace edgy::converter {

/// The damage that an error of this size is, in the measure below.
double damage_of(double sqnr_db);

/// For each layer of `prunable`, the damage at several sparsities with this layer alone compressed
/// and all others float, measured at the model's smooth outputs on some of `samples`. With
/// PruningMethod::kReconstruction the layer is fitted, by a short form of what it will get later,
/// and so is the layer that reads its output: what that one can make up for is no damage.
/// Independent disturbances one after the other multiply the squared cosine between the outputs and
/// what they should be: damage is minus its logarithm, so that it adds up.
std::vector<DamageCurve> measure_damage(const format::fb::ModelT& f32,
                                        const std::vector<Layer>& layers,
                                        const std::vector<LayerChoice>& choices,
                                        const std::vector<PrunableLayer>& prunable,
                                        const Calibration& calibration,
                                        std::span<const Sample> samples,
                                        const QuantizeOptions& options, Progress& progress);

/// The same at more sparsities and at 8 and 4 bits, with what each costs. `predict`: fill in the
/// predicted time, too, of the fastest form for 7-bit activations.
std::vector<std::vector<LayerOption>> measure_options(
    const format::fb::ModelT& f32, const std::vector<Layer>& layers,
    const std::vector<LayerChoice>& choices, const std::vector<PrunableLayer>& prunable,
    const Calibration& calibration, std::span<const Sample> samples, const QuantizeOptions& options,
    bool predict, Progress& progress);

}  // namespace edgy::converter

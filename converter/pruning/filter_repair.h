// What filter pruning took away, won back without training.
#pragma once

#include <vector>

#include "converter/compression_options.h"
#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "converter/pruning/filter_pruning.h"

namespace edgy::converter {

/// Fits, from input to output, every layer behind removed channels: its inputs are those of the
/// pruned model as repaired so far, its targets what the same layer gives in `original`, on the
/// channels that both have (least squares, as He et al., arXiv:1707.06168). `model` is `original`
/// after prune_filters, whose report is `pruned`; it stays float32. While a layer is fitted its
/// inputs are held in 8 bits. Throws Error when there is no sample or one does not run.
void repair_filters(const format::fb::ModelT& original, const std::vector<PrunedChannels>& pruned,
                    const std::vector<Sample>& samples, const ReconstructionOptions& options,
                    Progress& progress, format::fb::ModelT& model);

}  // namespace edgy::converter

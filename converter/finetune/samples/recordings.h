// The recordings that `edgy finetune` trains and judges on, by split.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "converter/calibration/calibration.h"
#include "converter/finetune/samples/crops.h"
#include "converter/finetune/settings/arguments.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// Whether `data` is a manifest, or a folder with one: only those have splits.
bool has_splits(const std::filesystem::path& data);

/// Rows of split `split` (all if empty), `limit` at most (0: all).
std::unique_ptr<CalibrationSource> open_split(const Arguments& arguments,
                                              const format::fb::ModelT& model,
                                              const std::string& split, std::size_t limit = 0);

/// Split dev, or every eighth crop of the training data, taken from `train`, where no row is of
/// that split.
Crops dev_crops(const Arguments& arguments, const format::fb::ModelT& model, Crops& train);

}  // namespace edgy::converter::finetune

// What no single setting can be wrong in, but several together can.
#pragma once

#include "converter/config/object_reader.h"
#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// What the rest of the file means for an algorithm.
struct FileContext {
  bool level_is_searched = false;  ///< accuracy-aware training finds the level
};

/// Each reports errors and warnings to the reader of the algorithm's object, and brings settings
/// into the form that config.h promises.
void check(ObjectReader& reader, const FileContext& file, MagnitudeSparsity& algorithm);
void check(ObjectReader& reader, const FileContext& file, RbSparsity& algorithm);
void check(ObjectReader& reader, const FileContext& file, ConstSparsity& algorithm);
void check(ObjectReader& reader, const FileContext& file, FilterPruning& algorithm);
void check(ObjectReader& reader, const FileContext& file, Quantization& algorithm);
void check(ObjectReader& reader, const FileContext& file, KnowledgeDistillation& algorithm);
void check(ObjectReader& reader, const InputInfo& input);

}  // namespace edgy::converter::nncf

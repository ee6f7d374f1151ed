// What no single setting can be wrong in, but several together can.
#pragma once

#include "converter/config/object_reader.h"
#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// Each reports errors and warnings to the reader of the algorithm's object, and brings settings
/// into the form that config.h promises.
void check(ObjectReader& reader, MagnitudeSparsity& algorithm);
void check(ObjectReader& reader, RbSparsity& algorithm);
void check(ObjectReader& reader, ConstSparsity& algorithm);
void check(ObjectReader& reader, FilterPruning& algorithm);
void check(ObjectReader& reader, Quantization& algorithm);
void check(ObjectReader& reader, KnowledgeDistillation& algorithm);
void check(ObjectReader& reader, const InputInfo& input);

}  // namespace edgy::converter::nncf

// Whether the runtime can run what the converter wrote.
#pragma once

#include <cstdint>
#include <vector>

namespace edgy::converter {

/// Loads the bytes of a file with the very runtime and plans them, for two extents of its dynamic
/// dimensions where it has any. Throws Error when the model cannot be loaded, or when it can be
/// planned at no extent for another reason than that inputs are too short, do not fit each other or
/// need too much memory: then converter and runtime disagree about it.
void expect_plannable(const std::vector<uint8_t>& bytes);

}  // namespace edgy::converter

// Which outputs of a model are codes, and of what codebook.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Where the codes of a tensor come from.
struct CodeOrigin {
  const format::fb::OperatorT* search = nullptr;  ///< the NearestCode that found them
  /// The class that each code of the search's codebook was merged into (Gathers of a constant over
  /// codes, one after another); empty: none was merged.
  std::vector<int64_t> classes;
};

/// How `tensor` came from a nearest-code search: moved since then (reshaped, transposed, sliced),
/// or looked up in constants of whole numbers, which merge codes and never tell more than they did.
/// Nothing when it holds something else.
std::optional<CodeOrigin> trace_codes(const format::fb::ModelT& model, int32_t tensor);

/// The vectors of the classes that `origin` speaks of, row major [classes, channels]: of the
/// search's codebook, the mean of those merged into a class. A class that no code is merged into
/// has zeros. Nothing when the codebook is not stored as float32.
struct Codebook {
  int64_t codes = 0;
  int64_t channels = 0;
  std::vector<float> vectors;
};
std::optional<Codebook> codebook_of(const format::fb::ModelT& model, const CodeOrigin& origin);

}  // namespace edgy::converter

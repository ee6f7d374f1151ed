// Which privacy levels hand out which output, as the file says it and sealed sessions obey.
#pragma once

#include <string>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// "low", "moderate", "high" or an Error that lists them; `what` names the option.
format::fb::PrivacyLevel parse_level(const std::string& text, const std::string& what);
const char* to_string(format::fb::PrivacyLevel level);

/// Writes a policy for every output. By default, after EDGY's levels: codes (what comes out of a
/// nearest-code search, moved or merged: trace_codes) are handed out at every level, those that
/// other outputs are merged from at low and moderate, all else at low alone: a class chosen by
/// arg-max may be a speaker, and an embedding is one. `assignments`
/// ("OUTPUT=LEVEL") override this. `floor` is the least private level that a session may have.
/// Events that outputs have already stay. Throws Error for an unknown output or level, an output
/// named twice, a level above low for the vectors that a search reads (moved or not), and a floor
/// at which nothing would be handed out.
void set_privacy(format::fb::ModelT& model, const std::vector<std::string>& assignments,
                 format::fb::PrivacyLevel floor);

}  // namespace edgy::converter

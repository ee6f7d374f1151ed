// Which outputs hand out events in place of codes, as the file says it.
#pragma once

#include <string>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// Gives outputs events (fb::Events), in the policies that they have to have already. Each of
/// `assignments` is "OUTPUT" or "OUTPUT:SETTING,...", a setting "least_run=N" (default 2) or
/// "silence=CODE", which may be given again. Classes are counted from the model. Throws Error for
/// an unknown output or setting, an output named twice or one whose values have no known number or
/// whose shape is neither [T] nor [1, T], and for silence that is no class or all of them.
void set_events(format::fb::ModelT& model, const std::vector<std::string>& assignments);

/// "events of 8 classes, 1 silent, of 2 frames or more"; "" for none.
std::string describe(const format::fb::OutputPolicyT& policy);

/// The policy of the output called `name`; nullptr: it has none.
const format::fb::OutputPolicyT* policy_of(const format::fb::ModelT& model,
                                           const std::string& name);

}  // namespace edgy::converter

// Which layers a configuration means.
#pragma once

#include <string>

#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

/// Whether an entry is a regular expression: "{re}" stands anywhere in it, as NNCF has it.
bool is_expression(const std::string& entry);

/// The entry without "{re}".
std::string expression_of(const std::string& entry);

/// What is wrong with an entry, as a sentence with the place in it; empty if nothing is.
std::string scope_mistake(const std::string& entry);

/// True when one entry means the layer: its name; or an expression (Perl's syntax, which has
/// Python's but for rare forms) that occurs anywhere in its name, as NNCF's re.search. Throws Error
/// when that takes more than a million steps, or the entry is no expression.
bool scope_matches(const std::string& entry, const std::string& layer);

/// True when the algorithm with these scopes touches the layer.
bool in_scope(const Scopes& scopes, const std::string& layer);

}  // namespace edgy::converter::nncf

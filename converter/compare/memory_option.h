// The option --memory-limit of commands that run models.
#pragma once

#include <cstdint>

namespace CLI {
class App;
}

namespace edgy::converter {

/// Adds it to `command`; `mebibytes` stays 0 where it is not given (see reading_options).
void add_memory_option(CLI::App& command, uint64_t& mebibytes);

}  // namespace edgy::converter

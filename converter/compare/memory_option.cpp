#include "converter/compare/memory_option.h"

#include <CLI/CLI.hpp>

namespace edgy::converter {

void add_memory_option(CLI::App& command, uint64_t& mebibytes) {
  command
      .add_option("--memory-limit", mebibytes,
                  "MiB that the model may take (default: 256, and 64 times what is given to it, at "
                  "most 16384)")
      ->check(CLI::Range(1, 1 << 20));
}

}  // namespace edgy::converter

#include "wasm/format/allocation.h"

#include <algorithm>
#include <cstdlib>

namespace edgy {

bool can_allocate(std::size_t bytes) {
  // Volatile, lest the compiler see that the block is unused and drop both calls.
  void* volatile block = std::malloc(std::max<std::size_t>(bytes, 1));  // malloc(0) may be null
  std::free(block);
  return block != nullptr;
}

}  // namespace edgy

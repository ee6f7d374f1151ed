#include "wasm/format/operands.h"

#include <cstdlib>

namespace edgy::format {

void absent_operand() {
  std::abort();
}

}  // namespace edgy::format

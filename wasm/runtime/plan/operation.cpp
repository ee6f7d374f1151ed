#include "wasm/runtime/plan/operation.h"

#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {

int64_t Operation::input_count(std::size_t i) const {
  return count_of(inputs[i].shape);
}
int64_t Operation::output_count(std::size_t i) const {
  return count_of(outputs[i].shape);
}

}  // namespace edgy::runtime

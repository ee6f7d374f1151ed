#include "wasm/runtime/plan/operation.h"

#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {

int64_t Operation::input_count(std::size_t i) const {
  return count_of(inputs[i].shape);
}
int64_t Operation::output_count(std::size_t i) const {
  return count_of(outputs[i].shape);
}

uint64_t Operation::work() const {
  uint64_t values = macs();
  for (const Operand& operand : inputs) {
    values += static_cast<uint64_t>(count_of(operand.shape));
  }
  for (const Operand& operand : outputs) {
    values += static_cast<uint64_t>(count_of(operand.shape));
  }
  return values;
}

}  // namespace edgy::runtime

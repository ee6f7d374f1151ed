#include "converter/quantization/shared_grids.h"

#include <algorithm>

namespace edgy::converter {
namespace fb = format::fb;

SharedGrids::SharedGrids(const fb::ModelT& f32, const OperatorSet& operators) {
  std::map<int, int> readers;
  for (const auto& op : f32.operators) {
    for (const int input : op->inputs)
      ++readers[input];
  }
  for (const int output : f32.outputs)
    ++readers[output];
  for (const int index : operators) {
    const fb::OperatorT& op = *f32.operators[static_cast<std::size_t>(index)];
    const int output = op.outputs[0];
    if (integers_of(op) == format::Integers::kMoved)
      join(op.inputs[0], output);
    if (op.options.type == fb::OperatorOptions::Concat) {
      for (const int input : op.inputs) {
        if (readers[input] == 1)
          join(input, output);
      }
    }
    const auto* pad = op.options.AsPad();
    if (pad != nullptr && pad->mode == fb::PadMode::Constant)
      padding_[output].push_back(pad->value);
  }
}

int SharedGrids::of(int tensor) const {
  const auto found = leader_.find(tensor);
  return found == leader_.end() ? tensor : of(found->second);
}

void SharedGrids::join(int a, int b) {
  const int first = of(a);
  const int second = of(b);
  if (first != second)
    leader_[second] = first;
}

Range SharedGrids::range(int tensor, const Calibration& calibration, const QuantizeOptions& options,
                         int bits) const {
  const int leader = of(tensor);
  Range range = choose_range(calibration.at(leader), options.range, options.percentile, bits);
  const auto widen = [&](const Range& other) {
    range.low = std::min(range.low, other.low);
    range.high = std::max(range.high, other.high);
  };
  for (const auto& [member, next] : leader_) {
    if (of(member) == leader)
      widen(choose_range(calibration.at(member), options.range, options.percentile, bits));
  }
  for (const auto& [padded, values] : padding_) {
    for (const float value : values) {
      if (of(padded) == leader)
        widen({value, value});
    }
  }
  return range;
}

}  // namespace edgy::converter

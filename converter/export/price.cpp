#include "converter/export/price.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "converter/export/output_events.h"
#include "converter/export/value_range.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

constexpr double kMoreFrames = 2;  // see fb::OutputPolicy
constexpr double kUnknown = std::numeric_limits<double>::infinity();

int width_of(fb::DataType type) {
  switch (type) {
    case fb::DataType::F32:
    case fb::DataType::I32:
      return 32;
    case fb::DataType::F16:
      return 16;
    case fb::DataType::I64:
      return 64;
    case fb::DataType::Bool:
      return 1;
    default:
      return 8;
  }
}

/// Frames for a second of sound at most, not rounded down, so that it holds for many at once.
double frames_of(const fb::ModelT& model, const fb::OutputPolicyT* policy) {
  const bool hears = model.metadata && model.metadata->log_mel;
  return hears && policy != nullptr && policy->frame_rate > 0
             ? static_cast<double>(policy->frame_rate) + kMoreFrames
             : kUnknown;
}

}  // namespace

double event_bits(double runs, int64_t kinds) {
  if (kinds <= 1)
    return std::log2(1 + std::min(1.0, runs));
  if (kinds == 2)
    return std::log2(1 + 2 * runs);
  const auto all = static_cast<double>(kinds);
  return runs * std::log2(all - 1) + std::log2((all - 2 * std::pow(all - 1, -runs)) / (all - 2));
}

double bits_per_second(const fb::ModelT& model, std::size_t output) {
  const int32_t index = model.outputs[output];
  const fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(index)];
  const fb::OutputPolicyT* policy = policy_of(model, tensor.name);
  const bool fraction = tensor.type == fb::DataType::F32 || tensor.type == fb::DataType::F16;
  const auto values = fraction ? std::nullopt : count_values(model, index);
  if (policy != nullptr && policy->events) {
    const fb::EventsT& events = *policy->events;
    const int64_t classes = std::min<int64_t>(events.classes, values.value_or(events.classes));
    const auto silent =
        std::ranges::count_if(events.silence, [classes](int32_t code) { return code < classes; });
    const double codes = tensor.shape.empty() || tensor.shape.back() < 0
                             ? frames_of(model, policy)
                             : static_cast<double>(tensor.shape.back());
    return std::isinf(codes)
               ? kUnknown
               : event_bits(codes / events.least_run, std::max<int64_t>(1, classes - silent));
  }
  double each = width_of(tensor.type);
  if (values)
    each = std::clamp(std::log2(static_cast<double>(*values)), 1.0, each);
  int open = 0;
  for (const int32_t extent : tensor.shape) {
    open += extent < 0 ? 1 : 0;
    each *= extent < 0 ? 1 : extent;
  }
  const double frames = frames_of(model, policy);
  if (open == 0)
    return each;
  return open == 1 && !std::isinf(frames) ? frames * each + std::log2(1 + frames) : kUnknown;
}

}  // namespace edgy::converter

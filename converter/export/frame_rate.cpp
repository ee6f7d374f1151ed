#include "converter/export/frame_rate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "converter/calibration/runner.h"
#include "converter/export/export.h"
#include "wasm/runtime/session/session.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

/// What an answer may have beyond its seconds' frames (fb::OutputPolicy).
constexpr double kMoreFrames = 2;
/// Guards believe front ends of no lower rate and no longer hop
/// (wasm/npm/src/seal/model_policy.ts).
constexpr int32_t kLeastRate = 8000;
constexpr double kMostHop = 0.1;
/// Lengths of recordings, in frames of the input, that are tried: each of the short ones, where
/// borders count most, and the last two tell the rate in the long run.
constexpr int64_t kShort = 32;
constexpr int64_t kLong[] = {63, 64, 100, 101, 255, 256, 512, 1024};

/// The one dynamic axis of `shape`.
std::optional<std::size_t> open_axis(const std::vector<int32_t>& shape) {
  const auto first = std::ranges::find(shape, -1);
  if (first == shape.end() || std::find(first + 1, shape.end(), -1) != shape.end())
    return std::nullopt;
  return static_cast<std::size_t>(first - shape.begin());
}

/// Frames of an output for so many of the input.
struct Measured {
  int64_t in;
  int64_t out;
};

/// 0: there is none.
float rate_of(const std::vector<Measured>& lengths, double hop) {
  if (lengths.size() < 2)
    return 0;
  const Measured& last = lengths.back();
  const Measured& before = lengths[lengths.size() - 2];
  double rate =
      static_cast<double>(last.out - before.out) / (static_cast<double>(last.in - before.in) * hop);
  for (const Measured& length : lengths) {
    const double more = static_cast<double>(length.out) - kMoreFrames;
    const double seconds = static_cast<double>(length.in - 1) * hop;  // the first begins at 0
    if (more > 0 && seconds == 0)
      return 0;
    rate = more > 0 ? std::max(rate, more / seconds) : rate;
  }
  const auto rounded = static_cast<float>(rate);
  return rounded < rate ? std::nextafter(rounded, std::numeric_limits<float>::infinity()) : rounded;
}

}  // namespace

void set_frame_rates(fb::ModelT& model) {
  const fb::LogMelT* front_end = model.metadata ? model.metadata->log_mel.get() : nullptr;
  if (front_end == nullptr || model.inputs.size() != 1 || front_end->sample_rate < kLeastRate)
    return;
  const double hop = static_cast<double>(front_end->hop) / front_end->sample_rate;
  const auto& input = model.tensors[static_cast<std::size_t>(model.inputs[0])]->shape;
  const auto frames_axis = open_axis(input);
  if (!frames_axis || hop <= 0 || hop > kMostHop)
    return;
  set_features(model);  // the runtime refuses to plan what does not name them
  Runner runner(model);
  std::vector<std::vector<Measured>> lengths(model.outputs.size());
  const auto measure = [&](int64_t frames) {
    std::vector<runtime::Shape> shapes = {{input.begin(), input.end()}};
    shapes[0][*frames_axis] = frames;
    if (!runner.session().prepare(shapes))
      return;  // too short, or too long for the memory
    for (std::size_t i = 0; i < model.outputs.size(); ++i) {
      const auto axis = open_axis(model.tensors[static_cast<std::size_t>(model.outputs[i])]->shape);
      if (axis)
        lengths[i].push_back({frames, runner.session().output(i).shape[*axis]});
    }
  };
  for (int64_t frames = 1; frames <= kShort; ++frames)
    measure(frames);
  for (const int64_t frames : kLong)
    measure(frames);
  for (std::size_t i = 0; i < model.outputs.size(); ++i) {
    const std::string& name = model.tensors[static_cast<std::size_t>(model.outputs[i])]->name;
    for (const auto& policy : model.metadata->policies) {
      if (policy->output == name)
        policy->frame_rate = rate_of(lengths[i], hop);
    }
  }
}

}  // namespace edgy::converter

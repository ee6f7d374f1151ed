#include "converter/calibration/calibration.h"

#include "converter/calibration/runner.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

std::span<const float> floats(const runtime::TensorView& view) {
  return {reinterpret_cast<const float*>(view.data.data()), view.data.size() / sizeof(float)};
}

/// Model inputs are given, not computed: no observer sees them.
template <typename Add>
void watch_inputs(const format::fb::ModelT& model, const Sample& sample, Calibration& calibration,
                  Add add) {
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    const auto found = calibration.find(model.inputs[i]);
    if (found != calibration.end())
      add(found->second, sample.inputs[i].values<float>(), sample.inputs[i].shape.back());
  }
}

}  // namespace

Calibration calibrate(const format::fb::ModelT& model, const std::vector<Sample>& samples,
                      const std::vector<int>& tensors, Progress& progress) {
  Calibration calibration;
  for (const int tensor : tensors)
    calibration[tensor];
  bool histograms = false;
  const auto add = [&](ValueStatistics& statistics, std::span<const float> values,
                       int64_t channels) {
    if (histograms) {
      statistics.add_histogram(values, static_cast<std::size_t>(channels));
    } else {
      statistics.add_extremes(values);
    }
  };
  Runner runner(model, [&](int32_t tensor, const runtime::TensorView& view) {
    const auto found = calibration.find(tensor);
    if (found != calibration.end())
      add(found->second, floats(view), view.shape.back());
  });
  progress.begin("calibrating", 2 * samples.size());
  for (const bool second : {false, true}) {
    histograms = second;
    for (const Sample& sample : samples) {
      watch_inputs(model, sample, calibration, add);
      runner.run(sample);
      progress.advance();
    }
  }
  progress.end();
  return calibration;
}

std::vector<Sample> read_samples(CalibrationSource& source, std::size_t limit) {
  const std::size_t total = source.size();
  if (total == 0)
    throw Error("calibration needs at least one sample; " + source.description() + " has none");
  const std::size_t count = limit == 0 ? total : std::min(limit, total);
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i)
    samples.push_back(source.sample(i * total / count));
  return samples;
}

}  // namespace edgy::converter

#include "converter/calibration/calibration.h"

#include <algorithm>
#include <cmath>
#include <optional>
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

/// The file that an input of a sample came from: `K.in.NAME.npy` is beside the first input's.
std::string file_of(const Sample& sample, const Tensor& input) {
  const std::string first = ".in." + sample.inputs[0].name + ".npy";
  if (!sample.name.ends_with(first))
    return sample.name;
  return sample.name.substr(0, sample.name.size() - first.size()) + ".in." + input.name + ".npy";
}

std::string place(const std::vector<int64_t>& shape, std::size_t index) {
  std::string text;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto extent = static_cast<std::size_t>(shape[axis]);
    text = std::to_string(index % extent) + (text.empty() ? "" : ", ") + text;
    index /= extent;
  }
  return "[" + text + "]";
}

/// Says where an input of `sample` holds a value for which `is_bad`, if one does.
template <typename IsBad>
std::optional<std::string> find_value(const Sample& sample, IsBad is_bad) {
  for (const Tensor& input : sample.inputs) {
    if (input.type != DataType::F32)
      continue;
    const auto values = input.values<float>();
    const auto found = std::find_if(values.begin(), values.end(), is_bad);
    if (found != values.end()) {
      return file_of(sample, input) + ": input '" + input.name + "' is " +
             (std::isnan(*found) ? "NaN" : "infinite") + " at " +
             place(input.shape, static_cast<std::size_t>(found - values.begin()));
    }
  }
  return std::nullopt;
}

/// What an input makes infinite is the data's fault; what becomes so on the way is the model's.
void refuse_infinite(const Calibration& calibration, const Sample& sample) {
  const bool any = std::any_of(calibration.begin(), calibration.end(),
                               [](const auto& entry) { return entry.second.not_finite() > 0; });
  if (!any)
    return;
  if (const auto found = find_value(sample, [](float value) { return std::isinf(value); }))
    throw Error(*found + "; int8 layers need finite numbers to calibrate on");
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
      if (statistics.not_finite() == 0)
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
      if (!second)
        refuse_infinite(calibration, sample);
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
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back(source.sample(i * total / count));
    if (const auto found =
            find_value(samples.back(), [](float value) { return std::isnan(value); }))
      throw Error(*found + "; calibration needs numbers");
  }
  return samples;
}

}  // namespace edgy::converter

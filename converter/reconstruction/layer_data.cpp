#include "converter/reconstruction/layer_data.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "converter/calibration/runner.h"
#include "converter/reconstruction/spliced_samples.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

/// Of the targets' unit: weights divided by it stay finite.
constexpr int kLeastTargetExponent = -60;

/// The model as far as `layer`, which becomes the only output, without its fused activation.
/// Returns the activation's range.
std::pair<float, float> cut_after(fb::ModelT& model, const Layer& layer) {
  model.operators.resize(static_cast<std::size_t>(layer.op) + 1);
  model.outputs = {layer.output};
  if (model.metadata)
    model.metadata->policies.clear();  // of outputs that are gone
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  fb::OperatorT& op = *model.operators.back();
  if (op.options.type == fb::OperatorOptions::Dense) {
    auto& dense = *op.options.AsDense();
    return {std::exchange(dense.activation_min, -kInfinity),
            std::exchange(dense.activation_max, kInfinity)};
  }
  auto& conv = *op.options.AsConv2D();
  return {std::exchange(conv.activation_min, -kInfinity),
          std::exchange(conv.activation_max, kInfinity)};
}

/// Extents of the image that a value is for a window: all axes before its rows are batch.
struct Extents {
  int64_t batch = 1, height = 1, width = 1;
};

Extents extents_of(const std::vector<int64_t>& shape, bool is_dense) {
  Extents extents;
  const std::size_t rank = shape.size();
  if (is_dense || rank < 3) {
    for (std::size_t i = 0; i + 1 < rank; ++i)
      extents.width *= shape[i];
    return extents;
  }
  extents.width = shape[rank - 2];
  extents.height = rank >= 4 ? shape[rank - 3] : 1;
  for (std::size_t i = 0; i + (rank >= 4 ? 3 : 2) < rank; ++i)
    extents.batch *= shape[i];
  return extents;
}

/// Positions for each input of an output channel: with fewer, a fit follows the samples that it has
/// rather than what they have in common.
constexpr int64_t kEnoughPositions = 16;
/// Spliced samples for each real one, at most.
constexpr std::size_t kMostSpliced = 3;

/// Appends the values of `channels` (all if empty) of [positions][count].
void append_channels(std::span<const float> values, int64_t count, const std::vector<int>& channels,
                     std::vector<float>& out) {
  if (channels.empty()) {
    out.insert(out.end(), values.begin(), values.end());
    return;
  }
  for (std::size_t row = 0; row < values.size(); row += static_cast<std::size_t>(count)) {
    for (const int channel : channels)
      out.push_back(values[row + static_cast<std::size_t>(channel)]);
  }
}

}  // namespace

Window window_of(const fb::ModelT& model, const Layer& layer) {
  const fb::OperatorT& op = *model.operators[static_cast<std::size_t>(layer.op)];
  const auto& shape = model.tensors[static_cast<std::size_t>(layer.weights)]->shape;
  Window window;
  window.outputs = shape.front();
  window.channels = shape.back();
  if (op.options.type == fb::OperatorOptions::Dense)
    return window;
  const auto& conv = *op.options.AsConv2D();
  window.height = shape[1];
  window.width = shape[2];
  window.stride_y = conv.stride_h;
  window.stride_x = conv.stride_w;
  window.dilation_y = conv.dilation_h;
  window.dilation_x = conv.dilation_w;
  window.pad_top = conv.pad_top;
  window.pad_left = conv.pad_left;
  window.groups = conv.groups;
  window.outputs /= conv.groups;
  return window;
}

LayerData::LayerData(const fb::ModelT& f32, const std::vector<Layer>& layers, std::size_t index,
                     const std::vector<LayerChoice>& choices, const Calibration& calibration,
                     std::span<const Sample> samples, const QuantizeOptions& options,
                     Progress& progress, const LayerTarget& wanted)
    : window_(window_of(f32, layers[index])) {
  fb::ModelT base = f32;
  std::tie(activation_min_, activation_max_) = cut_after(base, layers[index]);
  fb::ModelT reference = wanted.model != nullptr ? *wanted.model : base;
  if (wanted.model != nullptr)
    cut_after(reference, layers[index]);
  const auto count = static_cast<std::ptrdiff_t>(index) + 1;
  const std::vector<Layer> prefix(layers.begin(), layers.begin() + count);
  const std::vector<LayerChoice> prefix_choices(choices.begin(), choices.begin() + count);
  const fb::ModelT compressed = build_quantized(base, prefix, prefix_choices, calibration, options);
  const int input = compressed.operators.back()->inputs[0];
  const auto& quantization = *compressed.tensors[static_cast<std::size_t>(input)]->quantization;
  units_.input = quantization.scale[0];
  zero_point_ = quantization.zero_point[0];

  const bool is_dense = reference.operators.back()->options.type == fb::OperatorOptions::Dense;
  Image image;
  Runner compressed_runner(compressed, [&](int32_t tensor, const runtime::TensorView& view) {
    if (tensor != input)
      return;
    const Extents extents = extents_of({view.shape.begin(), view.shape.end()}, is_dense);
    image.height = extents.height;
    image.width = extents.width;
    image.values.assign(view.data.begin(), view.data.end());
  });
  Runner reference_runner(reference);
  const auto add = [&](const Sample& sample) {
    compressed_runner.run(sample);
    const Tensor target = reference_runner.run(sample).front();
    const Extents extents = extents_of(target.shape, is_dense);
    image.first_position = positions_;
    image.out_height = extents.height;
    image.out_width = extents.width;
    positions_ += extents.batch * extents.height * extents.width;
    images_.push_back(std::move(image));
    image = {};
    append_channels(target.values<float>(), target.shape.back(), wanted.channels, targets_);
  };
  for (const Sample& sample : samples) {
    add(sample);
    progress.advance();
  }
  if (options.reconstruction.splice_samples) {
    const SplicedSamples spliced(samples);
    const int64_t enough = kEnoughPositions * window_.inputs();
    for (std::size_t i = 0; i < kMostSpliced * samples.size() && positions_ < enough; ++i) {
      for (const Sample& sample : spliced.sample(i))
        add(sample);
    }
  }
  scale_targets();
}

void LayerData::scale_targets() {
  float greatest = 0;
  for (const float target : targets_)
    greatest = std::max(greatest, std::abs(target));
  if (greatest == 0 || !std::isfinite(greatest))
    return;
  units_.target = std::ldexp(1.0F, std::max(std::ilogb(greatest), kLeastTargetExponent));
  for (float& target : targets_)
    target /= units_.target;
  activation_min_ /= units_.target;
  activation_max_ /= units_.target;
}

void LayerData::unfold_position(const Image& image, int64_t group, int64_t position,
                                float* out) const {
  const int64_t all_channels = window_.channels * window_.groups;
  const int64_t batch = position / (image.out_height * image.out_width);
  const int64_t y = position / image.out_width % image.out_height * window_.stride_y;
  const int64_t x = position % image.out_width * window_.stride_x;
  for (int64_t ky = 0; ky < window_.height; ++ky) {
    for (int64_t kx = 0; kx < window_.width; ++kx, out += window_.channels) {
      const int64_t row = y + ky * window_.dilation_y - window_.pad_top;
      const int64_t column = x + kx * window_.dilation_x - window_.pad_left;
      if (row < 0 || row >= image.height || column < 0 || column >= image.width) {
        std::fill_n(out, window_.channels, 0.0F);  // padding is the zero point
        continue;
      }
      const int8_t* in = &image.values[static_cast<std::size_t>(
          ((batch * image.height + row) * image.width + column) * all_channels +
          group * window_.channels)];
      for (int64_t c = 0; c < window_.channels; ++c)
        out[c] = static_cast<float>(in[c] - zero_point_);
    }
  }
}

void LayerData::unfold(int64_t group, int64_t first, int64_t count, float* out) const {
  auto image = std::upper_bound(images_.begin(), images_.end(), first,
                                [](int64_t p, const Image& i) { return p < i.first_position; }) -
               1;
  for (int64_t position = first; position < first + count; ++position, out += window_.inputs()) {
    while (image + 1 != images_.end() && (image + 1)->first_position <= position)
      ++image;
    unfold_position(*image, group, position - image->first_position, out);
  }
}

}  // namespace edgy::converter

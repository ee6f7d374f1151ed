// What a layer gets and should give: its integer inputs in a compressed model beside the outputs of
// the float model, over calibration samples.
#pragma once

#include <span>
#include <vector>

#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "converter/quantization/quantized_build.h"

namespace edgy::converter {

/// The window of a convolution; a Dense layer is 1x1. Channels are those of one group.
struct Window {
  int64_t height = 1, width = 1;
  int64_t stride_y = 1, stride_x = 1;
  int64_t dilation_y = 1, dilation_x = 1;
  int64_t pad_top = 0, pad_left = 0;
  int64_t groups = 1;
  int64_t channels = 0;
  int64_t outputs = 0;  ///< output channels of one group

  int64_t inputs() const { return height * width * channels; }  ///< of one output channel
};

Window window_of(const format::fb::ModelT& model, const Layer& layer);

/// What a layer should compute, where that is not what it computes in float: the same operator of
/// another model.
struct LayerTarget {
  const format::fb::ModelT* model = nullptr;  ///< null: the layer's own
  std::vector<int> channels;  ///< of its outputs that the layer has, ascending; empty: all
};

/// What one unit of a layer's problem is of the model's real numbers: sums of products then stay in
/// the range of floats, whatever the layer's own range is. The target's is a power of two, so that
/// it costs no bit.
struct LayerUnits {
  float input = 1;
  float target = 1;
};

class LayerData {
 public:
  /// Runs `f32` and its compressed form for `choices` as far as layer `index` on every sample.
  /// Choices of the layers before it must be final; the layer itself and those after it must be
  /// marked as quantized where they are to be. Targets are the float layer's outputs (or those of
  /// `target`) before its fused activation. Where the samples give few positions, spliced ones are
  /// added (`options.reconstruction.splice_samples`). Takes 1 byte for each input and 4 for each
  /// output that the samples give.
  LayerData(const format::fb::ModelT& f32, const std::vector<Layer>& layers, std::size_t index,
            const std::vector<LayerChoice>& choices, const Calibration& calibration,
            std::span<const Sample> samples, const QuantizeOptions& options, Progress& progress,
            const LayerTarget& target = {});

  const Window& window() const { return window_; }
  int64_t positions() const { return positions_; }
  /// An input's unit is its scale.
  const LayerUnits& units() const { return units_; }
  /// Range of the fused activation, in units of the targets.
  float activation_min() const { return activation_min_; }
  float activation_max() const { return activation_max_; }

  /// Targets of all output channels at position `position` .. : [position][groups * outputs], none
  /// of them above two units.
  const float* targets(int64_t position) const {
    return &targets_[static_cast<std::size_t>(position * window_.groups * window_.outputs)];
  }
  /// Writes the inputs of positions first .. first + count of a group as [position][inputs()], in
  /// steps of the input's scale, zero point taken off.
  void unfold(int64_t group, int64_t first, int64_t count, float* out) const;

 private:
  struct Image {
    int64_t first_position;
    int64_t out_height, out_width;
    int64_t height, width;
    std::vector<int8_t> values;  ///< [batch][height][width][channels of all groups]
  };
  void unfold_position(const Image& image, int64_t group, int64_t position, float* out) const;
  void scale_targets();

  Window window_;
  LayerUnits units_;
  int zero_point_ = 0;
  float activation_min_ = 0;
  float activation_max_ = 0;
  int64_t positions_ = 0;
  std::vector<Image> images_;
  std::vector<float> targets_;
};

}  // namespace edgy::converter

// What zeros and fewer bits take away, made up for at once: the reconstruction of `edgy convert` on
// the weights that training has come to.
#pragma once

#include <vector>

#include "converter/calibration/calibration.h"
#include "converter/compression_options.h"
#include "converter/data/dataset.h"
#include "converter/finetune/network/network.h"
#include "converter/quantization/layers.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// How much time a repair may take.
enum class RepairEffort {
  kQuick,     ///< between epochs: a quarter of the samples, few iterations
  kThorough,  ///< as `edgy convert` does it
};

/// Fits the int8 layers of a student, from input to output, to what the same layers of a float
/// model give: each on the integers that the layers before it, repaired already, hand to it. Where
/// there are more samples than inputs this is the least squares solution; damping pulls to the
/// weights that training has come to. The result depends only on the arguments.
class Repair {
 public:
  /// `floats`: the original, float32, without the filters that the student has not. `samples`:
  /// those that the student was calibrated on, all of them, and `options` how: activations keep
  /// their grids. Throws Error where calibration does.
  Repair(format::fb::ModelT floats, std::vector<Sample> samples, const QuantizeOptions& options);

  /// Chooses masks in blocks of `block` input channels so that a share of zeros[i] of the weights
  /// of layer i of `student` is zero, by the damage to the layer's output (no entry, or a negative
  /// one: the layer keeps the mask that it has), and fits what stays. Sets weights, biases, masks,
  /// scales.
  void choose_masks(Network& student, const std::vector<double>& zeros, int block,
                    RepairEffort effort) const;

  /// Fits the weights that the masks keep.
  void fit(Network& student, int block, RepairEffort effort) const;

 private:
  format::fb::ModelT floats_;
  std::vector<Sample> samples_;
  QuantizeOptions options_;
  std::vector<edgy::converter::Layer> layers_;
  std::vector<std::size_t> position_;  ///< of layers_ among all operators with weights
  Calibration calibration_;
};

}  // namespace edgy::converter::finetune

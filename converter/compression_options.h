// What the user may choose about compression. Plain data: read from JSON by converter/config.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace edgy::converter {

/// How an activation's real range is chosen from what calibration saw.
enum class RangeMethod {
  kMinMax,      ///< everything seen is inside
  kMeanMinMax,  ///< from the mean of the samples' least values to that of their greatest
  kThreeSigma,  ///< median -+ 3 * 1.4826 median absolute deviations: 3 standard deviations of a
                ///< normal distribution, whatever its outliers
  kPercentile,  ///< `percentile` of the values are inside, the rest clips
  kMse,         ///< the range with the least mean squared rounding and clipping error
};

/// How weights are rounded.
enum class RoundingMethod {
  kNearest,         ///< each weight by itself
  kReconstruction,  ///< column by column, the error of each compensated in those that follow (GPTQ,
                    ///< arXiv:2210.17323)
};

/// Which weights go together: kept or zeroed as one.
struct PruningPattern {
  int block_rows = 1;  ///< output channels
  int block_cols = 4;  ///< consecutive input channels of one tap
  int n = 0;           ///< N:M: of every m blocks in a row at most n are kept; 0: no such limit
  int m = 0;
};

enum class PruningMethod {
  kMagnitude,       ///< smallest blocks by L2 norm, nothing repaired: the baseline
  kReconstruction,  ///< least damage to the layer's output, the rest adjusted (SparseGPT,
                    ///< arXiv:2301.00774)
};

/// How the zeros are spread over layers.
enum class SparsityAllocation {
  kUniform,      ///< every prunable layer has the same sparsity
  kGlobal,       ///< one threshold on (normalized) magnitudes for all layers
  kSensitivity,  ///< by the measured damage of each layer at several sparsities to the model's
                 ///< outputs
};

struct PruningOptions {
  double sparsity = 0.5;  ///< share of zero weights over all prunable layers, 0 .. 0.99
  PruningPattern pattern;
  PruningMethod method = PruningMethod::kReconstruction;
  SparsityAllocation allocation = SparsityAllocation::kSensitivity;
  /// Whether the layer of that name may have zeros: scopes of an NNCF configuration, which Edgy's
  /// own has no key for. Empty: all may.
  std::function<bool(const std::string& layer)> in_scope;
};

/// What a compressed model may cost; one of the two. Layers then get the sparsity and the bits that
/// do the least measured damage.
struct Budget {
  uint64_t bytes = 0;  ///< of the file; 0: no limit
  double speedup = 0;  ///< of the int8 layers' predicted time over dense ones, at least; 0: none
};

/// How weights are fitted to what the float model computes, where pruning or rounding asks for it.
struct ReconstructionOptions {
  /// Pull towards the float model's weights, as a share of each input's power: keeps weights from
  /// fitting what little the calibration data says about rare combinations of inputs. Less needs
  /// more data.
  double damping = 0.01;
  /// At least so much damping for each independent input of a layer and position that it sees:
  /// what few samples say of many inputs is chance.
  double sample_damping = 5;
  /// More damping, and spliced samples, where the model's outputs for calibration samples that are
  /// held back then come closer to the float model's.
  bool choose_damping = false;
  /// Layers that see few positions are fitted to samples made of the parts of others, too.
  bool splice_samples = false;
  int mask_iterations = 60;   ///< at most, of the search for a mask
  int solve_iterations = 40;  ///< of conjugate gradients on the weights that stay
  /// Rounds in which targets that a fused activation clips follow what the layer computes, and
  /// weights are fitted again.
  int activation_rounds = 1;
  int rounding_sweeps = 2;  ///< of coordinate descent on the integers
};

/// How float constants (codebooks, embeddings, weights of layers that are not quantized) are
/// stored.
enum class FloatStorage {
  kFloat32,
  kFloat16,  ///< half the bytes where rounding costs next to nothing; computed in float32
};

struct QuantizeOptions {
  RangeMethod range = RangeMethod::kMinMax;
  double percentile = 99.99;  ///< for kPercentile, 50 < p <= 100
  int activation_bits = 7;    ///< 2..8: default of activations that integer kernels read; the grid
                              ///< is coarser below 7, bytes and time stay the same
  int weight_bits = 8;        ///< 2..8; up to 4 take half a byte each in the file
  /// Bits, 2..8, of the weights of the layer of that name, where an NNCF configuration says them
  /// layer by layer; Edgy's own has no key for it. Empty: `weight_bits`.
  std::function<int(const std::string& layer)> weight_bits_of;
  RoundingMethod rounding = RoundingMethod::kNearest;
  bool bias_correction = true;
  FloatStorage float_storage = FloatStorage::kFloat32;
  /// Least SQNR in dB of the model's outputs with one layer quantized and nothing else. A layer
  /// below it gets 8-bit weights, then 8-bit activations, and stays float32 if that is not enough.
  /// 20 dB is an error of a tenth: a layer worse than that spoils the whole model.
  double min_layer_sqnr_db = 20;
  /// Least SQNR in dB that layers with activations of `activation_bits` leave of the worst sample,
  /// all together, if the noise of each adds to that of the others. Those that cost most get 8-bit
  /// activations instead, which are exact everywhere and slower where the processor's dot product
  /// takes 7 bits. 30 dB is an error of three hundredths: scores and positions keep two digits.
  double min_output_sqnr_db = 30;
  /// Most dB of the outputs' SQNR, beside the same model with float32 between its int8 layers, that
  /// integers in operators without weights may cost, all together. Half a dB is an eighth more
  /// error, which 7 bits instead of 8 cost four times. 0: only what costs nothing.
  double max_integer_loss_db = 0.5;
  std::optional<PruningOptions> pruning;
  /// With a budget, `pruning` says the pattern and the method only; absent: 1x4, reconstruction.
  std::optional<Budget> budget;
  ReconstructionOptions reconstruction;
  std::size_t calibration_samples = 64;  ///< how many samples are read at most
};

}  // namespace edgy::converter

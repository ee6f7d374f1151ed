// What an NNCF configuration asks for, as plain data. Defaults are NNCF's own.
//
// The file's old spellings are gone here: whatever name a version of NNCF gave a setting, it is one
// member. Epochs count from 0; levels, rates and ratios are fractions (0.2, not 20 %).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace edgy::converter::nncf {

/// Which layers an algorithm touches. An entry is a layer's name, or "{re}" and a regular
/// expression that occurs anywhere in a name. See scopes.h.
struct Scopes {
  std::vector<std::string> target;   ///< empty: all layers
  std::vector<std::string> ignored;  ///< taken off what `target` allows
};

/// One model input, as NNCF would feed it while tracing. Edgy takes shapes from the model; this is
/// checked against it.
struct InputInfo {
  std::vector<int64_t> sample_size;
  std::string type = "float";
  std::string filler = "random";  ///< "random", "zeros" or "ones"
  std::string keyword;            ///< name of the input; empty: by position
};

/// Statistics of batch normalization are measured again on training data before fine-tuning starts.
struct BatchNormAdaptation {
  int samples = 0;         ///< 0: not done
  int forget_samples = 0;  ///< with a high momentum first, so that old statistics fade
};

enum class SparsitySchedule {
  kPolynomial,   ///< a power of the share of epochs that are over
  kExponential,  ///< density falls by the same factor each epoch
  kAdaptive,     ///< a step up whenever the model has kept up with the level (rb_sparsity)
  kMultistep,    ///< levels at given epochs
};

/// How the share of zeros grows. schedules.h evaluates it.
struct SparsityParams {
  SparsitySchedule schedule = SparsitySchedule::kExponential;
  double init = 0;         ///< sparsity_init: level at epoch 0
  double target = 0.5;     ///< sparsity_target
  int target_epoch = 90;   ///< the first epoch at `target` (old name: sparsity_steps)
  int freeze_epoch = 100;  ///< from here masks stay as they are (old name: sparsity_training_steps)
  /// Polynomial: the level moves with every optimizer step, not only between epochs.
  bool update_per_optimizer_step = false;
  int steps_per_epoch = 0;  ///< as stated in the file; 0: not stated, the trainer knows
  double power = 0.9;       ///< polynomial
  bool concave = true;      ///< polynomial: init + (target - init) * p^power; otherwise
                            ///< target - (target - init) * (1 - p)^power
  int patience = 1;         ///< adaptive: epochs at a level before the next step up
  double step = 0.05;       ///< adaptive: height of a step
  double eps = 0.03;        ///< adaptive: the level counts as reached from this far below it
  /// Multistep: levels[i] holds from epoch steps[i - 1] on (levels[0] from epoch 0), so there is
  /// one level more than steps, and the last one is the target. The parser brings files that list
  /// as many levels as steps into this form (see parser.h).
  std::vector<int> multistep_steps = {90};
  std::vector<double> multistep_levels = {0.1, 0.5};
};

enum class WeightImportance {
  kAbs,        ///< |w|
  kNormedAbs,  ///< |w| / Euclidean norm of the layer's weights: layers become comparable
};

enum class LevelSetting {
  kGlobal,  ///< one level, one threshold for the weights of all layers together
  kLocal,   ///< the level holds in each layer
};

/// "magnitude_sparsity": the least important weights are zero.
struct MagnitudeSparsity {
  SparsityParams params;
  WeightImportance importance = WeightImportance::kNormedAbs;
  LevelSetting level_setting = LevelSetting::kGlobal;
  BatchNormAdaptation batch_norm_adaptation;
  Scopes scopes;
};

/// "rb_sparsity": a mask of random bits with learned probabilities, and a loss that pulls the
/// expected share of zeros to the level (Louizos et al., arXiv:1712.01312).
struct RbSparsity {
  SparsityParams params;
  LevelSetting level_setting = LevelSetting::kGlobal;
  double lr_multiplier = 1;  ///< compression_lr_multiplier: of the learning rate of mask parameters
  Scopes scopes;
};

/// "const_sparsity": weights that are zero stay zero.
struct ConstSparsity {
  Scopes scopes;
};

enum class PruningSchedule {
  kBaseline,             ///< at once, after warm-up
  kExponential,          ///< the share of kept filters falls by the same factor each epoch
  kExponentialWithBias,  ///< P = a * exp(-k * epoch) + b, three quarters of the target after an
                         ///< eighth of the epochs (He et al., arXiv:1808.07471)
};

enum class FilterNorm { kL1, kL2, kGeometricMedian };

/// "filter_pruning": whole output channels are zero, and are taken out of the graph at export.
struct FilterPruning {
  PruningSchedule schedule = PruningSchedule::kExponential;
  double init = 0;                     ///< pruning_init: rate at the end of warm-up
  double target = 0.5;                 ///< pruning_target: share of filters
  std::optional<double> flops_target;  ///< pruning_flops_target: share of multiplications instead
  int warmup_epochs = 0;               ///< num_init_steps: epochs before anything is pruned
  int pruning_epochs = 100;            ///< pruning_steps: epochs from `init` to `target`
  FilterNorm importance = FilterNorm::kL2;  ///< filter_importance (old name: weight_importance)
  bool all_weights =
      false;  ///< filters of all layers compete; otherwise each layer loses its share
  bool prune_first_conv = false;
  bool prune_last_conv = false;         ///< in old versions of NNCF
  bool prune_downsample_convs = false;  ///< stride above 1
  bool prune_batch_norms = true;        ///< with a filter its batch norm's parameters are zeroed
  bool zero_grad = true;                ///< zeroed filters get no gradient
  BatchNormAdaptation batch_norm_adaptation;
  Scopes scopes;
};

enum class QuantizationMode { kSymmetric, kAsymmetric };

/// Settings of the quantizers of weights, or of activations.
struct QuantizerParams {
  QuantizationMode mode = QuantizationMode::kSymmetric;
  int bits = 8;                   ///< 2 .. 8
  std::optional<bool> is_signed;  ///< absent: by what initialization sees
  bool per_channel = false;       ///< one scale an output channel (weights)
  Scopes scopes;
};

/// An exception for the quantizers of some layers.
struct ScopeOverride {
  std::string scope;  ///< as in Scopes
  bool weights = true;
  bool activations = true;
  std::optional<QuantizationMode> mode;
  std::optional<int> bits;
  std::optional<bool> is_signed;
  std::optional<bool> per_channel;
};

enum class RangeKind {
  kMinMax,          ///< least and greatest value over all samples
  kMeanMinMax,      ///< mean over samples of each sample's least and greatest value
  kMixedMinMax,     ///< min_max for weights, mean_min_max for activations
  kThreeSigma,      ///< median -+ 3 standard deviations, estimated by the median deviation
  kPercentile,      ///< percentiles of all values
  kMeanPercentile,  ///< mean over samples of each sample's percentiles
};

enum class QuantizerGroup { kWeights, kActivations, kBoth };

/// How the first range of a quantizer is found.
struct RangeInitializer {
  RangeKind kind = RangeKind::kMeanMinMax;
  int samples = 256;  ///< num_init_samples (old name: num_init_steps); 0: not looked at data
  double min_percentile = 0.1;
  double max_percentile = 99.9;
  QuantizerGroup group = QuantizerGroup::kBoth;
  Scopes scopes;
};

/// Mixed precision by HAWQ-V2 (Dong et al., arXiv:1911.03852): sensitivity of a layer is its mean
/// Hessian trace (Hutchinson's estimator) times its squared quantization error.
struct HawqPrecision {
  std::vector<int> bits = {4, 8};
  int data_points = 100;           ///< num_data_points: samples the trace is estimated on
  int iterations = 200;            ///< iter_number: of Hutchinson's estimator, at most
  double tolerance = 1e-4;         ///< relative change of the mean trace that ends it
  double compression_ratio = 1.5;  ///< bits * MACs of all-8-bit to those of the choice, at least
};

/// Bits of single layers, by hand.
struct ManualPrecision {
  struct Entry {
    int bits = 8;
    std::string scope;  ///< as in Scopes
  };
  std::vector<Entry> bitwidth_per_scope;
};

using Precision = std::variant<std::monostate, HawqPrecision, ManualPrecision>;

/// "quantization": fake quantizers while fine-tuning, integers at export.
struct Quantization {
  QuantizerParams weights;
  QuantizerParams activations;
  /// The first whose scopes and group fit a quantizer counts; never empty.
  std::vector<RangeInitializer> range = {{}};
  Precision precision;
  BatchNormAdaptation batch_norm_adaptation;
  std::vector<ScopeOverride> overrides;
  bool quantize_inputs = true;
  bool quantize_outputs = false;
  int weights_start_epoch = 0;      ///< weights_quant_start_epoch: float before
  int activations_start_epoch = 0;  ///< activations_quant_start_epoch
  double lr_multiplier = 1;         ///< compression_lr_multiplier: for ranges
  Scopes scopes;
};

enum class DistillationKind { kMse, kSoftmax };

/// "knowledge_distillation": the outputs of the float original are the labels.
struct KnowledgeDistillation {
  DistillationKind kind = DistillationKind::kMse;
  double scale = 1;        ///< weight in the loss
  double temperature = 1;  ///< softmax only
};

using Algorithm = std::variant<MagnitudeSparsity, RbSparsity, ConstSparsity, FilterPruning,
                               Quantization, KnowledgeDistillation>;

/// A whole file. Without algorithms: plain training, as NNCF's example runner does it.
struct NncfConfig {
  std::vector<InputInfo> inputs;
  std::string target_device = "ANY";
  std::vector<Algorithm> algorithms;  ///< in the file's order; they combine
};

/// The algorithm's name in the file, "magnitude_sparsity" for instance.
const char* name_of(const Algorithm& algorithm);

}  // namespace edgy::converter::nncf

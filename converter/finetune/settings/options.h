// What the user may choose about fine-tuning. Plain data, no torch.
#pragma once

#include <cstdint>
#include <string>

namespace edgy::converter::finetune {

enum class OptimizerKind { kAdam, kSgd };

/// Levels of automatic mixed precision, as NVIDIA Apex defined them.
enum class AmpLevel {
  kO0,  ///< everything in float32
  kO1,  ///< operators on the white list compute in 16 bits, those on the black list in float32
  kO2,  ///< weights and operands in 16 bits, master weights in float32
  kO3,  ///< as O2 without master weights
};

struct FinetuneOptions {
  int epochs = 4;         ///< of `epoch_steps`
  int epoch_steps = 0;    ///< optimizer steps of an epoch; 0: a pass over the training crops
  int crop_length = 128;  ///< extent of a crop along the model's dynamic axis (frames)
  int batch = 8;          ///< crops a step
  OptimizerKind optimizer = OptimizerKind::kAdam;
  double learning_rate = 1e-4;        ///< at the end of warm-up; falls along a cosine
  double final_learning_rate = 0.02;  ///< share of it that is left at the end
  double warmup = 0.05;               ///< share of all steps in which it rises from 0
  double momentum = 0.9;              ///< SGD
  double weight_decay = 0;            ///< decoupled: a share of lr * weight a step
  double gradient_clip = 1;           ///< largest norm of all gradients together; 0: none
  /// Weights in the loss. Outputs: squared error, relative to the power of the reference. Codes:
  /// divergence of soft assignments to the nearest codes. Layers: squared error of the values after
  /// each layer, as for outputs; 0 saves running the reference with every step.
  double output_weight = 1;
  double code_weight = 0.1;
  double layer_weight = 0;
  double label_weight = 1;  ///< of the cross-entropy of labels, where there are some
  double label_rate = 100;  ///< learning rate of their classifier over that of the weights: it
                            ///< starts from nothing, they do not
  /// Share of zero weights that training ends with; 0: the masks that the student brings stay. It
  /// rises from 0 as 1 - (1 - p)^3 with the share p of the ramp that is over (Zhu and Gupta,
  /// arXiv:1710.01878).
  double sparsity = 0;
  int sparsity_block = 4;      ///< consecutive input channels that are zero together, for all ways
                               ///< to choose zeros
  double sparsity_ramp = 0.4;  ///< share of all steps after which it is reached
  uint64_t seed = 1;
  int evaluations_per_epoch = 1;  ///< on split dev; the best weights seen are the result
  /// Evaluations under the final masks without a better one after which the best weights come back
  /// and the rate falls to a third; after `rate_cuts` of that, training ends. 0: never.
  int patience = 3;
  int rate_cuts = 2;
  double minutes = 0;           ///< no step begins later than that; 0: as long as epochs take
  int checkpoint_seconds = 60;  ///< at most so much work is lost
  AmpLevel amp = AmpLevel::kO0;
  bool amp_half = false;  ///< float16 with loss scaling instead of bfloat16
  int threads = 2;        ///< the same number gives the same weights
};

}  // namespace edgy::converter::finetune

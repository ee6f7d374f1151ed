// Fine-tuning by distillation: the loop, its checkpoints and its log.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "converter/finetune/judgement.h"
#include "converter/finetune/masks/nncf_plan.h"
#include "converter/finetune/masks/repair.h"
#include "converter/finetune/samples/crops.h"
#include "converter/finetune/samples/labels.h"
#include "converter/finetune/settings/options.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::finetune {

/// What one step did, for the progress line and the log.
struct StepReport {
  int64_t step = 0;  ///< steps done
  int64_t steps = 0;
  int epoch = 0;
  double loss = 0;
  double learning_rate = 0;
  double sparsity = 0;  ///< share of zero weights over all layers
  double seconds_left = 0;
};

struct TrainingData {
  const Crops* train = nullptr;
  const Crops* dev = nullptr;      ///< may be null: then the last weights are the result
  const Labels* labels = nullptr;  ///< of both; may be null
  /// The student compressed without training to what the plan and the options ask for: the same
  /// operators and layers. May be the student itself, where nothing is left to schedule. Null: not
  /// known.
  const format::fb::ModelT* conversion = nullptr;
  const Repair* repair = nullptr;  ///< makes up for zeros as they come; may be null
};

struct TrainingFiles {
  std::filesystem::path checkpoint;  ///< written while training; read first if it is there
};

struct TrainingResult {
  format::fb::ModelT model;             ///< the student with its trained weights
  std::vector<Judgement> judgements;    ///< on dev, the first before training
  std::optional<Judgement> conversion;  ///< on dev, of TrainingData::conversion
  std::optional<Judgement> best;        ///< on dev, of `model`
  nlohmann::ordered_json log;           ///< curves: steps, loss, learning rate, sparsity
  int64_t best_step = -1;      ///< of `model`; 0: before the first; -1: the last, for want of dev
  bool is_conversion = false;  ///< `model` is TrainingData::conversion as it came
  bool reached_last_stage = false;  ///< it trained under the zeros asked for
  double asked_zeros = 0;           ///< share; 0: whatever the student came with
  bool stopped_early = false;
};

/// How training goes. First the schedule of `plan` or `options`: with every rise of the level masks
/// and weights are fitted by `data.repair`, and the optimizer starts anew. Then the last stage: the
/// final masks, from whatever is best on dev, what the schedule came to or `data.conversion`; it
/// ends when dev no longer improves (`options.patience`). Only what has the zeros asked for can
/// become the result, and where there is a dev set it is never worse on it than `data.conversion`.
///
/// Trains `student` (as converter/compress made it, or an .edgy file read back) to give what
/// `reference` (float32) gives. Everything depends only on the arguments and the number of threads:
/// a run that was killed and started again with the same arguments gives the same weights, bit for
/// bit. `plan` may choose zeros (magnitude_sparsity, rb_sparsity, const_sparsity) and bits of
/// weights; filters are taken out of `student` before.
TrainingResult finetune(const format::fb::ModelT& reference, const format::fb::ModelT& student,
                        const TrainingData& data, const CompressionPlan& plan,
                        const FinetuneOptions& options, const TrainingFiles& files,
                        const std::function<void(const StepReport&)>& on_step,
                        const std::function<void(const Judgement&)>& on_judgement);

}  // namespace edgy::converter::finetune

// What a training run tells about itself: curves, judgements, layers.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "converter/finetune/checkpoint.h"
#include "converter/finetune/judgement.h"
#include "converter/finetune/network/network.h"

namespace edgy::converter::finetune {

class TrainingLog {
 public:
  void add_step(double loss, double learning_rate, double sparsity);
  void add_step_seconds(double seconds) { step_seconds_.push_back(seconds); }
  void add(const Judgement& judgement) { judgements_.push_back(judgement); }

  void set_conversion(const Judgement& judgement) { conversion_ = judgement; }

  const std::vector<Judgement>& judgements() const { return judgements_; }
  /// Of what conversion alone gives, where there is such.
  const std::optional<Judgement>& conversion() const { return conversion_; }

  /// Curves and judgements; times are of this process alone.
  void save(Checkpoint& checkpoint) const;
  void restore_from(const Checkpoint& checkpoint);

  /// "loss", "learning_rate", "sparsity" by step; "dev"; "conversion"; "median_step_seconds"; and
  /// for each layer of `student` its weights, share of zeros and bits.
  nlohmann::ordered_json to_json(const Network& student) const;

 private:
  std::vector<std::array<double, 3>> curve_;  ///< loss, learning rate, sparsity
  std::vector<Judgement> judgements_;
  std::optional<Judgement> conversion_;
  std::vector<double> step_seconds_;
};

}  // namespace edgy::converter::finetune

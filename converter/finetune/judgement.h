// How good a student is on data that it does not train on, and which of two states is the better
// one.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "converter/finetune/settings/options.h"

namespace edgy::converter::finetune {

/// Agreement with the reference on split dev.
struct Judgement {
  /// What was judged: "training"; "start"; "conversion"; "final masks", as the last stage sets
  /// them; "fitted" to fewer bits.
  std::string state = "training";
  int64_t step = 0;
  double cosine = 0;
  double sqnr_db = 0;
  double code_agreement = 1;
  double zeros = 0;                      ///< share of all weights that masks hold at zero
  std::optional<double> label_accuracy;  ///< share of labelled recordings that are recognized
};

nlohmann::json to_json(const Judgement& judgement);
Judgement judgement_from(const nlohmann::json& json);

/// Whether labels are all that is learned from, and decide.
bool judges_by_labels(const Judgement& judgement, const FinetuneOptions& options);

/// Greater is better for the user: more codes as before; without codes, less error; where labels
/// are all that is learned from, more of them right.
double merit(const Judgement& judgement, const FinetuneOptions& options);

}  // namespace edgy::converter::finetune

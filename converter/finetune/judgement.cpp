#include "converter/finetune/judgement.h"

namespace edgy::converter::finetune {

nlohmann::json to_json(const Judgement& j) {
  nlohmann::json json = {{"state", j.state},
                         {"step", j.step},
                         {"cosine", j.cosine},
                         {"sqnr_db", j.sqnr_db},
                         {"code_agreement", j.code_agreement},
                         {"zeros", j.zeros}};
  if (j.label_accuracy)
    json["label_accuracy"] = *j.label_accuracy;
  return json;
}

Judgement judgement_from(const nlohmann::json& j) {
  Judgement judgement = {j.at("state"),
                         j.at("step"),
                         j.at("cosine"),
                         j.at("sqnr_db"),
                         j.at("code_agreement"),
                         j.at("zeros"),
                         {}};
  if (j.contains("label_accuracy"))
    judgement.label_accuracy = j["label_accuracy"].get<double>();
  return judgement;
}

bool judges_by_labels(const Judgement& judgement, const FinetuneOptions& options) {
  const bool distills =
      options.output_weight > 0 || options.code_weight > 0 || options.layer_weight > 0;
  return !distills && judgement.label_accuracy.has_value();
}

double merit(const Judgement& judgement, const FinetuneOptions& options) {
  if (judges_by_labels(judgement, options))
    return *judgement.label_accuracy;
  return judgement.code_agreement < 1 ? judgement.code_agreement : judgement.sqnr_db;
}

}  // namespace edgy::converter::finetune

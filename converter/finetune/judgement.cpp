#include "converter/finetune/judgement.h"

namespace edgy::converter::finetune {

nlohmann::json to_json(const Judgement& j) {
  nlohmann::json json = {{"step", j.step},
                         {"cosine", j.cosine},
                         {"sqnr_db", j.sqnr_db},
                         {"code_agreement", j.code_agreement}};
  if (j.label_accuracy)
    json["label_accuracy"] = *j.label_accuracy;
  return json;
}

Judgement judgement_from(const nlohmann::json& j) {
  Judgement judgement = {j.at("step"), j.at("cosine"), j.at("sqnr_db"), j.at("code_agreement"), {}};
  if (j.contains("label_accuracy"))
    judgement.label_accuracy = j["label_accuracy"].get<double>();
  return judgement;
}

double merit(const Judgement& judgement, const FinetuneOptions& options) {
  const bool distills =
      options.output_weight > 0 || options.code_weight > 0 || options.layer_weight > 0;
  if (!distills && judgement.label_accuracy)
    return *judgement.label_accuracy;
  return judgement.code_agreement < 1 ? judgement.code_agreement : judgement.sqnr_db;
}

}  // namespace edgy::converter::finetune

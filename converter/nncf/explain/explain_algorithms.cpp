#include "converter/nncf/explain/explain_algorithms.h"

#include <sstream>

#include "converter/nncf/file/scopes.h"

namespace edgy::converter::nncf {

void note_without_effect(ExplainedAlgorithm& out, const Facts& facts,
                         std::initializer_list<const char*> settings, const char* reason) {
  std::string list;
  std::size_t count = 0;
  for (const char* setting : settings) {
    if (facts.states(setting)) {
      list += (list.empty() ? "" : ", ") + std::string(setting);
      ++count;
    }
  }
  if (count > 0)
    out.notes.push_back(list + (count == 1 ? " has" : " have") + " no effect in Edgy: " + reason);
}

void explain_scopes(ExplainedAlgorithm& out, const Scopes& scopes, const char* what) {
  const auto listed = [](const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& entry : list) {
      text += text.empty() ? "" : ", ";
      text +=
          is_expression(entry) ? "those with /" + expression_of(entry) + "/ in their name" : entry;
    }
    return text;
  };
  out.settings.push_back(
      {"layers",
       scopes.target.empty() ? std::string("all ") + what : "only " + listed(scopes.target),
       scopes.target.empty()});
  if (!scopes.ignored.empty())
    out.settings.push_back({"ignored", listed(scopes.ignored), false});
}

void explain_batch_norm(ExplainedAlgorithm& out, const BatchNormAdaptation& adaptation,
                        const Facts& facts) {
  if (!facts.states("initializer.batchnorm_adaptation"))
    return;
  note_without_effect(out, facts, {"initializer.batchnorm_adaptation"},
                      "batch normalization is part of the layers before it.");
  std::string text = adaptation.samples == 0
                         ? "statistics stay as they are"
                         : "statistics are measured again on " +
                               std::to_string(adaptation.samples) + " training samples";
  if (adaptation.samples > 0 && adaptation.forget_samples > 0)
    text += ", after " + std::to_string(adaptation.forget_samples) + " to forget the old ones";
  out.settings.push_back({"batch norm", text, false});
}

ExplainedAlgorithm explain_algorithm(const ConstSparsity& algorithm, const Facts& /*facts*/) {
  ExplainedAlgorithm out;
  out.summary =
      "Weights that are zero in the model stay zero, whatever else happens to it. No weight is "
      "zeroed that is not.";
  explain_scopes(out, algorithm.scopes, "convolutions and dense layers");
  out.convert = "stores weights sparse wherever that is smaller; zeros stay zeros in int8.";
  out.finetune = "keeps a mask over the zeros while the other weights learn.";
  return out;
}

ExplainedAlgorithm explain_algorithm(const KnowledgeDistillation& algorithm, const Facts& facts) {
  ExplainedAlgorithm out;
  const bool mse = algorithm.kind == DistillationKind::kMse;
  out.summary =
      "The outputs of the original model in float are what the compressed one learns, so no labels "
      "are needed.";
  out.settings.push_back({"compared by",
                          mse ? "mean squared error (mse)" : "cross entropy of softmax (softmax)",
                          !facts.states("type")});
  std::ostringstream scale;
  scale << algorithm.scale;
  out.settings.push_back({"weight in loss", scale.str(), !facts.states("scale")});
  if (!mse) {
    std::ostringstream temperature;
    temperature << algorithm.temperature;
    out.settings.push_back({"temperature", temperature.str(), !facts.states("temperature")});
  }
  out.convert = "does not train, so it has no use for this.";
  out.finetune = "always learns the outputs of the original, whether a file asks for it or not.";
  return out;
}

}  // namespace edgy::converter::nncf

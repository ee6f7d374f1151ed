#include "converter/nncf/explain/explain_algorithms.h"

#include <sstream>

namespace edgy::converter::nncf {

std::string percent(double share) {
  std::ostringstream text;
  text.precision(4);
  text << share * 100 << " %";
  return text.str();
}

void explain_scopes(ExplainedAlgorithm& out, const Scopes& scopes, const char* what) {
  const auto listed = [](const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& entry : list) {
      text += text.empty() ? "" : ", ";
      text += entry.starts_with("{re}") ? "those that begin like /" + entry.substr(4) + "/" : entry;
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

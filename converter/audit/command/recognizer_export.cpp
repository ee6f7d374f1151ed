#include "converter/audit/command/recognizer_export.h"

#include <algorithm>
#include <set>

#include "converter/audit/codes/grams.h"
#include "converter/audit/command/rounded_classifier.h"
#include "converter/audit/report/audit_report.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

const Representation& last_events(const std::vector<Representation>& representations) {
  for (auto representation = representations.rbegin(); representation != representations.rend();
       ++representation) {
    if (representation->kind == Kind::kEvents)
      return *representation;
  }
  throw Error("a recognizer is made of events, and no output of this model holds codes");
}

/// All corpora together: who wants to use it has no corpus.
TrialPlan plan_words(const std::vector<Recording>& recordings, const AuditOptions& options,
                     const std::vector<std::string>& classes) {
  TrialPlan plan;
  Trial& trial = plan.trial;
  trial.classes = static_cast<int>(classes.size());
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    const bool judged = options.is_held_out(recordings[i]);
    const auto place = std::ranges::lower_bound(classes, recordings[i].label);
    const bool known = place != classes.end() && *place == recordings[i].label;
    if (!known || (recordings[i].split != "train" && !judged))
      continue;
    plan.rows.push_back(i);
    trial.y.push_back(static_cast<int>(place - classes.begin()));
    trial.judged.push_back(judged);
    trial.fold.push_back(judged ? 0 : Trial::kAlwaysTrained);
    trial.unit.push_back(recordings[i].file);
  }
  return plan;
}

}  // namespace

nlohmann::ordered_json export_recognizer(const std::vector<Representation>& representations,
                                         const std::vector<Recording>& recordings,
                                         const AuditOptions& options,
                                         const RecognizerOptions& recognizer) {
  const Representation& events = last_events(representations);
  std::set<std::string> names;
  std::vector<CodeSequence> trained;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    if (recordings[i].split != "train" || recordings[i].label.empty())
      continue;
    names.insert(recordings[i].label);
    trained.push_back(events.sequences[i]);
  }
  const std::vector<std::string> classes(names.begin(), names.end());
  const TrialPlan plan = plan_words(recordings, options, classes);
  if (classes.size() < 2 || std::ranges::find(plan.trial.judged, true) == plan.trial.judged.end()) {
    throw Error(
        "a recognizer needs recordings of split train with two labels or more, and held-out ones "
        "with the same labels (splits test, attack-train, attack-test)");
  }
  const auto codes = static_cast<int32_t>(events.codes);
  const std::vector<Gram> grams =
      frequent_grams(trained, codes, recognizer.longest, recognizer.grams);
  Features counts(static_cast<Eigen::Index>(recordings.size()),
                  static_cast<Eigen::Index>(grams.size()));
  for (std::size_t i = 0; i < recordings.size(); ++i)
    counts.row(static_cast<Eigen::Index>(i)) = gram_counts(events.sequences[i], codes, grams);

  RoundedClassifier classifier;
  const Measure judged = judge_rounded(with_features(plan, counts), classifier);
  nlohmann::ordered_json json = {
      {"representation", events.name}, {"codes", codes}, {"grams", grams}, {"classes", classes}};
  json.update(classifier.json());
  json["judged"] = to_json(judged);
  return json;
}

}  // namespace edgy::converter

#include "converter/audit/audit.h"

namespace edgy::converter {
namespace {

std::vector<AttackResult> attack(const std::vector<TrialPlan>& plans, const Features& features,
                                 Progress& progress) {
  std::vector<AttackResult> results;
  for (const TrialPlan& plan : plans) {
    const Trial trial = with_features(plan, features);
    AttackResult result{plan.corpus, plan.seen, {}, {}};
    result.logistic = judge(trial, [] { return make_logistic_regression(); });
    progress.advance();
    result.perceptron = judge(trial, [] { return make_perceptron(); });
    progress.advance();
    results.push_back(std::move(result));
  }
  return results;
}

/// Among the recordings that the speaker attack judges.
std::vector<VerificationResult> verify(const std::vector<TrialPlan>& plans,
                                       const Features& features, Progress& progress) {
  std::vector<VerificationResult> results;
  for (const TrialPlan& plan : plans) {
    const Trial trial = with_features(plan, features);
    std::vector<Eigen::Index> judged;
    std::vector<int> speaker;
    for (std::size_t i = 0; i < trial.judged.size(); ++i) {
      if (!trial.judged[i])
        continue;
      judged.push_back(static_cast<Eigen::Index>(i));
      speaker.push_back(trial.y[i]);
    }
    results.push_back(
        {plan.corpus, plan.seen, verify_speakers(trial.x(judged, Eigen::all), speaker)});
    progress.advance();
  }
  return results;
}

}  // namespace

Leakage measure_leakage(const Representation& representation,
                        const std::vector<Recording>& recordings, const AuditOptions& options,
                        Progress& progress) {
  const auto speaker = plan_speaker_trials(recordings, options);
  const auto sex = plan_sex_trials(recordings, options);
  const auto content = plan_content_trials(recordings, options);
  progress.begin("attacking " + representation.name,
                 3 * speaker.size() + 2 * (sex.size() + content.size()));
  Leakage leakage;
  leakage.representation = representation.name;
  leakage.input = representation.input;
  leakage.speaker = attack(speaker, representation.voice, progress);
  leakage.sex = attack(sex, representation.voice, progress);
  leakage.content = attack(content, representation.content, progress);
  leakage.verification = verify(speaker, representation.voice, progress);
  progress.end();
  return leakage;
}

}  // namespace edgy::converter

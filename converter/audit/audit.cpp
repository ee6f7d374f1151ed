#include "converter/audit/audit.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include "converter/audit/attackers/sequence_network.h"
#include "converter/audit/codes/code_statistics.h"

namespace edgy::converter {
namespace {

/// An attacker and what it is given.
struct Attack {
  std::string name;
  Features features;
  bool random = false;  ///< starts from random weights
  std::function<std::unique_ptr<Attacker>(uint64_t seed)> make;
};

void add_pooled(std::vector<Attack>& attacks, const Features& features, const char* suffix) {
  using std::string;
  attacks.push_back({string("logistic regression") + suffix, features, false,
                     [](uint64_t) { return make_logistic_regression(); }});
  attacks.push_back({string("perceptron") + suffix, features, true,
                     [](uint64_t seed) { return make_perceptron(64, 1e-2, seed); }});
}

/// `representation` must outlive the attacks.
std::vector<Attack> attacks_on(const Representation& representation, const Features& pooled,
                               const Features& statistics) {
  std::vector<Attack> attacks;
  add_pooled(attacks, pooled, "");
  if (representation.codes == 0)
    return attacks;
  add_pooled(attacks, statistics, " of statistics");
  const auto rows = static_cast<Eigen::Index>(representation.sequences.size());
  attacks.push_back({"sequence network",
                     Eigen::VectorXd::LinSpaced(
                         rows, 0, static_cast<double>(std::max<Eigen::Index>(0, rows - 1))),
                     true, [&representation](uint64_t seed) {
                       return make_sequence_network(representation.sequences,
                                                    static_cast<int32_t>(representation.codes),
                                                    seed);
                     }});
  return attacks;
}

AttackerResult run(const Attack& attack, const Trial& trial, int seeds) {
  AttackerResult result{attack.name, {}, {}};
  Beliefs together;
  for (int seed = 1; seed <= (attack.random ? std::max(1, seeds) : 1); ++seed) {
    const Beliefs one = ask(trial, [&] { return attack.make(static_cast<uint64_t>(seed)); });
    result.seeds.push_back(summarize(trial, one).value);
    together = seed == 1 ? one : combine(together, one);
  }
  result.measure = summarize(trial, together);
  return result;
}

/// Mean over shuffles of what the strongest attacker finds.
double run_shuffled(const std::vector<Attack>& attacks, const TrialPlan& plan, int shuffles) {
  double mean = 0;
  for (int shuffle = 1; shuffle <= shuffles; ++shuffle) {
    double strongest = 0;
    for (const Attack& attack : attacks) {
      const Trial trial = with_shuffled_classes(with_features(plan, attack.features),
                                                static_cast<uint64_t>(shuffle));
      strongest = std::max(strongest, run(attack, trial, 1).measure.value);
    }
    mean += strongest / shuffles;
  }
  return mean;
}

std::vector<AttackResult> run_all(const std::vector<TrialPlan>& plans,
                                  const std::vector<Attack>& attacks, int seeds, int shuffles,
                                  Progress& progress) {
  std::vector<AttackResult> results;
  for (const TrialPlan& plan : plans) {
    AttackResult result{plan.corpus, plan.seen, {}, {}, {}};
    for (const Attack& attack : attacks) {
      result.attackers.push_back(run(attack, with_features(plan, attack.features), seeds));
      progress.advance();
    }
    if (shuffles > 0)
      result.shuffled = run_shuffled(attacks, plan, shuffles);
    results.push_back(std::move(result));
  }
  return results;
}

/// Adds to the speaker attacks, which are of the same corpora.
void attack_several_at_once(const std::vector<TrialPlan>& plans, const std::vector<Attack>& attacks,
                            const std::vector<int>& sizes, std::vector<AttackResult>& results) {
  for (std::size_t p = 0; p < plans.size(); ++p) {
    for (const int size : sizes)
      results[p].at_once.push_back({size, {}});
    for (const Attack& attack : attacks) {
      const Trial trial = with_features(plans[p], attack.features);
      const Beliefs beliefs = ask(trial, [&] { return attack.make(1); });
      for (AtOnceResult& result : results[p].at_once) {
        Measure found =
            summarize_groups(trial, beliefs, static_cast<std::size_t>(result.recordings));
        if (result.measure.count == 0 || found.value > result.measure.value)
          result.measure = std::move(found);
      }
    }
    std::erase_if(results[p].at_once, [](const auto& result) { return result.measure.count == 0; });
  }
}

/// The judged rows of a trial and whose they are.
struct Judged {
  std::vector<Eigen::Index> recordings;
  std::vector<int> speaker;
};

Judged judged_rows(const TrialPlan& plan) {
  Judged judged;
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    if (!plan.trial.judged[i])
      continue;
    judged.recordings.push_back(static_cast<Eigen::Index>(plan.rows[i]));
    judged.speaker.push_back(plan.trial.y[i]);
  }
  return judged;
}

/// From the halves of all recordings of voices that are not among the speakers of `plan`.
VoiceSpace learn_from_others(const TrialPlan& plan, const Features& halves,
                             const std::vector<Recording>& recordings) {
  std::set<std::string> tried;
  for (const std::size_t row : plan.rows)
    tried.insert(recordings[row].speaker);
  std::vector<Eigen::Index> rows;
  std::vector<std::string> speaker;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    if (tried.contains(recordings[i].speaker))
      continue;
    for (std::size_t half = 0; half < 2; ++half) {
      rows.push_back(static_cast<Eigen::Index>(2 * i + half));
      speaker.push_back(recordings[i].speaker);
    }
  }
  return learn_voice_space(halves(rows, Eigen::all), speaker);
}

std::vector<VerificationResult> verify(const std::vector<TrialPlan>& plans,
                                       const Representation& representation,
                                       const std::vector<Recording>& recordings,
                                       const AuditOptions& options, Progress& progress) {
  std::vector<VerificationResult> results;
  for (const TrialPlan& plan : plans) {
    const Judged judged = judged_rows(plan);
    const Features own = representation.voice(judged.recordings, Eigen::all);
    const VoiceSpace space = learn_from_others(plan, representation.halves, recordings);
    std::vector<int> sizes = {1};
    sizes.insert(sizes.end(), options.at_once.begin(), options.at_once.end());
    for (const int size : sizes) {
      std::vector<int> speaker;
      const Features x = group_rows(own, judged.speaker, static_cast<std::size_t>(size), speaker);
      VerificationResult result{plan.corpus, plan.seen, size, verify_speakers(x, speaker), {}};
      if (space.directions.cols() > 0)
        result.trained = verify_speakers(space.project(x), speaker);
      if (size == 1 || !std::isnan(result.untrained.equal_error.value))
        results.push_back(std::move(result));
    }
    progress.advance();
  }
  return results;
}

void measure_rate(const Representation& representation, const std::vector<Recording>& recordings,
                  Leakage& leakage) {
  double seconds = 0;
  double codes = 0;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    if (recordings[i].seconds <= 0)
      return;
    seconds += recordings[i].seconds;
    codes += static_cast<double>(representation.sequences[i].size());
  }
  leakage.codes_per_second = codes / seconds;
  leakage.bits_per_second = codes / seconds * code_entropy(representation.sequences);
}

Leakage named_after(const Representation& representation) {
  Leakage leakage;
  leakage.representation = representation.name;
  leakage.kind = representation.kind;
  leakage.same_for_all_models = representation.same_for_all_models();
  return leakage;
}

}  // namespace

const AttackerResult& AttackResult::strongest() const {
  return *std::ranges::max_element(
      attackers, [](const auto& a, const auto& b) { return a.measure.value < b.measure.value; });
}

const Verification& VerificationResult::stronger() const {
  return trained && trained->equal_error.value < untrained.equal_error.value ? *trained : untrained;
}

Leakage measure_leakage(const Representation& representation,
                        const std::vector<Recording>& recordings, const AuditOptions& options,
                        Progress& progress) {
  const auto speaker = plan_speaker_trials(recordings, options);
  const auto sex = plan_sex_trials(recordings, options);
  const auto content = plan_content_trials(recordings, options);
  const auto voice =
      attacks_on(representation, representation.voice, representation.voice_statistics);
  const auto words =
      attacks_on(representation, representation.content, representation.content_statistics);
  progress.begin("attacking " + representation.name, voice.size() * (speaker.size() + sex.size()) +
                                                         words.size() * content.size() +
                                                         speaker.size());
  Leakage leakage = named_after(representation);
  leakage.speaker = run_all(speaker, voice, options.seeds, options.shuffles, progress);
  attack_several_at_once(plan_several_at_once(recordings, options), voice, options.at_once,
                         leakage.speaker);
  leakage.sex = run_all(sex, voice, options.seeds, options.shuffles, progress);
  leakage.content = run_all(content, words, options.seeds, 0, progress);
  leakage.verification = verify(speaker, representation, recordings, options, progress);
  if (representation.codes > 0)
    measure_rate(representation, recordings, leakage);
  progress.end();
  return leakage;
}

Leakage measure_text_alone(const Representation& representation,
                           const std::vector<Recording>& recordings, const AuditOptions& options,
                           Progress& progress) {
  const auto speaker = plan_speaker_trials(recordings, options);
  const auto voice =
      attacks_on(representation, representation.voice, representation.voice_statistics);
  progress.begin("attacking the text alone", (voice.size() + 1) * speaker.size());
  Leakage leakage = named_after(representation);
  leakage.representation += ", text alone";
  leakage.text_alone = true;
  leakage.speaker = run_all(speaker, voice, options.seeds, options.shuffles, progress);
  attack_several_at_once(plan_several_at_once(recordings, options), voice, options.at_once,
                         leakage.speaker);
  leakage.verification = verify(speaker, representation, recordings, options, progress);
  progress.end();
  return leakage;
}

}  // namespace edgy::converter

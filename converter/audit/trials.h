// Which recordings attackers are trained and judged on, for each question.
#pragma once

#include <string>
#include <vector>

#include "converter/audit/evaluation.h"

namespace edgy::converter {

/// A row of manifest.csv as the audit needs it.
struct Recording {
  std::string file;  ///< "corpus/name.flac": the first folder is the corpus
  std::string speaker;
  std::string sex;    ///< empty: unknown
  std::string label;  ///< what was said; empty: none
  std::string split;
  double seconds = 0;  ///< 0: unknown

  std::string corpus() const { return file.substr(0, file.find('/')); }
};

struct AuditOptions {
  int folds = 5;
  int minimum_recordings = 4;  ///< a speaker with fewer is no class of the speaker attack
  /// Recordings of these splits were used neither to train nor to calibrate a model. Where a corpus
  /// has some, only they are judged.
  std::vector<std::string> held_out = {"test", "attack-train", "attack-test"};
  int seeds = 3;     ///< trainings of each attacker that starts from random weights
  int shuffles = 1;  ///< attacks on speakers dealt out at random, beside each attack on voices
  /// Recordings of one speaker that an attacker knows to belong together.
  std::vector<int> at_once = {5, 20};

  bool is_held_out(const Recording& recording) const;
};

/// A trial without its features: `rows` says which recordings it is about.
struct TrialPlan {
  /// What is judged, and after an arrow on what was trained where that is another corpus.
  /// Recordings come from one corpus, so that a microphone is not mistaken for a voice.
  std::string corpus;
  bool seen = false;              ///< some judged recordings may have trained the model
  std::vector<std::size_t> rows;  ///< of the recordings, ascending
  Trial trial;                    ///< `x` is empty
};

/// Who speaks: speakers with several recordings, cross-validated by recording, a corpus each.
std::vector<TrialPlan> plan_speaker_trials(const std::vector<Recording>& recordings,
                                           const AuditOptions& options);

/// The same with half of each speaker's recordings to learn from and half to judge, so that many of
/// those can be judged at once.
std::vector<TrialPlan> plan_several_at_once(const std::vector<Recording>& recordings,
                                            const AuditOptions& options);

/// Woman or man: in each corpus that has both, cross-validated by speaker; and in each with fewer
/// voices than another, trained on that other. The judged voices were never heard.
std::vector<TrialPlan> plan_sex_trials(const std::vector<Recording>& recordings,
                                       const AuditOptions& options);

/// What was said: trained on split train, judged on held-out recordings, a corpus each.
std::vector<TrialPlan> plan_content_trials(const std::vector<Recording>& recordings,
                                           const AuditOptions& options);

/// The trial with its rows of `features`, which hold one row a recording.
Trial with_features(const TrialPlan& plan, const Features& features);

}  // namespace edgy::converter

// The leakage audit: what each representation of a model tells about the speaker, and what it keeps
// of the content.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "converter/audit/evaluation.h"
#include "converter/audit/representation.h"

namespace edgy::converter {

/// A row of manifest.csv as the audit needs it.
struct Recording {
  std::string file;  ///< "corpus/name.flac": the first folder is the corpus
  std::string speaker;
  std::string sex;    ///< empty: unknown
  std::string label;  ///< what was said; empty: none
  std::string split;
};

/// An attack or probe, by logistic regression and by a small perceptron.
struct AttackResult {
  std::string corpus;  ///< recordings come from one corpus, so that a microphone is not mistaken
                       ///< for a voice
  Measure logistic;
  Measure perceptron;
};

/// Everything measured on one representation.
struct Leakage {
  std::string representation;
  std::string pooling;
  std::vector<AttackResult> speaker;  ///< who speaks, cross-validated by recording, a corpus each
  std::vector<AttackResult>
      sex;  ///< cross-validated by speaker: the judged voices were never heard
  std::vector<AttackResult> content;  ///< trained on split train, judged on split test
  double verification_eer =
      std::numeric_limits<double>::quiet_NaN();  ///< over pairs of recordings of one corpus
};

struct AuditOptions {
  int folds = 5;
  int minimum_recordings = 4;  ///< a speaker with fewer is no class of the speaker attack
};

/// Runs all attacks on one representation. `recordings` are the rows of its features, in order.
Leakage measure_leakage(const Representation& representation,
                        const std::vector<Recording>& recordings, const AuditOptions& options,
                        Progress& progress);

}  // namespace edgy::converter

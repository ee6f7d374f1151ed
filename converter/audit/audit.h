// The leakage audit: what each representation of a model tells about the speaker, and what it keeps
// of the content.
#pragma once

#include <string>
#include <vector>

#include "converter/audit/representation.h"
#include "converter/audit/trials.h"
#include "converter/audit/verification.h"

namespace edgy::converter {

/// An attack or probe, by logistic regression and by a small perceptron.
struct AttackResult {
  std::string corpus;  ///< see TrialPlan
  bool seen = false;   ///< some judged recordings may have trained the model
  Measure logistic;
  Measure perceptron;

  /// The stronger of the two attackers: what a visitor has to reckon with.
  const Measure& stronger() const {
    return perceptron.value > logistic.value ? perceptron : logistic;
  }
};

struct VerificationResult {
  std::string corpus;
  bool seen = false;  ///< see AttackResult
  EqualErrorRate rate;
};

/// Everything measured on one representation.
struct Leakage {
  std::string representation;
  bool input = false;  ///< what the model is given, not what it answers
  std::vector<AttackResult> speaker;
  std::vector<AttackResult> sex;
  std::vector<AttackResult> content;
  std::vector<VerificationResult> verification;
};

/// What was measured on one model.
struct ModelAudit {
  std::string model;  ///< file name
  std::vector<Leakage> representations;
};

/// Runs all attacks on one representation. `recordings` are the rows of its features, in order.
Leakage measure_leakage(const Representation& representation,
                        const std::vector<Recording>& recordings, const AuditOptions& options,
                        Progress& progress);

}  // namespace edgy::converter

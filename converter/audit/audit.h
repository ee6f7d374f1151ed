// The leakage audit: what each representation of a model tells about the speaker, and what it keeps
// of the content.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "converter/audit/representation.h"
#include "converter/audit/trials.h"
#include "converter/audit/verification.h"

namespace edgy::converter {

/// One attacker's figures. Those that start from random weights are trained several times; what
/// they believe together counts.
struct AttackerResult {
  std::string name;
  Measure measure;
  std::vector<double> seeds;  ///< the share of right answers of each training alone
};

/// A number of recordings of one speaker that are known to belong together.
struct AtOnceResult {
  int recordings = 0;
  Measure measure;  ///< of the strongest attacker
};

/// An attack or probe, by several attackers.
struct AttackResult {
  std::string corpus;  ///< see TrialPlan
  bool seen = false;   ///< some judged recordings may have trained the model
  std::vector<AttackerResult> attackers;
  /// What the strongest of the same attackers (trained once) finds where the classes are dealt out
  /// at random, mean over shuffles: that much it finds without there being anything to find.
  std::optional<double> shuffled;
  std::vector<AtOnceResult> at_once;  ///< where there are enough recordings

  /// The strongest attacker: what a visitor has to reckon with.
  const AttackerResult& strongest() const;
};

/// Verification among the recordings that the speaker attack judges.
struct VerificationResult {
  std::string corpus;
  bool seen = false;   ///< see AttackResult
  int recordings = 1;  ///< taken together on either side of a pair
  Verification untrained;
  /// Where there are other voices to learn from: in the space that tells those apart (LDA).
  std::optional<Verification> trained;

  /// The one with the lower equal error rate.
  const Verification& stronger() const;
};

/// Everything measured on one representation.
struct Leakage {
  std::string representation;
  Kind kind = Kind::kFrames;
  bool same_for_all_models = false;
  /// Not the recordings, but the same words spoken by one synthetic voice: what is found is in the
  /// words.
  bool text_alone = false;
  std::vector<AttackResult> speaker;
  std::vector<AttackResult> sex;
  std::vector<AttackResult> content;
  std::vector<VerificationResult> verification;
  /// Of codes, where recordings' seconds are known: how many are handed out a second, and the
  /// entropy of one of them times that.
  std::optional<double> codes_per_second;
  std::optional<double> bits_per_second;
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

/// Only who speaks, of recordings of one voice that say what the named speakers said.
Leakage measure_text_alone(const Representation& representation,
                           const std::vector<Recording>& recordings, const AuditOptions& options,
                           Progress& progress);

}  // namespace edgy::converter

// The results of an audit in the order in which people compare them: what was asked about which
// recordings, and under that a line for each representation and model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "converter/audit/audit.h"

namespace edgy::converter {

/// One figure. Pointers and texts are of the audits that it was made from.
struct ReportLine {
  std::string representation;
  std::string model;        ///< "any" for what is the same for all
  bool text_alone = false;  ///< see Leakage
  const AttackResult* attack = nullptr;
  const Measure* measure = nullptr;  ///< of its strongest attacker
  /// To the first model, where that was judged on the same rows by the same question.
  std::optional<Difference> difference;
};

struct ReportGroup {
  std::string question;
  bool leak = true;  ///< else: use
  std::string corpus;
  bool seen = false;
  std::vector<ReportLine> lines;  ///< by representation, then by model; at least one
};

std::vector<ReportGroup> group_by_question(const std::vector<ModelAudit>& audits);

/// A line of verification, in the order of the models.
struct VerificationLine {
  std::string representation;
  std::string model;  ///< see ReportLine
  const VerificationResult* result = nullptr;
};

std::vector<VerificationLine> verification_lines(const std::vector<ModelAudit>& audits);

}  // namespace edgy::converter

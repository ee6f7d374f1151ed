#include "converter/audit/report/report_groups.h"

namespace edgy::converter {
namespace {

struct Question {
  const char* text;
  bool leak;
  std::vector<AttackResult> Leakage::*results;
};

const Question kQuestions[] = {{"who speaks", true, &Leakage::speaker},
                               {"woman or man", true, &Leakage::sex},
                               {"what was said", false, &Leakage::content}};

const AttackResult* find(const ModelAudit& audit, const std::string& representation,
                         const Question& question, const std::string& corpus) {
  for (const Leakage& leakage : audit.representations) {
    if (leakage.representation != representation)
      continue;
    for (const AttackResult& result : leakage.*question.results) {
      if (result.corpus == corpus)
        return &result;
    }
  }
  return nullptr;
}

void append_lines(ReportGroup& group, const std::vector<ModelAudit>& audits,
                  const Question& question, const Leakage& shown) {
  const AttackResult* const first =
      find(audits.front(), shown.representation, question, group.corpus);
  for (const ModelAudit& audit : audits) {
    const AttackResult* const result = find(audit, shown.representation, question, group.corpus);
    if (!result)
      continue;
    ReportLine line{shown.representation,
                    shown.same_for_all_models ? "any" : audit.model,
                    shown.text_alone,
                    result,
                    &result->strongest().measure,
                    {}};
    if (result != first && first && first->strongest().measure.count == line.measure->count)
      line.difference = difference(first->strongest().measure, *line.measure);
    group.lines.push_back(std::move(line));
    if (shown.same_for_all_models)
      break;
  }
}

}  // namespace

std::vector<ReportGroup> group_by_question(const std::vector<ModelAudit>& audits) {
  std::vector<ReportGroup> groups;
  if (audits.empty() || audits.front().representations.empty())
    return groups;
  for (const Question& question : kQuestions) {
    for (const AttackResult& result : audits.front().representations.front().*question.results) {
      ReportGroup group{question.text, question.leak, result.corpus, result.seen, {}};
      for (const Leakage& shown : audits.front().representations)
        append_lines(group, audits, question, shown);
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

std::vector<VerificationLine> verification_lines(const std::vector<ModelAudit>& audits) {
  std::vector<VerificationLine> lines;
  for (const ModelAudit& audit : audits) {
    for (const Leakage& leakage : audit.representations) {
      if (leakage.same_for_all_models && &audit != &audits.front())
        continue;
      for (const VerificationResult& result : leakage.verification) {
        lines.push_back(
            {leakage.representation, leakage.same_for_all_models ? "any" : audit.model, &result});
      }
    }
  }
  return lines;
}

}  // namespace edgy::converter

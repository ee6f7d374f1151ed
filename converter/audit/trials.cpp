#include "converter/audit/trials.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace edgy::converter {
namespace {

using Field = std::string Recording::*;
using Corpora = std::map<std::string, std::vector<std::size_t>>;

/// Rows by corpus, in order of name; rows without a value of `field` are left out.
Corpora rows_by_corpus(const std::vector<Recording>& recordings, Field field) {
  Corpora corpora;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    if (!(recordings[i].*field).empty())
      corpora[recordings[i].corpus()].push_back(i);
  }
  return corpora;
}

std::vector<std::string> values(const std::vector<Recording>& recordings,
                                const std::vector<std::size_t>& rows, Field field) {
  std::vector<std::string> list;
  list.reserve(rows.size());
  for (const std::size_t row : rows)
    list.push_back(recordings[row].*field);
  return list;
}

std::size_t distinct(const std::vector<std::string>& list) {
  return std::set<std::string>(list.begin(), list.end()).size();
}

/// Numbers the classes in order of name and names the independent units.
void fill(TrialPlan& plan, const std::vector<Recording>& recordings, Field label, Field unit) {
  std::map<std::string, int> classes;
  for (const std::size_t row : plan.rows)
    classes.emplace(recordings[row].*label, 0);
  for (auto& [name, number] : classes)
    number = plan.trial.classes++;
  for (const std::size_t row : plan.rows) {
    plan.trial.y.push_back(classes.at(recordings[row].*label));
    plan.trial.unit.push_back(recordings[row].*unit);
  }
}

/// Judges the held-out rows among `rows`; all of them where none is.
std::vector<bool> choose_judged(const std::vector<Recording>& recordings, TrialPlan& plan,
                                const AuditOptions& options) {
  std::vector<bool> judged;
  for (const std::size_t row : plan.rows)
    judged.push_back(options.is_held_out(recordings[row]));
  plan.seen = std::ranges::find(judged, true) == judged.end();
  if (plan.seen)
    judged.assign(plan.rows.size(), true);
  return judged;
}

void keep_frequent_speakers(const std::vector<Recording>& recordings, int minimum,
                            std::vector<std::size_t>& rows) {
  std::map<std::string, int> count;
  for (const std::size_t row : rows)
    ++count[recordings[row].speaker];
  std::erase_if(rows, [&](std::size_t row) { return count[recordings[row].speaker] < minimum; });
}

/// Corpora with both sexes.
Corpora mixed_corpora(const std::vector<Recording>& recordings) {
  Corpora corpora = rows_by_corpus(recordings, &Recording::sex);
  std::erase_if(corpora, [&](const auto& corpus) {
    return distinct(values(recordings, corpus.second, &Recording::sex)) < 2;
  });
  return corpora;
}

TrialPlan plan_sex_within(const std::string& corpus, const std::vector<std::size_t>& rows,
                          const std::vector<Recording>& recordings, const AuditOptions& options) {
  TrialPlan plan{corpus, false, rows, {}};
  fill(plan, recordings, &Recording::sex, &Recording::speaker);
  const auto speakers = values(recordings, rows, &Recording::speaker);
  // Few speakers: each is a fold of its own (leave one speaker out).
  const int folds = std::max(options.folds, std::min(static_cast<int>(distinct(speakers)), 10));
  plan.trial.fold = folds_by_group(speakers, folds);
  plan.trial.judged = choose_judged(recordings, plan, options);
  return plan;
}

TrialPlan plan_sex_across(const Corpora::value_type& trained, const Corpora::value_type& judged,
                          const std::vector<Recording>& recordings, const AuditOptions& options) {
  std::vector<std::pair<std::size_t, int>> rows;
  for (const std::size_t row : trained.second)
    rows.emplace_back(row, Trial::kAlwaysTrained);
  for (const std::size_t row : judged.second)
    rows.emplace_back(row, 0);
  std::ranges::sort(rows);
  TrialPlan plan{judged.first + " < " + trained.first, false, {}, {}};
  bool any_held_out = false;
  for (const auto& [row, fold] : rows) {
    plan.rows.push_back(row);
    plan.trial.fold.push_back(fold);
    plan.trial.judged.push_back(fold == 0 && options.is_held_out(recordings[row]));
    any_held_out |= plan.trial.judged.back();
  }
  if (!any_held_out) {
    for (std::size_t i = 0; i < plan.rows.size(); ++i)
      plan.trial.judged[i] = plan.trial.fold[i] == 0;
  }
  plan.seen = !any_held_out;
  fill(plan, recordings, &Recording::sex, &Recording::speaker);
  return plan;
}

}  // namespace

bool AuditOptions::is_held_out(const Recording& recording) const {
  return std::ranges::find(held_out, recording.split) != held_out.end();
}

std::vector<TrialPlan> plan_speaker_trials(const std::vector<Recording>& recordings,
                                           const AuditOptions& options) {
  std::vector<TrialPlan> plans;
  for (auto& [corpus, rows] : rows_by_corpus(recordings, &Recording::speaker)) {
    keep_frequent_speakers(recordings, options.minimum_recordings, rows);
    TrialPlan plan{corpus, false, rows, {}};
    fill(plan, recordings, &Recording::speaker, &Recording::file);
    if (plan.trial.classes < 2)
      continue;
    plan.trial.fold = folds_by_group(plan.trial.unit, options.folds);
    plan.trial.judged = choose_judged(recordings, plan, options);
    plans.push_back(std::move(plan));
  }
  return plans;
}

std::vector<TrialPlan> plan_several_at_once(const std::vector<Recording>& recordings,
                                            const AuditOptions& options) {
  AuditOptions halves = options;
  halves.folds = 2;
  return plan_speaker_trials(recordings, halves);
}

std::vector<TrialPlan> plan_sex_trials(const std::vector<Recording>& recordings,
                                       const AuditOptions& options) {
  std::vector<TrialPlan> plans;
  const Corpora corpora = mixed_corpora(recordings);
  const auto voices = [&](const Corpora::value_type& corpus) {
    return distinct(values(recordings, corpus.second, &Recording::speaker));
  };
  for (const auto& judged : corpora) {
    if (voices(judged) < 2)
      continue;
    plans.push_back(plan_sex_within(judged.first, judged.second, recordings, options));
    for (const auto& trained : corpora) {
      if (voices(trained) > voices(judged))
        plans.push_back(plan_sex_across(trained, judged, recordings, options));
    }
  }
  return plans;
}

std::vector<TrialPlan> plan_content_trials(const std::vector<Recording>& recordings,
                                           const AuditOptions& options) {
  std::vector<TrialPlan> plans;
  for (auto& [corpus, rows] : rows_by_corpus(recordings, &Recording::label)) {
    std::erase_if(rows, [&](std::size_t row) {
      return recordings[row].split != "train" && !options.is_held_out(recordings[row]);
    });
    TrialPlan plan{corpus, false, rows, {}};
    fill(plan, recordings, &Recording::label, &Recording::file);
    for (const std::size_t row : rows) {
      plan.trial.judged.push_back(options.is_held_out(recordings[row]));
      plan.trial.fold.push_back(plan.trial.judged.back() ? 0 : Trial::kAlwaysTrained);
    }
    const bool any = std::ranges::find(plan.trial.judged, true) != plan.trial.judged.end();
    if (plan.trial.classes >= 2 && any)
      plans.push_back(std::move(plan));
  }
  return plans;
}

Trial with_features(const TrialPlan& plan, const Features& features) {
  Trial trial = plan.trial;
  trial.x.resize(static_cast<Eigen::Index>(plan.rows.size()), features.cols());
  for (std::size_t i = 0; i < plan.rows.size(); ++i)
    trial.x.row(static_cast<Eigen::Index>(i)) =
        features.row(static_cast<Eigen::Index>(plan.rows[i]));
  return trial;
}

}  // namespace edgy::converter

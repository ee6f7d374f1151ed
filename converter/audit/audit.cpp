#include "converter/audit/audit.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace edgy::converter {
namespace {

using Field = std::function<const std::string&(const Recording&)>;

std::string corpus_of(const Recording& recording) {
  return recording.file.substr(0, recording.file.find('/'));
}

/// The rows of one corpus that take part in an attack, with their classes.
struct Task {
  Features x;
  std::vector<int> y;
  int classes = 0;
  std::vector<const Recording*> rows;
};

Task select(const Representation& representation, const std::vector<Recording>& recordings,
            const std::vector<std::size_t>& chosen, const Field& label) {
  Task task;
  std::map<std::string, int> classes;
  for (const std::size_t row : chosen)
    classes.emplace(label(recordings[row]), 0);
  for (auto& [name, number] : classes)
    number = task.classes++;
  task.x.resize(static_cast<Eigen::Index>(chosen.size()), representation.features.cols());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    task.x.row(static_cast<Eigen::Index>(i)) =
        representation.features.row(static_cast<Eigen::Index>(chosen[i]));
    task.y.push_back(classes.at(label(recordings[chosen[i]])));
    task.rows.push_back(&recordings[chosen[i]]);
  }
  return task;
}

const std::string& speaker_of(const Recording& recording) {
  return recording.speaker;
}
const std::string& sex_of(const Recording& recording) {
  return recording.sex;
}
const std::string& label_of(const Recording& recording) {
  return recording.label;
}

/// Rows by corpus, in order of name; rows without a value of `field` are left out.
std::map<std::string, std::vector<std::size_t>> rows_by_corpus(
    const std::vector<Recording>& recordings, const Field& field) {
  std::map<std::string, std::vector<std::size_t>> corpora;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    if (!field(recordings[i]).empty())
      corpora[corpus_of(recordings[i])].push_back(i);
  }
  return corpora;
}

void keep_frequent_speakers(const std::vector<Recording>& recordings, int minimum,
                            std::vector<std::size_t>& rows) {
  std::map<std::string, int> count;
  for (const std::size_t row : rows)
    ++count[recordings[row].speaker];
  std::erase_if(rows, [&](std::size_t row) { return count[recordings[row].speaker] < minimum; });
}

const std::vector<AttackerFactory>& attackers() {
  static const std::vector<AttackerFactory> both = {[] { return make_logistic_regression(); },
                                                    [] { return make_perceptron(); }};
  return both;
}

AttackResult attack(const std::string& corpus,
                    const std::function<Measure(const AttackerFactory&)>& judge,
                    Progress& progress) {
  AttackResult result;
  result.corpus = corpus;
  result.logistic = judge(attackers()[0]);
  progress.advance();
  result.perceptron = judge(attackers()[1]);
  progress.advance();
  return result;
}

std::vector<AttackResult> attack_speaker(const Representation& representation,
                                         const std::vector<Recording>& recordings,
                                         const AuditOptions& options, Progress& progress) {
  std::vector<AttackResult> results;
  for (auto& [corpus, rows] : rows_by_corpus(recordings, speaker_of)) {
    keep_frequent_speakers(recordings, options.minimum_recordings, rows);
    const Task task = select(representation, recordings, rows, speaker_of);
    if (task.classes < 2)
      continue;
    std::vector<std::string> names;
    for (const Recording* row : task.rows)
      names.push_back(row->file);
    const std::vector<int> fold = folds_by_group(names, options.folds);
    results.push_back(attack(
        corpus,
        [&](const auto& make) { return cross_validate(task.x, task.y, fold, task.classes, make); },
        progress));
  }
  return results;
}

std::vector<AttackResult> attack_sex(const Representation& representation,
                                     const std::vector<Recording>& recordings,
                                     const AuditOptions& options, Progress& progress) {
  std::vector<AttackResult> results;
  for (const auto& [corpus, rows] : rows_by_corpus(recordings, sex_of)) {
    const Task task = select(representation, recordings, rows, sex_of);
    std::vector<std::string> speakers;
    for (const Recording* row : task.rows)
      speakers.push_back(row->speaker);
    const std::set<std::string> distinct(speakers.begin(), speakers.end());
    if (task.classes < 2 || static_cast<int>(distinct.size()) < 2)
      continue;
    // Few speakers: each is a part of its own (leave one speaker out).
    const std::vector<int> fold = folds_by_group(
        speakers, std::max(options.folds, std::min(static_cast<int>(distinct.size()), 10)));
    results.push_back(attack(
        corpus,
        [&](const auto& make) { return cross_validate(task.x, task.y, fold, task.classes, make); },
        progress));
  }
  return results;
}

std::vector<AttackResult> probe_content(const Representation& representation,
                                        const std::vector<Recording>& recordings,
                                        Progress& progress) {
  std::vector<AttackResult> results;
  for (const auto& [corpus, rows] : rows_by_corpus(recordings, label_of)) {
    const Task task = select(representation, recordings, rows, label_of);
    std::vector<bool> train;
    std::vector<bool> judge;
    for (const Recording* row : task.rows) {
      train.push_back(row->split == "train");
      judge.push_back(row->split == "test");
    }
    if (task.classes < 2 || std::find(judge.begin(), judge.end(), true) == judge.end())
      continue;
    results.push_back(attack(
        corpus,
        [&](const auto& make) {
          return hold_out(task.x, task.y, train, judge, task.classes, make);
        },
        progress));
  }
  return results;
}

/// Mean over the corpora that have several speakers with several recordings.
double verification(const Representation& representation, const std::vector<Recording>& recordings,
                    const AuditOptions& options) {
  double sum = 0;
  int corpora = 0;
  for (auto& [corpus, rows] : rows_by_corpus(recordings, speaker_of)) {
    keep_frequent_speakers(recordings, options.minimum_recordings, rows);
    const Task task = select(representation, recordings, rows, speaker_of);
    if (task.classes < 2)
      continue;
    sum += verification_equal_error_rate(task.x, task.y);
    ++corpora;
  }
  return corpora ? sum / corpora : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Leakage measure_leakage(const Representation& representation,
                        const std::vector<Recording>& recordings, const AuditOptions& options,
                        Progress& progress) {
  Leakage leakage;
  leakage.representation = representation.name;
  leakage.pooling = representation.pooling;
  leakage.speaker = attack_speaker(representation, recordings, options, progress);
  leakage.sex = attack_sex(representation, recordings, options, progress);
  leakage.content = probe_content(representation, recordings, progress);
  leakage.verification_eer = verification(representation, recordings, options);
  return leakage;
}

}  // namespace edgy::converter

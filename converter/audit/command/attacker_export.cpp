#include "converter/audit/command/attacker_export.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "converter/audit/codes/grams.h"
#include "converter/audit/command/rounded_classifier.h"
#include "converter/audit/report/audit_report.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

using Json = nlohmann::ordered_json;

bool trains(const Recording& recording) {
  return recording.split == "train" || recording.split == "attack-train";
}
bool is_judged(const Recording& recording) {
  return recording.split == "test" || recording.split == "attack-test";
}

/// Rows in the order in which a trial wants them, one fold: what is not judged trains.
struct Selection {
  std::vector<std::size_t> rows;
  std::vector<std::string> classes;
  TrialPlan plan;
};

/// At most `limit` training rows a class, spread over the list, so that no class outweighs others.
void thin_out(const std::vector<Recording>& recordings, std::string Recording::*label,
              std::size_t limit, std::vector<std::size_t>& rows) {
  std::map<std::string, std::vector<std::size_t>> by_class;
  for (const std::size_t row : rows) {
    if (trains(recordings[row]))
      by_class[recordings[row].*label].push_back(row);
  }
  std::set<std::size_t> dropped;
  for (const auto& [name, members] : by_class) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members.size() > limit &&
          (i * limit) / members.size() == ((i + 1) * limit) / members.size())
        dropped.insert(members[i]);
    }
  }
  std::erase_if(rows, [&](std::size_t row) { return dropped.contains(row); });
}

Selection complete(Selection selection, const std::vector<Recording>& recordings,
                   std::string Recording::*label, std::string Recording::*unit) {
  std::set<std::string> names;
  for (const std::size_t row : selection.rows)
    names.insert(recordings[row].*label);
  selection.classes.assign(names.begin(), names.end());
  TrialPlan& plan = selection.plan;
  plan.rows = selection.rows;
  plan.trial.classes = static_cast<int>(selection.classes.size());
  for (const std::size_t row : selection.rows) {
    const auto place = std::ranges::lower_bound(selection.classes, recordings[row].*label);
    plan.trial.y.push_back(static_cast<int>(place - selection.classes.begin()));
    plan.trial.judged.push_back(is_judged(recordings[row]));
    plan.trial.fold.push_back(plan.trial.judged.back() ? 0 : Trial::kAlwaysTrained);
    plan.trial.unit.push_back(recordings[row].*unit);
  }
  const bool any_judged = std::ranges::find(plan.trial.judged, true) != plan.trial.judged.end();
  if (plan.trial.classes < 2 || !any_judged)
    throw Error(
        "attackers to export need two classes with recordings of splits train or attack-train, and "
        "others of test or attack-test");
  return selection;
}

Selection select_speakers(const std::vector<Recording>& recordings, const AuditOptions& options) {
  std::map<std::string, int> heard;
  for (const Recording& recording : recordings)
    heard[recording.speaker] += trains(recording) ? 1 : 0;
  Selection selection;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    const bool enough = heard[recordings[i].speaker] >= options.minimum_recordings;
    if (enough && (trains(recordings[i]) || is_judged(recordings[i])))
      selection.rows.push_back(i);
  }
  thin_out(recordings, &Recording::speaker,
           std::size_t{10} * static_cast<std::size_t>(options.minimum_recordings), selection.rows);
  return complete(std::move(selection), recordings, &Recording::speaker, &Recording::file);
}

/// Voices of split train against voices of attack-test, in corpora with both sexes.
Selection select_sexes(const std::vector<Recording>& recordings) {
  std::map<std::string, std::set<std::string>> sexes;
  for (const Recording& recording : recordings) {
    if (!recording.sex.empty())
      sexes[recording.corpus()].insert(recording.sex);
  }
  std::set<std::string> trained;
  Selection selection;
  const auto take = [&](bool training) {
    for (std::size_t i = 0; i < recordings.size(); ++i) {
      const Recording& recording = recordings[i];
      if (recording.sex.empty() || sexes[recording.corpus()].size() < 2)
        continue;
      if (training && recording.split == "train") {
        selection.rows.push_back(i);
        trained.insert(recording.speaker);
      } else if (!training && is_judged(recording) && !trained.contains(recording.speaker)) {
        selection.rows.push_back(i);
      }
    }
  };
  take(true);
  take(false);
  std::ranges::sort(selection.rows);
  return complete(std::move(selection), recordings, &Recording::sex, &Recording::speaker);
}

/// Events are few and have no durations: stretches of them tell what single ones do not.
constexpr int kLongestGram = 3;
constexpr std::size_t kGrams = 200;

/// What one attacker is given of all recordings, and how a page computes it.
struct Given {
  Features features;
  Json fields;
};

/// `rows` are those whose recordings say which grams are frequent, as far as they train.
Given given_of(const Representation& representation, const std::vector<Recording>& recordings,
               const std::vector<std::size_t>& rows) {
  if (representation.kind == Kind::kCodes)
    return {representation.voice.rightCols(representation.codes), {{"pooling", "histogram"}}};
  if (representation.kind != Kind::kEvents)
    return {representation.voice, {{"pooling", "moments"}}};
  std::vector<CodeSequence> trained;
  for (const std::size_t row : rows) {
    if (trains(recordings[row]))
      trained.push_back(representation.sequences[row]);
  }
  const auto codes = static_cast<int32_t>(representation.codes);
  const std::vector<Gram> grams = frequent_grams(trained, codes, kLongestGram, kGrams);
  Features counts(static_cast<Eigen::Index>(representation.sequences.size()),
                  static_cast<Eigen::Index>(grams.size()));
  for (std::size_t i = 0; i < representation.sequences.size(); ++i) {
    counts.row(static_cast<Eigen::Index>(i)) =
        gram_counts(representation.sequences[i], codes, grams);
  }
  return {std::move(counts), {{"pooling", "grams"}, {"codes", codes}, {"grams", grams}}};
}

Json export_one(const char* question, const Selection& selection,
                const std::vector<Recording>& recordings, const Representation& representation) {
  const Given given = given_of(representation, recordings, selection.rows);
  RoundedClassifier classifier;
  const Measure judged = judge_rounded(with_features(selection.plan, given.features), classifier);
  Json entry = {{"question", question}, {"representation", representation.name}};
  entry.update(given.fields);
  entry["classes"] = selection.classes;
  entry.update(classifier.json());
  entry["judged"] = to_json(judged);
  return entry;
}

const Representation* first_frames(const std::vector<Representation>& representations) {
  const auto first = std::ranges::find(representations, Kind::kFrames, &Representation::kind);
  return first == representations.end() ? nullptr : &*first;
}

/// The input, the first float output (a later one is another name of what is exported already: a
/// VQ-VAE also hands out its codes as vectors), codes as the model hands them out, and events.
bool is_exported(const std::vector<Representation>& representations,
                 const Representation& representation) {
  return representation.kind == Kind::kInput || representation.codes > 0 ||
         &representation == first_frames(representations);
}

Json voices(const Selection& speakers, const std::vector<Recording>& recordings,
            const std::vector<Representation>& representations) {
  Json vectors = Json::object();
  const Representation* const output = first_frames(representations);
  if (!output)
    return vectors;
  for (const std::string& name : speakers.classes) {
    Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(output->voice.cols());
    double count = 0;
    for (const std::size_t row : speakers.rows) {
      if (recordings[row].speaker != name || !trains(recordings[row]))
        continue;
      sum += output->voice.row(static_cast<Eigen::Index>(row));
      ++count;
    }
    vectors[name] = short_numbers(sum / count);
  }
  return vectors;
}

}  // namespace

Json export_attackers(const std::vector<Representation>& representations,
                      const std::vector<Recording>& recordings, const AuditOptions& options) {
  const Selection speakers = select_speakers(recordings, options);
  const Selection sexes = select_sexes(recordings);
  Json attackers = Json::array();
  for (const Representation& representation : representations) {
    if (!is_exported(representations, representation))
      continue;
    attackers.push_back(export_one("who", speakers, recordings, representation));
    attackers.push_back(export_one("sex", sexes, recordings, representation));
  }
  return {{"attackers", std::move(attackers)},
          {"voices", voices(speakers, recordings, representations)}};
}

}  // namespace edgy::converter

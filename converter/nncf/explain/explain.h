// What a configuration will do, in words.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "converter/nncf/file/parser.h"

namespace edgy::converter::nncf {

/// One setting as a sentence's part: "importance": "magnitude over the norm of the layer".
struct ExplainedSetting {
  std::string label;
  std::string value;
  bool is_default = false;  ///< the file does not state it
};

/// From `epoch` on `level` is in force.
struct ExplainedLevel {
  int epoch = 0;
  double level = 0;  ///< a share
  std::string note;
};

struct ExplainedAlgorithm {
  std::string algorithm;  ///< as in the file
  std::string summary;
  std::vector<ExplainedSetting> settings;
  std::string level_name;  ///< heading of the schedule's second column; empty: no schedule
  std::vector<ExplainedLevel> schedule;
  std::vector<std::string> notes;  ///< what is stated to no effect, for instance
  std::string convert;             ///< what `edgy convert` does about it
  std::string finetune;            ///< what `edgy finetune` does about it
};

struct Explanation {
  std::vector<ExplainedSetting> inputs;
  std::string summary;             ///< of a file without algorithms
  std::vector<std::string> notes;  ///< what is stated, for all algorithms, to no effect
  std::vector<ExplainedAlgorithm> algorithms;
};

Explanation explain(const ParsedNncf& parsed);

/// As text in lines of at most `columns` (at least 60) characters; single longer words aside.
std::string to_text(const Explanation& explanation, int columns = 80);

/// The same for programs, with warnings (line, column, message).
nlohmann::ordered_json to_json(const Explanation& explanation, const ParsedNncf& parsed);

}  // namespace edgy::converter::nncf

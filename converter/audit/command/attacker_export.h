// Attackers small enough to ship with a page, which shows live what they make of a recording.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "converter/audit/representation.h"
#include "converter/audit/trials.h"

namespace edgy::converter {

/// Trains linear attackers on recordings of splits train and attack-train and judges them on test
/// and attack-test: "who" among the speakers with enough recordings, "sex" of voices that it never
/// heard. One for each representation, of several float outputs the
/// first; codes by their histogram alone, which needs no codebook; events by stretches of up to
/// three of them (export_recognizer says how these are counted).
///
/// {attackers: [{question, representation, pooling: "moments" | "histogram" | "grams", codes and
/// grams of the last, classes, mean, scale, step, weights, bias, judged}],
/// voices: {speaker: vector}}. The score of class c for pooled
/// features x is bias[c] + step[c] * sum of weights[c][f] * (x[f] - mean[f]) * scale[f], weights
/// being integers of 8 bits; softmax of the scores is what the attacker believes. `judged` was
/// measured on exactly these rounded numbers. A voice is the mean of a speaker's moments of the
/// first float output.
/// Throws Error when the recordings hold too few speakers or splits.
nlohmann::ordered_json export_attackers(const std::vector<Representation>& representations,
                                        const std::vector<Recording>& recordings,
                                        const AuditOptions& options);

}  // namespace edgy::converter

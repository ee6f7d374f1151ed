// A recognizer of few words from events, small enough to ship with a page.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "converter/audit/representation.h"
#include "converter/audit/trials.h"

namespace edgy::converter {

struct RecognizerOptions {
  /// Codes in a row that it looks at: three events are about a syllable.
  int longest = 3;
  /// Stretches of codes that it knows, the most frequent ones of split train.
  std::size_t grams = 400;
};

/// Trains a linear classifier of recordings' labels on the events of split train, of the last
/// representation that is events, and judges it on held-out recordings (AuditOptions).
///
/// {representation, codes, grams: [[code, ...], ...], classes, mean, scale, step, weights, bias,
/// judged}. A gram is codes in a row, where the number `codes` is a boundary: events are taken
/// with one boundary before the first and one after the last. x[f] is ln(1 + how often gram f
/// occurs); scores are as export_attackers says. `judged` was measured on exactly these numbers.
/// Throws Error when there are no events, or recordings do not suffice.
nlohmann::ordered_json export_recognizer(const std::vector<Representation>& representations,
                                         const std::vector<Recording>& recordings,
                                         const AuditOptions& options,
                                         const RecognizerOptions& recognizer = {});

}  // namespace edgy::converter

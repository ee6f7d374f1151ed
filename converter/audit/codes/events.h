// Codes as events: what was said in which order, without how long it took.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace edgy::converter {

/// One recording as the codes that a model hands out, in order of time.
using CodeSequence = std::vector<int32_t>;

struct EventRule {
  int shortest = 2;              ///< frames that a code must last to count
  std::vector<int32_t> silence;  ///< codes that are no events
};

/// The events of a sequence, as sessions hand them out (runtime::collect_events): runs of one code
/// shorter than `shortest` are dropped, then silence, and what is then alike side by side is one
/// event. Neither durations nor pauses are left, so that "a, silence, a" is one a. Empty when
/// nothing lasted.
CodeSequence events_of(std::span<const int32_t> codes, const EventRule& rule);

}  // namespace edgy::converter

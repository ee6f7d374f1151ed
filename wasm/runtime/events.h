// Codes as events: what was said in which order, without when and for how long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wasm/format/edgy_generated.h"

namespace edgy::runtime {

/// Which codes are events (fb::Events says it in a file).
struct EventRule {
  int64_t least_run = 2;                  ///< frames that a code must last; below 1 counts as 1
  int64_t classes = 0;                    ///< codes are 0 to classes - 1; others are no events
  std::span<const int32_t> silence = {};  ///< codes that are no events, ascending
};

/// The rule of a verified file, whose bytes it points into.
EventRule event_rule(const format::fb::Events& events);

/// The most events that `codes` codes can become.
std::size_t most_events(std::size_t codes, const EventRule& rule);

/// Writes the events of a recording's codes (int64_t, int32_t or uint8_t), in order of time, to the
/// front of `events`, which has room for most_events and does not overlap `codes`; returns how many
/// there are. Runs of one code shorter than `least_run` are dropped, then silence, and what is then
/// alike side by side is one event: "a, silence, a" is one a.
template <typename Code>
std::size_t collect_events(std::span<const Code> codes, const EventRule& rule,
                           std::span<Code> events);

}  // namespace edgy::runtime

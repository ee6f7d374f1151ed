#include "converter/audit/codes/events.h"

#include <algorithm>

namespace edgy::converter {

CodeSequence events_of(std::span<const int32_t> codes, const EventRule& rule) {
  CodeSequence events;
  for (std::size_t begin = 0; begin < codes.size();) {
    const int32_t code = codes[begin];
    std::size_t end = begin;
    while (end < codes.size() && codes[end] == code)
      ++end;
    const bool lasts = end - begin >= static_cast<std::size_t>(std::max(1, rule.shortest));
    const bool silent = std::ranges::find(rule.silence, code) != rule.silence.end();
    if (lasts && !silent && (events.empty() || events.back() != code))
      events.push_back(code);
    begin = end;
  }
  return events;
}

}  // namespace edgy::converter

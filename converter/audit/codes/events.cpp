#include "converter/audit/codes/events.h"

#include <algorithm>
#include <limits>

#include "wasm/runtime/events.h"

namespace edgy::converter {

CodeSequence events_of(std::span<const int32_t> codes, const EventRule& rule) {
  std::vector<int32_t> silence = rule.silence;
  std::ranges::sort(silence);
  const runtime::EventRule runtime_rule = {rule.shortest, std::numeric_limits<int64_t>::max(),
                                           silence};
  CodeSequence events(runtime::most_events(codes.size(), runtime_rule));
  events.resize(runtime::collect_events<int32_t>(codes, runtime_rule, events));
  return events;
}

}  // namespace edgy::converter

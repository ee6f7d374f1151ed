#include "wasm/runtime/events.h"

#include <algorithm>

namespace edgy::runtime {

EventRule event_rule(const format::fb::Events& events) {
  EventRule rule;
  rule.least_run = events.least_run();
  rule.classes = events.classes();
  if (events.silence() != nullptr) {
    rule.silence = {events.silence()->data(), events.silence()->size()};
  }
  return rule;
}

std::size_t most_events(std::size_t codes, const EventRule& rule) {
  return codes / static_cast<std::size_t>(std::max<int64_t>(1, rule.least_run));
}

template <typename Code>
std::size_t collect_events(std::span<const Code> codes, const EventRule& rule,
                           std::span<Code> events) {
  const auto is_event = [&rule](int64_t code) {
    return code >= 0 && code < rule.classes &&
           !std::binary_search(rule.silence.begin(), rule.silence.end(), code);
  };
  const auto least = static_cast<std::size_t>(std::max<int64_t>(1, rule.least_run));
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < codes.size();) {
    const Code code = codes[begin];
    std::size_t end = begin;
    while (end < codes.size() && codes[end] == code) {
      end++;
    }
    const bool lasts = end - begin >= least;
    if (lasts && is_event(code) && (count == 0 || events[count - 1] != code)) {
      events[count++] = code;
    }
    begin = end;
  }
  return count;
}

template std::size_t collect_events(std::span<const int64_t>, const EventRule&, std::span<int64_t>);
template std::size_t collect_events(std::span<const int32_t>, const EventRule&, std::span<int32_t>);
template std::size_t collect_events(std::span<const uint8_t>, const EventRule&, std::span<uint8_t>);

}  // namespace edgy::runtime

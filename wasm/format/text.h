// Messages for people, built without iostream.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace edgy {

inline void append_text(std::string& out, std::string_view text) {
  out.append(text);
}
inline void append_text(std::string& out, char character) {
  out.push_back(character);
}
void append_text(std::string& out, int64_t number);
/// "[1, -1, 80]"
void append_text(std::string& out, std::span<const int64_t> numbers);

template <typename Integer>
requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, char> &&
         !std::is_same_v<Integer, int64_t>) void append_text(std::string& out, Integer number) {
  append_text(out, static_cast<int64_t>(number));
}

/// Everything in one string: str("tensor ", 3, " has rank ", rank).
template <typename... Parts>
std::string str(const Parts&... parts) {
  std::string out;
  (append_text(out, parts), ...);
  return out;
}

}  // namespace edgy

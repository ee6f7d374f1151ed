// How a configuration's settings are described, once, for whoever reads or documents them.
//
// A function template describe(visitor, settings) names every setting: key, kind, accepted values
// and one sentence of help. ObjectReader fills the settings from a file, SettingsWriter writes them
// into one, SchemaWriter writes the JSON Schema that editors check with. So none can know a key
// that the others do not.
//
// Visitors have: number, boolean, choice, object; and, where settings of NNCF are described, text,
// texts, numbers, pairs, objects, others, unused, refuse.
#pragma once

#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace edgy::converter {

/// A key, and what it was called in the past: still read.
struct Key {
  // NOLINTNEXTLINE(google-explicit-constructor): a plain name is a key
  Key(const char* key) : name(key) {}
  Key(const char* key, std::initializer_list<const char*> past) : name(key), old(past) {}

  std::string name;
  std::vector<const char*> old;
};

/// Accepted numbers.
struct Limits {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  bool excludes_low = false;
  bool excludes_high = false;
};

/// "from 2 to 8", "above 0 and below 1", "of at least 0".
std::string to_string(const Limits& limits);
bool contains(const Limits& limits, double value);

/// Names of an enumeration's values, for reading, writing and messages. The first name of a value
/// is today's; others are still read.
template <typename E>
using Names = std::vector<std::pair<const char*, E>>;

template <typename E>
const char* name_in(const Names<E>& names, E value) {
  for (const auto& [name, choice] : names) {
    if (choice == value)
      return name;
  }
  return "";
}

}  // namespace edgy::converter

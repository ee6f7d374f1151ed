// Fills settings from an object of a JSON document, and says what is wrong with it.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "converter/config/document.h"
#include "converter/config/fields.h"

namespace edgy::converter {

/// A setting, or several, of the object at `path` (by today's names) that have no effect.
struct Unused {
  std::string path;
  Diagnostic diagnostic;
};

/// What reading a document found out.
struct Findings {
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
  /// Settings that are known and have no effect: one sentence each, with its reason.
  std::vector<Unused> unused;
  /// The settings that the document states: path by today's names, where a single object that
  /// stands for a list is element 0, to path in the document.
  std::map<std::string, std::string> given;
};

/// Throws Error with all errors, one a line in the order of the file, if there are any.
void throw_errors(const Findings& findings, const std::string& origin);

/// A value in an error message: whole, unless it is long.
std::string shown(const JsonDocument::Json& value);
/// The same for a key.
std::string shown_key(const std::string& key);

struct ReadingRules {
  bool numbers_in_strings = false;  ///< "0.2" is a number
  bool unknown_keys_warn = false;   ///< otherwise they are errors
};

/// A visitor (fields.h) over one object. Settings whose key is absent or whose value is wrong keep
/// what they hold.
class ObjectReader {
 public:
  using Json = JsonDocument::Json;

  /// Of the document's root.
  ObjectReader(const JsonDocument& document, ReadingRules rules, Findings& findings)
      : ObjectReader(document, rules, findings, document.root(), "", "") {}

  template <typename T>
  void number(const Key& key, T& value, const Limits& limits, const char* help);
  template <typename T>
  void number(const Key& key, std::optional<T>& value, const Limits& limits, const char* help) {
    T read{};
    if (has(key)) {
      number(key, read, limits, help);
      value = read;
    }
  }
  void boolean(const Key& key, bool& value, const char* help);
  void boolean(const Key& key, std::optional<bool>& value, const char* help);
  template <typename E>
  void choice(const Key& key, E& value, const Names<E>& names, const char* help);
  template <typename E>
  void choice(const Key& key, std::optional<E>& value, const Names<E>& names, const char* help) {
    if (has(key)) {
      E read = names.front().second;
      choice(key, read, names, help);
      value = read;
    }
  }
  void text(const Key& key, std::string& value, const char* help);
  /// A string or a list of strings.
  void texts(const Key& key, std::vector<std::string>& value, const char* help);
  template <typename T>
  void numbers(const Key& key, std::vector<T>& value, const Limits& limits, const char* help);
  /// A list of [number, string], each the two members of an aggregate T.
  template <typename T>
  void pairs(const Key& key, std::vector<T>& value, const Limits& limits, const char* help);
  /// A nested object, described by `describe(visitor)`.
  template <typename Describe>
  void object(const Key& key, const char* help, Describe describe);
  /// An object that may be absent, described by `describe(visitor, object)`.
  template <typename T, typename Describe>
  void object(const Key& key, std::optional<T>& value, const char* help, Describe describe) {
    if (has(key)) {
      value.emplace();
      object(key, help, [&](auto& child) { describe(child, *value); });
    }
  }
  /// An object or a list of objects, each described by `describe(visitor, element)`. If the key is
  /// there the list is replaced.
  template <typename T, typename Describe>
  void objects(const Key& key, std::vector<T>& value, const char* help, Describe describe);
  /// Keys that the user chooses: all that no call before has named, each with an object as its
  /// value, described by `describe(visitor, key)`.
  template <typename Describe>
  void others(const char* help, Describe describe);
  /// A setting that is known and has no effect here, because `reason`.
  void unused(const Key& key, const char* reason);
  /// Several of one kind: those that are there are named in one sentence, which `reason` ends.
  void unused(const std::vector<const char*>& keys, const char* reason);
  /// A value of a setting that is known and refused, with the sentence `why`. Comes before the
  /// setting itself.
  void refuse(const Key& key, const char* value, const char* why);
  /// Reports keys that no call has named.
  void finish();
  /// Takes all keys as named: for an object that is wrong as a whole.
  void skip_all();

  /// The member as it is, null if absent: for forms that no function above reads.
  const Json* find(const Key& key);
  bool has(const Key& key) { return find(key) != nullptr; }
  /// True if the document states the setting `setting` ("params.patience"), by today's names.
  bool states(const std::string& setting) const;
  /// An error or warning about a setting of this object, by today's names; about the object itself
  /// if that is "" or absent. The path is put before the message.
  void error(const std::string& setting, const std::string& message);
  void warn(const std::string& setting, const std::string& message);

 private:
  ObjectReader(const JsonDocument& document, ReadingRules rules, Findings& findings,
               const Json& object, std::string path, std::string canonical);

  std::string present_name(const Key& key) const;
  std::string path_of(const Key& key) const { return member_path(path_, present_name(key)); }
  /// Path in the document of a setting by today's names.
  std::string document_path(const std::string& setting) const;
  void expected(const Key& key, const std::string& what);
  void error_at(const std::string& path, const std::string& message);
  void warn_at(const std::string& path, const std::string& message);
  /// The number in `found`, if it is one that `limits` (and integers_only) allow.
  std::optional<double> read_number(const Json& found, const Limits& limits,
                                    bool integers_only) const;
  std::string expected_number(const Limits& limits, bool integers_only) const;

  const JsonDocument& document_;
  ReadingRules rules_;
  Findings& findings_;
  const Json* object_;
  std::string path_;                ///< as in the document
  std::string canonical_;           ///< as in Findings.given
  std::vector<std::string> known_;  ///< to suggest
  std::set<std::string> named_;     ///< by a call, or by the user
  std::set<std::string> refused_;
};

template <typename T>
void ObjectReader::number(const Key& key, T& value, const Limits& limits, const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (const auto read = read_number(*found, limits, std::is_integral_v<T>)) {
    value = static_cast<T>(*read);
  } else {
    expected(key, expected_number(limits, std::is_integral_v<T>));
  }
}

template <typename E>
void ObjectReader::choice(const Key& key, E& value, const Names<E>& names, const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr || refused_.contains(key.name))
    return;
  std::string accepted;
  std::set<E> listed;
  for (const auto& [name, choice] : names) {
    if (found->is_string() && found->get<std::string>() == name) {
      value = choice;
      return;
    }
    if (listed.insert(choice).second)
      accepted += (accepted.empty() ? "" : ", ") + std::string(name);
  }
  expected(key, "one of " + accepted);
}

template <typename T>
void ObjectReader::numbers(const Key& key, std::vector<T>& value, const Limits& limits,
                           const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  std::vector<T> read;
  for (std::size_t i = 0; found->is_array() && i < found->size(); ++i) {
    const auto number = read_number((*found)[i], limits, std::is_integral_v<T>);
    if (!number) {
      const std::string path = element_path(path_of(key), i);
      error_at(path, path + ": " + expected_number(limits, std::is_integral_v<T>) +
                         " is expected, not " + shown((*found)[i]));
      return;
    }
    read.push_back(static_cast<T>(*number));
  }
  if (read.empty()) {
    expected(key, "a list of numbers");
    return;
  }
  value = std::move(read);
}

template <typename T>
void ObjectReader::pairs(const Key& key, std::vector<T>& value, const Limits& limits,
                         const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (!found->is_array()) {
    expected(key, "a list of [number, string]");
    return;
  }
  std::vector<T> read;
  for (std::size_t i = 0; i < found->size(); ++i) {
    const Json& pair = (*found)[i];
    const auto number = pair.is_array() && pair.size() == 2 && pair[1].is_string()
                            ? read_number(pair[0], limits, true)
                            : std::nullopt;
    if (!number) {
      const std::string path = element_path(path_of(key), i);
      error_at(path, path + ": [" + expected_number(limits, true) +
                         ", a string] is expected, not " + shown(pair));
      return;
    }
    read.push_back({static_cast<int>(*number), pair[1].template get<std::string>()});
  }
  value = std::move(read);
}

template <typename Describe>
void ObjectReader::object(const Key& key, const char* /*help*/, Describe describe) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (!found->is_object()) {
    expected(key, "an object");
    return;
  }
  ObjectReader child(document_, rules_, findings_, *found, path_of(key),
                     member_path(canonical_, key.name));
  describe(child);
  child.finish();
}

template <typename T, typename Describe>
void ObjectReader::objects(const Key& key, std::vector<T>& value, const char* /*help*/,
                           Describe describe) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  const std::string canonical = member_path(canonical_, key.name);
  std::vector<T> read;
  const auto element = [&](const Json& object, const std::string& path) {
    if (!object.is_object()) {
      error_at(path, path + ": an object is expected, not " + shown(object));
      return;
    }
    ObjectReader child(document_, rules_, findings_, object, path,
                       element_path(canonical, read.size()));
    describe(child, read.emplace_back());
    child.finish();
  };
  if (found->is_array()) {
    for (std::size_t i = 0; i < found->size(); ++i)
      element((*found)[i], element_path(path_of(key), i));
  } else if (found->is_object()) {
    element(*found, path_of(key));
  } else {
    expected(key, "an object or a list of objects");
    return;
  }
  value = std::move(read);
}

template <typename Describe>
void ObjectReader::others(const char* /*help*/, Describe describe) {
  for (const auto& [key, member] : object_->items()) {
    if (!named_.insert(key).second)
      continue;
    const std::string path = member_path(path_, key);
    if (!member.is_object()) {
      error_at(path, path + ": an object is expected, not " + shown(member));
      continue;
    }
    ObjectReader child(document_, rules_, findings_, member, path, member_path(canonical_, key));
    describe(child, key);
    child.finish();
  }
}

}  // namespace edgy::converter

// Writes settings as fields.h describes them.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "converter/config/fields.h"

namespace edgy::converter {

/// The shortest decimal number that is `value` once more when it is read as a float.
double shortest(float value);

/// A visitor (fields.h): each setting becomes a member with what it holds; objects that are absent
/// stay so. ObjectReader reads the result back as it was.
class SettingsWriter {
 public:
  using Json = nlohmann::ordered_json;

  const Json& json() const { return json_; }

  template <typename T>
  void number(const Key& key, const T& value, const Limits& /*limits*/, const char* /*help*/) {
    json_[key.name] = value;
  }
  void number(const Key& key, float value, const Limits& /*limits*/, const char* /*help*/) {
    json_[key.name] = shortest(value);
  }
  void boolean(const Key& key, bool value, const char* /*help*/) { json_[key.name] = value; }
  template <typename E>
  void choice(const Key& key, const E& value, const Names<E>& names, const char* /*help*/) {
    json_[key.name] = name_in(names, value);
  }
  /// Nothing for an empty text.
  void text(const Key& key, const std::string& value, const char* /*help*/) {
    if (!value.empty())
      json_[key.name] = value;
  }
  template <typename Describe>
  void object(const Key& key, const char* /*help*/, Describe describe) {
    SettingsWriter child;
    describe(child);
    if (!child.json().empty())
      json_[key.name] = child.json();
  }
  template <typename T, typename Describe>
  void object(const Key& key, std::optional<T>& value, const char* help, Describe describe) {
    if (value)
      object(key, help, [&](auto& child) { describe(child, *value); });
  }

 private:
  Json json_ = Json::object();
};

}  // namespace edgy::converter

// Writes the JSON Schema (draft-07) of settings as fields.h describes them.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "converter/config/fields.h"

namespace edgy::converter {

/// A visitor (fields.h): each setting becomes a property with type, accepted values, default (what
/// the setting holds) and help. Unknown properties are not allowed.
class SchemaWriter {
 public:
  using Json = nlohmann::ordered_json;

  explicit SchemaWriter(bool numbers_in_strings) : numbers_in_strings_(numbers_in_strings) {}

  /// {"type": "object", "properties": ..., "additionalProperties": false}.
  Json schema() const;

  template <typename T>
  void number(const Key& key, const T& value, const Limits& limits, const char* help) {
    add(key, with_default(number_schema(limits, std::is_integral_v<T>), Json(value)), help);
  }
  template <typename T>
  void number(const Key& key, const std::optional<T>& /*value*/, const Limits& limits,
              const char* help) {
    add(key, number_schema(limits, std::is_integral_v<T>), help);
  }
  void boolean(const Key& key, bool value, const char* help) {
    add(key, {{"type", "boolean"}, {"default", value}}, help);
  }
  void boolean(const Key& key, const std::optional<bool>& /*value*/, const char* help) {
    add(key, {{"type", "boolean"}}, help);
  }
  template <typename E>
  void choice(const Key& key, const E& value, const Names<E>& names, const char* help) {
    const std::string name = name_in(names, value);  // empty: no choice is no default
    add(key, name.empty() ? choice_schema(names) : with_default(choice_schema(names), name), help);
  }
  template <typename E>
  void choice(const Key& key, const std::optional<E>& /*value*/, const Names<E>& names,
              const char* help) {
    add(key, choice_schema(names), help);
  }
  void text(const Key& key, const std::string& value, const char* help);
  void texts(const Key& key, const std::vector<std::string>& value, const char* help);
  template <typename T>
  void numbers(const Key& key, const std::vector<T>& value, const Limits& limits,
               const char* help) {
    Json list = {{"type", "array"},
                 {"items", number_schema(limits, std::is_integral_v<T>)},
                 {"minItems", 1}};
    add(key, value.empty() ? list : with_default(list, Json(value)), help);
  }
  template <typename T>
  void pairs(const Key& key, const std::vector<T>& /*value*/, const Limits& limits,
             const char* help) {
    const Json items = {{"type", "array"},
                        {"items", Json::array({number_schema(limits, true), {{"type", "string"}}})},
                        {"minItems", 2},
                        {"maxItems", 2}};
    add(key, {{"type", "array"}, {"items", items}}, help);
  }
  template <typename Describe>
  void object(const Key& key, const char* help, Describe describe) {
    SchemaWriter child(numbers_in_strings_);
    describe(child);
    add(key, child.schema(), help);
  }
  template <typename T, typename Describe>
  void objects(const Key& key, std::vector<T>& /*value*/, const char* help, Describe describe) {
    SchemaWriter child(numbers_in_strings_);
    T element{};
    describe(child, element);
    add(key, object_or_list(child.schema()), help);
  }
  template <typename Describe>
  void others(const char* help, Describe describe) {
    SchemaWriter child(numbers_in_strings_);
    describe(child, std::string());
    others_ = child.schema();
    others_["description"] = help;
  }
  template <typename T, typename Describe>
  void object(const Key& key, const std::optional<T>& /*value*/, const char* help,
              Describe describe) {
    object(key, help, [&](auto& child) {
      T absent{};
      describe(child, absent);
    });
  }
  void unused(const Key& key, const char* reason);
  void unused(const std::vector<const char*>& keys, const char* reason);
  void refuse(const Key& /*key*/, const char* /*value*/, const char* /*why*/) {}

  /// A property of a form that the functions above do not write.
  void add(const Key& key, Json property, const std::string& help);
  Json number_schema(const Limits& limits, bool integer) const;
  static Json object_or_list(const Json& object);

 private:
  static Json with_default(Json property, Json value) {
    property["default"] = std::move(value);
    return property;
  }
  template <typename E>
  static Json choice_schema(const Names<E>& names) {
    Json list = Json::array();
    for (const auto& [name, value] : names)
      list.push_back(name);
    return {{"type", "string"}, {"enum", list}};
  }

  bool numbers_in_strings_;
  Json properties_ = Json::object();
  Json others_ = false;  ///< schema of properties that are not named
};

}  // namespace edgy::converter

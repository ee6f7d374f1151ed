#include "converter/config/schema_writer.h"

#include <cmath>

namespace edgy::converter {

SchemaWriter::Json SchemaWriter::schema() const {
  return {{"type", "object"}, {"properties", properties_}, {"additionalProperties", others_}};
}

void SchemaWriter::add(const Key& key, Json property, const std::string& help) {
  property["description"] = help;
  properties_[key.name] = property;
  property.erase("default");
  property["description"] = "Old name of '" + key.name + "'. " + help;
  property["deprecated"] = true;
  for (const char* old : key.old)
    properties_[old] = property;
}

void SchemaWriter::text(const Key& key, const std::string& value, const char* help) {
  Json property = {{"type", "string"}};
  if (!value.empty())
    property["default"] = value;
  add(key, property, help);
}

void SchemaWriter::texts(const Key& key, const std::vector<std::string>& /*value*/,
                         const char* help) {
  add(key, {{"type", {"string", "array"}}, {"items", {{"type", "string"}}}}, help);
}

void SchemaWriter::unused(const Key& key, const char* reason) {
  add(key, {{"deprecated", true}}, std::string("Has no effect in Edgy: ") + reason);
}

void SchemaWriter::unused(const std::vector<const char*>& keys, const char* reason) {
  for (const char* key : keys)
    unused(Key(key), reason);
}

SchemaWriter::Json SchemaWriter::number_schema(const Limits& limits, bool integer) const {
  Json number = {{"type", integer ? "integer" : "number"},
                 {limits.excludes_low ? "exclusiveMinimum" : "minimum", limits.low}};
  if (std::isfinite(limits.high))
    number[limits.excludes_high ? "exclusiveMaximum" : "maximum"] = limits.high;
  if (!numbers_in_strings_)
    return number;
  // The range of a number in a string is beyond a schema; the parser checks it.
  const char* pattern = integer
                            ? "^[ \\t]*-?[0-9]+(\\.0*)?[ \\t]*$"
                            : "^[ \\t]*-?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?[ \\t]*$";
  return {{"anyOf", {number, {{"type", "string"}, {"pattern", pattern}}}}};
}

SchemaWriter::Json SchemaWriter::object_or_list(const Json& object) {
  return {{"anyOf", {object, {{"type", "array"}, {"items", object}}}}};
}

}  // namespace edgy::converter

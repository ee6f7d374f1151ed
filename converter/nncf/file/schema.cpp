#include "converter/nncf/file/schema.h"

#include "converter/config/schema_writer.h"
#include "converter/nncf/file/describe_file.h"

namespace edgy::converter::nncf {
namespace {

using Json = SchemaWriter::Json;

/// The algorithms' schemas by name.
Json definitions() {
  Json result = Json::object();
  for (const std::string& name : algorithm_names()) {
    with_algorithm(name, [&](auto settings) {
      SchemaWriter writer(true);
      writer.add("algorithm", {{"const", name}}, "Which algorithm this is.");
      describe(writer, settings);
      result[name] = writer.schema();
    });
  }
  return result;
}

/// One algorithm: its name decides which schema holds, so that an editor's messages are about that
/// algorithm alone.
Json algorithm_schema() {
  Json choices = Json::array();
  for (const std::string& name : algorithm_names()) {
    choices.push_back({{"if", {{"properties", {{"algorithm", {{"const", name}}}}}}},
                       {"then", {{"$ref", "#/definitions/" + name}}}});
  }
  return {{"type", "object"},
          {"required", Json::array({"algorithm"})},
          {"properties", {{"algorithm", {{"enum", algorithm_names()}}}}},
          {"allOf", choices}};
}

}  // namespace

Json schema() {
  SchemaWriter writer(true);
  NncfConfig config;
  FileFields fields;
  writer.objects("input_info", config.inputs, "The model's inputs.",
                 [](auto& v, InputInfo& input) { describe(v, input); });
  Json compression =
      SchemaWriter::object_or_list(Json::object({{"$ref", "#/definitions/algorithm"}}));
  compression["anyOf"][1]["minItems"] = 1;
  writer.add("compression", compression, "The algorithms to apply; they combine.");
  describe_file(writer, fields, config);
  Json result = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "NNCF configuration as Edgy reads it"},
                 {"allowComments", true},
                 {"allowTrailingCommas", true}};
  result.update(writer.schema());
  result["anyOf"] = Json::array({{{"required", Json::array({"compression"})}},
                                 {{"required", Json::array({"input_info"})}},
                                 {{"required", Json::array({"model"})}}});
  result["definitions"] = definitions();
  result["definitions"]["algorithm"] = algorithm_schema();
  return result;
}

}  // namespace edgy::converter::nncf

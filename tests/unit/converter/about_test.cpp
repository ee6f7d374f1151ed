// What a file says of its model in words, from ONNX's metadata to `edgy inspect` and back.
#include "converter/about.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <sstream>

#include "converter/convert.h"
#include "converter/error.h"
#include "converter/onnx_export/to_onnx.h"
#include "converter/report/inspect.h"
#include "tests/unit/converter/onnx/onnx_models.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;

void add_metadata(onnx::ModelProto& proto, const std::string& key, const std::string& text) {
  onnx::StringStringEntryProto& entry = *proto.add_metadata_props();
  entry.set_key(key);
  entry.set_value(text);
}

SmallModel relu() {
  SmallModel model;
  model.input("x", {1, 4}).output("y", {1, 4});
  model.node("Relu", {"x"}, {"y"});
  return model;
}

fb::ModelT convert_with(const SmallModel& model, const About& about) {
  ConvertConfig config;
  config.about = about;
  ConvertRequest request;
  ConvertListener listener;
  const SourceFile source{"relu.onnx", model.file()};
  return lower_model(rewrite(source, request, listener), config);
}

TEST_CASE("about: what ONNX's metadata says, by its own name or ONNX's", "[about]") {
  SmallModel model = relu();
  add_metadata(model.proto(), "model_author", "A. Uthor");
  add_metadata(model.proto(), "license", "MIT");
  add_metadata(model.proto(), "names", "{0: 'person'}");
  fb::ModelT lowered = convert_with(model, {});
  REQUIRE(lowered.metadata);
  CHECK(lowered.metadata->author == "A. Uthor");
  CHECK(lowered.metadata->license == "MIT");
  // What the caller says counts, and what it leaves out stays.
  lowered = convert_with(model, parse_about({"license=CC-BY-4.0"}));
  CHECK(lowered.metadata->license == "CC-BY-4.0");
  CHECK(lowered.metadata->author == "A. Uthor");
}

TEST_CASE("about: is shown, escaped, and exported", "[about]") {
  SmallModel model = relu();
  add_metadata(model.proto(), "author", "\x1b[2J");
  add_metadata(model.proto(), "license", "no \xff UTF-8");
  fb::ModelT lowered = convert_with(model, {});
  CHECK(lowered.metadata->license.empty());
  const ModelInfo info = inspect(lowered, {.file_bytes = 1, .extent = 4});
  std::ostringstream out;
  print(info, lowered, out);
  CHECK_THAT(out.str(), ContainsSubstring("author: \\x1b[2J\n") && !ContainsSubstring("license"));
  CHECK(to_json(info, lowered).at("about") == nlohmann::ordered_json{{"author", "\x1b[2J"}});
  onnx::ModelProto exported;
  REQUIRE(exported.ParseFromString(to_onnx(lowered).bytes));
  CHECK(exported.metadata_props(0).key() == "model_author");
}

TEST_CASE("about: names that there are not, and texts that are none", "[about]") {
  for (const char* text : {"licence=MIT", "license", "", "=MIT", "licenseMIT"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(parse_about({text}), ContainsSubstring("license, author"));
  }
  CHECK_THROWS_WITH(parse_about({"author=\xff"}), ContainsSubstring("UTF-8"));
  CHECK(parse_about({"author=A=B"}).author == "A=B");
  CHECK(parse_about({"author="}).author.empty());
}

}  // namespace
}  // namespace edgy::converter

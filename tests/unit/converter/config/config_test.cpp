#include "converter/config/config.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include "converter/config/document.h"
#include "converter/config/nearest_name.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("configuration: every setting, comments allowed", "[config]") {
  const ConvertConfig config = parse_config(R"({
    // settings of a sparse model
    "precision": "int8", "range": "percentile", "percentile": 99.9, "activation_bits": 8, "weight_bits": 4, "rounding": "nearest",
    "bias_correction": false, "min_layer_sqnr_db": 12.5, "min_output_sqnr_db": 22.5, "max_integer_loss_db": 1.5, "calibration_samples": 7, "seed": 3,
    "pruning": {"sparsity": 0.8, "block": {"rows": 1, "columns": 4}, "method": "magnitude", "allocation": "uniform"},
    "log_mel": {"mels": 64}
  })",
                                            "c.json");
  CHECK(config.quantize.range == RangeMethod::kPercentile);
  CHECK(config.quantize.percentile == 99.9);
  CHECK(config.quantize.activation_bits == 8);
  CHECK(config.quantize.weight_bits == 4);
  CHECK_FALSE(config.quantize.bias_correction);
  CHECK(config.quantize.min_layer_sqnr_db == 12.5);
  CHECK(config.quantize.min_output_sqnr_db == 22.5);
  CHECK(config.quantize.max_integer_loss_db == 1.5);
  CHECK(config.quantize.calibration_samples == 7);
  CHECK(config.seed == 3);
  REQUIRE(config.quantize.pruning);
  CHECK(config.quantize.pruning->sparsity == 0.8);
  CHECK(config.quantize.pruning->allocation == SparsityAllocation::kUniform);
  REQUIRE(config.log_mel);
  CHECK(config.log_mel->mels == 64);
  CHECK(config.log_mel->hop == 160);
}

TEST_CASE("configuration: N:M says the sparsity; filters and fits have settings of their own",
          "[config]") {
  const ConvertConfig config = parse_config(R"({
    "pruning": {"block": {"columns": 1, "n": 1, "m": 4}},
    "reconstruction": {"damping": 0.1, "mask_iterations": 5, "activation_rounds": 0},
    "filter_pruning": {"rate": 0.4, "importance": "l1", "prune_first": true, "multiple_of": 8}
  })",
                                            "c.json");
  REQUIRE(config.quantize.pruning);
  CHECK(config.quantize.pruning->sparsity == 0.75);
  CHECK(config.quantize.reconstruction.damping == 0.1);
  CHECK(config.quantize.reconstruction.mask_iterations == 5);
  CHECK(config.quantize.reconstruction.activation_rounds == 0);
  REQUIRE(config.filter_pruning);
  CHECK(config.filter_pruning->rate == 0.4);
  CHECK(config.filter_pruning->importance == FilterImportance::kL1);
  CHECK(config.filter_pruning->prune_first);
  CHECK(config.filter_pruning->multiple_of == 8);
  CHECK_THROWS_WITH(parse_config(R"({"filter_pruning": {"importance": "l3"}})", "c.json"),
                    ContainsSubstring("l1, l2, geometric-median"));
  CHECK_THROWS_WITH(parse_config(R"({"reconstruction": {"dampnig": 1}})", "c.json"),
                    ContainsSubstring("did you mean 'damping'"));
}

/// A value of each property that is not its default, as the schema describes it.
nlohmann::ordered_json other_value(const nlohmann::ordered_json& schema) {
  if (schema.contains("properties")) {
    nlohmann::ordered_json object;
    for (const auto& [key, property] : schema["properties"].items())
      object[key] = other_value(property);
    return object;
  }
  if (!schema.contains("default") && schema["type"] == "string")
    return "said";
  const nlohmann::ordered_json& standard = schema["default"];
  if (schema.contains("enum"))
    return schema["enum"].back() == standard ? schema["enum"].front() : schema["enum"].back();
  if (schema["type"] == "boolean")
    return !standard.get<bool>();
  const double low = schema["minimum"];
  const double high = schema["maximum"];
  const double value = standard.get<double>() == low ? (low + high) / 2 : low;
  if (schema["type"] == "integer")
    return static_cast<int64_t>(value);
  return value;
}

TEST_CASE("configuration: every option that is read is written", "[config]") {
  const nlohmann::ordered_json given = other_value(config_schema());
  REQUIRE(given["log_mel"]["mels"].is_number());
  REQUIRE(given["seed"] != 1);
  const auto written =
      nlohmann::ordered_json::parse(to_json(parse_config(given.dump(), "given.json")));
  CHECK(written.dump(1) == given.dump(1));
  // Numbers that a float cannot hold as they are written stay what they are.
  const std::string preemphasis = R"({"log_mel": {"preemphasis": 0.9}})";
  CHECK_THAT(to_json(parse_config(preemphasis, "mel.json")),
             ContainsSubstring(R"("preemphasis":0.9,)"));
}

TEST_CASE("configuration: what is absent stays absent", "[config]") {
  const std::string written = to_json(ConvertConfig());
  for (const char* object : {"\"pruning\"", "budget", "filter_pruning", "log_mel", "about"}) {
    CAPTURE(object);
    CHECK_THAT(written, !ContainsSubstring(object));
  }
}

TEST_CASE("configuration: a number beyond a double is named with its place", "[config]") {
  CHECK_THROWS_WITH(parse_config("{\n  \"seed\": 1e999\n}", "c.json"),
                    "c.json:2:11: not valid JSON: the number 1e999 is too large");
  CHECK_THROWS_WITH(parse_config("{\"seed\":-1e999}", "c.json"), ContainsSubstring("c.json:1:9: "));
}

TEST_CASE("configuration: hundreds of thousands of unknown keys, some named", "[config]") {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i)
    text += "\"key" + std::to_string(i) + "\": 0, ";
  try {
    parse_config(text + "}", "c.json");
    FAIL("unknown keys are accepted");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ContainsSubstring("c.json:1:2: unknown key 'key0'") &&
                                 ContainsSubstring("199980 unknown keys more"));
    CHECK(std::string(error.what()).size() < 4000);
  }
}

TEST_CASE("configuration: places of members and elements, the last of equal keys", "[config]") {
  const JsonDocument document = JsonDocument::parse(
      "{\"a.b\": 1,\n \"a\": {\"b\": [1, {\"c\": 2}]},\n \"a\": {\"b\": [1, {\"c\": 3}]}}", "d");
  const auto at = [&](const std::string& path) {
    const Position place = document.position(path);
    return std::pair(place.line, place.column);
  };
  CHECK(at("") == std::pair(1, 1));
  CHECK(at("a") == std::pair(3, 2));
  CHECK(at("a.b[0]") == std::pair(3, 14));
  CHECK(at("a.b[1].c") == std::pair(3, 18));
  CHECK(at("a.b[2]") == std::pair(0, 0));
  CHECK(at("x") == std::pair(0, 0));
  REQUIRE(document.repairs().size() == 1);
  CHECK(document.repairs()[0].at.line == 3);
}

TEST_CASE("a name is suggested only where a slip of the hand leads to it", "[config]") {
  const std::vector<std::string> known = {"seed", "mels", "activation_bits"};
  CHECK(nearest_name("sed", known) == "seed");
  CHECK(nearest_name("activation_bist", known) == "activation_bits");
  CHECK(nearest_name("activation", known) == "activation_bits");
  CHECK_FALSE(nearest_name("model", known));
  CHECK_FALSE(nearest_name("", known));
}

TEST_CASE("configuration: errors name the file, the key and what would be accepted", "[config]") {
  CHECK_THROWS_WITH(parse_config("{", "c.json"),
                    ContainsSubstring("c.json") && ContainsSubstring("not valid JSON"));
  CHECK_THROWS_WITH(parse_config("[]", "c.json"), ContainsSubstring("object"));
  CHECK_THROWS_WITH(parse_config(R"({"precison": "int8"})", "c.json"),
                    ContainsSubstring("'precison'") && ContainsSubstring("'precision'"));
  CHECK_THROWS_WITH(parse_config(R"({"range": "middle"})", "c.json"),
                    ContainsSubstring("min-max, mean-min-max, three-sigma, percentile, mse"));
  CHECK_THROWS_WITH(parse_config(R"({"activation_bits": 9})", "c.json"),
                    ContainsSubstring("from 2 to 8"));
  CHECK_THROWS_WITH(parse_config(R"({"activation_bits": "8"})", "c.json"),
                    ContainsSubstring("integer"));
  CHECK_THROWS_WITH(parse_config(R"({"bias_correction": 1})", "c.json"),
                    ContainsSubstring("true or false"));
  CHECK_THROWS_WITH(parse_config(R"({"pruning": {"sparsity": 2}})", "c.json"),
                    ContainsSubstring("c.json:1:14: pruning.sparsity"));
}

}  // namespace
}  // namespace edgy::converter

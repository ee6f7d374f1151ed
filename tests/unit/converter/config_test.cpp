#include "converter/config/config.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "converter/error.h"

namespace edgy::converter {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("configuration: every setting, comments allowed", "[config]") {
  const ConvertConfig config = parse_config(R"({
    // settings of a sparse model
    "precision": "int8", "range": "percentile", "percentile": 99.9, "activation_bits": 8, "weight_bits": 4, "rounding": "nearest",
    "bias_correction": false, "min_layer_sqnr_db": 12.5, "calibration_samples": 7, "seed": 3,
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

TEST_CASE("configuration: what is written is read back", "[config]") {
  ConvertConfig config;
  config.filter_pruning.emplace().rate = 0.3;
  config.quantize.range = RangeMethod::kMse;
  config.quantize.pruning.emplace().sparsity = 0.25;
  CHECK(to_json(parse_config(to_json(config), "again")) == to_json(config));
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

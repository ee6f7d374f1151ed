// NNCF's configurations: EDGY's own files, and what is wrong with others.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <sstream>

#include "converter/error.h"
#include "converter/nncf/algorithms/bits.h"
#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/conversion.h"
#include "converter/nncf/explain/explain.h"
#include "converter/nncf/file/parser.h"

namespace edgy::converter::nncf {
namespace {

using Catch::Matchers::ContainsSubstring;

const std::filesystem::path kFolder = std::filesystem::path(EDGY_TEST_DATA) / "nncf-configs";

ParsedNncf read_named(const std::string& name) {
  return read(kFolder / ("nncf_config" + name + ".json"));
}

template <typename T>
T only(const ParsedNncf& parsed) {
  REQUIRE(parsed.config.algorithms.size() == 1);
  return std::get<T>(parsed.config.algorithms[0]);
}

std::string warnings_of(const ParsedNncf& parsed) {
  std::string text;
  for (const Diagnostic& warning : parsed.warnings)
    text += to_string(warning, "f") + "\n";
  return text;
}

/// One algorithm in a file.
std::string with(const std::string& algorithm) {
  return R"({"input_info": {"sample_size": [1, 8]}, "compression": )" + algorithm + "}";
}

TEST_CASE("all of EDGY's files load, with a warning for their input type", "[nncf]") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".json")
      continue;
    CAPTURE(entry.path().string());
    const ParsedNncf parsed = read(entry.path());
    CHECK(parsed.config.algorithms.size() == 1);
    CHECK(parsed.config.inputs.at(0).sample_size == std::vector<int64_t>{1, 80, 100});
    CHECK_THAT(warnings_of(parsed), ContainsSubstring("f:6:25: input_info[0].type: 'int64'"));
    ++files;
  }
  CHECK(files == 19);
}

TEST_CASE("commas after a last member are named with line and column", "[nncf]") {
  CHECK_THAT(warnings_of(read_named("")), ContainsSubstring("f:14:31: a comma after the last"));
  CHECK_THAT(warnings_of(read_named("_Q")), ContainsSubstring("f:21:6: a comma after the last"));
  CHECK(warnings_of(read_named("_Q_Asym_int8")).find("comma") == std::string::npos);
}

TEST_CASE("EDGY's sparsity files reach what they ask for", "[nncf]") {
  for (const auto& [name, target] :
       {std::pair("_MS_20", 0.2), std::pair("_MS_40", 0.4), std::pair("_MS_60", 0.6)}) {
    CAPTURE(name);
    const auto algorithm = only<MagnitudeSparsity>(read_named(name));
    CHECK(final_sparsity(algorithm.params) == target);
    CHECK(sparsity_level(algorithm.params, 0) == 0.05);
    CHECK(sparsity_level(algorithm.params, 10) == 0.1);
    CHECK(sparsity_level(algorithm.params, 24) < target);
    CHECK(sparsity_level(algorithm.params, 25) == target);
    CHECK(algorithm.params.freeze_epoch == 25);
    CHECK(algorithm.importance == WeightImportance::kNormedAbs);
  }
  CHECK(final_sparsity(only<RbSparsity>(read_named("_RBS_60")).params) == 0.6);
  CHECK(final_sparsity(only<RbSparsity>(read_named("")).params) == 0.5);
  CHECK_THAT(
      warnings_of(read_named("_RBS_20")),
      ContainsSubstring("f:23:13: compression.params.multistep_sparsity_levels: there are as "
                        "many levels as steps"));
}

TEST_CASE("EDGY's pruning files", "[nncf]") {
  const auto median = only<FilterPruning>(read_named("_PGMB_60"));
  CHECK(median.importance == FilterNorm::kGeometricMedian);
  CHECK(median.schedule == PruningSchedule::kBaseline);
  CHECK(median.target == 0.6);
  CHECK(median.warmup_epochs == 1);
  CHECK_FALSE(median.prune_batch_norms);
  CHECK(median.zero_grad);
  CHECK(only<FilterPruning>(read_named("_PL1B_20")).importance == FilterNorm::kL1);
  CHECK(only<FilterPruning>(read_named("_PL2B_40")).importance == FilterNorm::kL2);
}

TEST_CASE("EDGY's quantization files", "[nncf]") {
  CHECK(only<Quantization>(read_named("_Q")).range.at(0).samples == 5);
  const auto asymmetric = only<Quantization>(read_named("_Q_Asym_int8"));
  CHECK(asymmetric.weights.mode == QuantizationMode::kAsymmetric);
  CHECK(asymmetric.activations.mode == QuantizationMode::kAsymmetric);
  CHECK(asymmetric.weights.bits == 8);
  const auto mixed = only<Quantization>(read_named("_Q_mixed_int_hawq"));
  CHECK(mixed.weights.bits == 4);
  CHECK(mixed.weights.per_channel);
  CHECK(mixed.range.at(0).kind == RangeKind::kMinMax);
  const auto& hawq = std::get<HawqPrecision>(mixed.precision);
  CHECK(hawq.bits == std::vector<int>{4, 8});
  CHECK(hawq.data_points == 1000);
  CHECK(hawq.iterations == 500);
  CHECK(hawq.tolerance == 1e-5);
}

TEST_CASE("comments, lists of algorithms, scopes and old spellings", "[nncf]") {
  const ParsedNncf parsed = parse(R"({
    // two algorithms
    "ignored_scopes": "{re}.*last.*", /* for all */ "target_device": "CPU",
    "compression": [
      {"algorithm": "magnitude_sparsity", "sparsity_init": " 0.1 ",
       "params": {"schedule": "polynomial", "sparsity_steps": "8", "concave": false}},
      {"algorithm": "quantization", "preset": "mixed", "target_scopes": ["/a/Conv"],
       "initializer": {"range": [{"type": "threesigma", "target_quantizer_group": "weights"},
                                 {"type": "percentile", "params": {"min_percentile": "1"}}],
                       "precision": {"type": "manual", "bitwidth_per_scope": [[4, "/a/Conv"]]}},
       "scope_overrides": {"weights": {"{re}/b.*": {"bits": 4}}}}]})",
                                  "c.json");
  REQUIRE(parsed.config.algorithms.size() == 2);
  const auto& sparsity = std::get<MagnitudeSparsity>(parsed.config.algorithms[0]);
  CHECK(sparsity.params.init == 0.1);
  CHECK(sparsity.params.target_epoch == 8);
  CHECK(sparsity.scopes.ignored == std::vector<std::string>{"{re}.*last.*"});
  CHECK(parsed.given.contains("compression[0].params.sparsity_target_epoch"));
  const auto& quantization = std::get<Quantization>(parsed.config.algorithms[1]);
  CHECK(quantization.activations.mode == QuantizationMode::kAsymmetric);
  CHECK(quantization.weights.mode == QuantizationMode::kSymmetric);
  CHECK(quantization.range.size() == 2);
  CHECK(quantization.range[1].min_percentile == 1);
  CHECK(std::get<ManualPrecision>(quantization.precision).bitwidth_per_scope.at(0).bits == 4);
  CHECK(quantization.overrides.at(0).scope == "{re}/b.*");
  CHECK_FALSE(quantization.overrides.at(0).activations);
  CHECK(is_nncf(with("[]")));
  CHECK_FALSE(is_nncf(R"({"precision": "int8"})"));
  CHECK_FALSE(is_nncf("{"));
}

TEST_CASE("unknown keys become warnings with the nearest known one", "[nncf]") {
  const ParsedNncf parsed = parse(
      "{\"compression\": {\"algorithm\": \"rb_sparsity\",\n\"params\": {\"sparsity_taget\": "
      "0.3}},\n"
      "\"hw_config_type\": \"cpu\", \"input_inf\": []}",
      "c.json");
  const std::string text = warnings_of(parsed);
  CHECK_THAT(text,
             ContainsSubstring("f:2:12: compression.params: unknown key 'sparsity_taget'; did "
                               "you mean 'sparsity_target'? It is ignored."));
  REQUIRE(parsed.unused.size() == 1);
  CHECK_THAT(to_string(parsed.unused[0].diagnostic, "f"),
             ContainsSubstring("f:3:1: hw_config_type has no effect in Edgy"));
  CHECK_THAT(text, ContainsSubstring("'input_inf'; did you mean 'input_info'?"));
}

/// As NNCF's example runner has it around a "compression".
std::string runner_file(const std::string& more) {
  return R"({"model": "resnet50", "pretrained": true, "weights": "resnet50.pth", "batch_size": 64,
    "epochs": 30, "num_classes": 10, "dataset": "cifar10", "workers": 4, "weight_decay": 1e-4,
    "optimizer": {"type": "SGD", "base_lr": 0.1, "schedule_type": "multistep", "steps": [10]},
    "input_info": {"sample_size": [1, 3, 32, 32]})" +
         more + "}";
}

TEST_CASE("keys of NNCF's example runner: one sentence for all of them", "[nncf]") {
  const std::string file = runner_file(R"(, "compression": {"algorithm": "const_sparsity"})");
  const ParsedNncf parsed = parse(file, "c.json");
  CHECK(parsed.warnings.empty());
  REQUIRE(parsed.unused.size() == 1);
  const std::string sentence = parsed.unused[0].diagnostic.message;
  for (const char* key : {"model", "pretrained", "weights", "batch_size", "epochs", "num_classes",
                          "dataset", "workers", "weight_decay", "optimizer"}) {
    CAPTURE(key);
    CHECK_THAT(sentence, ContainsSubstring(key));
  }
  CHECK_THAT(sentence, ContainsSubstring("have no effect in Edgy: NNCF's example runner"));
  CHECK_THAT(to_text(explain(parsed)), ContainsSubstring("note"));
}

TEST_CASE("a file of plain training says so in one line and asks for nothing", "[nncf]") {
  const std::string file = runner_file("");
  CHECK(is_nncf(file));
  const ParsedNncf parsed = parse(file, "c.json");
  CHECK(parsed.config.algorithms.empty());
  CHECK(parsed.warnings.empty());
  const Explanation explanation = explain(parsed);
  CHECK_THAT(explanation.summary,
             ContainsSubstring("no 'compression'") && ContainsSubstring("plain training"));
  CHECK(to_json(explanation, parsed)["summary"] == explanation.summary);
  const ConversionPlan plan = plan_conversion(parsed);
  REQUIRE_FALSE(plan.notes.empty());
  CHECK(plan.notes[0] == explanation.summary);
  CHECK(to_json(plan.config) == to_json(ConvertConfig()));
}

TEST_CASE("BootstrapNAS and autoq are refused in words", "[nncf]") {
  CHECK_THROWS_WITH(
      parse(
          runner_file(R"(, "bootstrapNAS": {"training": {"algorithm": "progressive_shrinking"}})"),
          "c.json"),
      ContainsSubstring("bootstrapNAS: BootstrapNAS trains") &&
          ContainsSubstring("which Edgy does not do"));
  CHECK_THROWS_WITH(parse(with(R"({"algorithm": "progressive_shrinking"})"), "c.json"),
                    ContainsSubstring("BootstrapNAS"));
  CHECK_THROWS_WITH(parse(with(R"({"algorithm": "quantization",
      "initializer": {"precision": {"type": "autoq", "bits": [2, 4, 8]}}})"),
                          "c.json"),
                    "c.json:2:37: compression.initializer.precision.type: 'autoq' chooses bits by "
                    "reinforcement learning over many trainings, which Edgy does not do; 'hawq' "
                    "chooses them by Hessian traces (edgy finetune), and edgy convert --budget by "
                    "measured damage");
}

TEST_CASE("no samples for ranges is legal, and said", "[nncf]") {
  const ParsedNncf parsed = parse(with(R"({"algorithm": "quantization",
      "initializer": {"range": {"num_init_samples": 0}}})"),
                                  "c.json");
  CHECK(only<Quantization>(parsed).range.at(0).samples == 0);
  CHECK_THAT(to_text(explain(parsed)), ContainsSubstring("num_init_samples is 0"));
  CHECK(plan_conversion(parsed).config.quantize.calibration_samples ==
        QuantizeOptions().calibration_samples);
}

TEST_CASE("a level that begins above its target, where NNCF would search for it", "[nncf]") {
  const std::string pruning =
      R"({"algorithm": "filter_pruning", "pruning_init": 0.9, "params": {"pruning_target": 0.1}})";
  CHECK_THROWS_WITH(parse(with(pruning), "c.json"), ContainsSubstring("is below pruning_init"));
  const std::string search =
      R"(, "accuracy_aware_training": {"mode": "adaptive_compression_level"}, "compression": )";
  const ParsedNncf parsed = parse(runner_file(search + pruning), "c.json");
  CHECK_THAT(warnings_of(parsed), ContainsSubstring("Edgy goes to 10 %"));
  CHECK(only<FilterPruning>(parsed).init == 0.1);
  CHECK(plan_conversion(parsed).config.filter_pruning->rate == 0.1);
  CHECK_THAT(to_text(explain(parsed)), ContainsSubstring("accuracy_aware_training has no effect"));
  CHECK_THROWS_WITH(
      parse(runner_file(R"(, "accuracy_aware_training": {"mode": "early_exit"}, "compression": )" +
                        pruning),
            "c.json"),
      ContainsSubstring("is below pruning_init"));
}

TEST_CASE("bits of weights follow overrides, then bits by hand, then scopes", "[nncf]") {
  const ParsedNncf parsed = parse(with(R"({"algorithm": "quantization", "weights": {"bits": 4},
      "ignored_scopes": ["/c"],
      "initializer": {"precision": {"type": "manual", "bitwidth_per_scope": [[6, "/b"], [6, "/d"]]}},
      "scope_overrides": {"weights": {"{re}d$": {"bits": 5}}}})"),
                                  "c.json");
  const auto& q = only<Quantization>(parsed);
  CHECK(says_layer_bits(q));
  CHECK(weight_bits(q, "/a") == 4);
  CHECK(weight_bits(q, "/b") == 6);
  CHECK(weight_bits(q, "/c") == 8);
  CHECK(weight_bits(q, "/d") == 5);
  const ConvertConfig config = plan_conversion(parsed).config;
  CHECK(config.quantize.weight_bits_of("/b") == 6);
  CHECK(config.quantize.rounding == RoundingMethod::kReconstruction);
  const ParsedNncf plain = parse(with(R"({"algorithm": "quantization"})"), "c.json");
  CHECK_FALSE(says_layer_bits(only<Quantization>(plain)));
}

TEST_CASE("scopes of sparsity hold in conversion", "[nncf]") {
  const ParsedNncf parsed =
      parse(with(R"({"algorithm": "magnitude_sparsity", "ignored_scopes": ["/a"],
               "params": {"schedule": "multistep", "multistep_steps": [1],
                          "multistep_sparsity_levels": [0.1, 0.5]}})"),
            "c.json");
  const auto& pruning = plan_conversion(parsed).config.quantize.pruning;
  REQUIRE(pruning);
  CHECK_FALSE(pruning->in_scope("/a"));
  CHECK(pruning->in_scope("/b"));
}

TEST_CASE("what is read and changes nothing is said in the explanation", "[nncf]") {
  const auto says = [](const std::string& algorithm, const std::string& words) {
    CAPTURE(algorithm);
    std::string notes;
    const auto explained = explain(parse(with(algorithm), "c"));
    for (const std::string& note : explained.algorithms.at(0).notes)
      notes += note + "\n";
    CHECK_THAT(notes, ContainsSubstring(words));
  };
  says(R"({"algorithm": "quantization", "ignored_scopes": ["/a"]})",
       "ignored_scopes has no effect in Edgy: which layers");
  says(
      R"({"algorithm": "quantization", "scope_overrides": {"weights": {"/a": {"mode": "asymmetric"}}}})",
      "Of scope_overrides Edgy takes the bits of weights");
  says(R"({"algorithm": "quantization", "activations": {"mode": "symmetric"}})",
       "activations.mode has no effect in Edgy: activations have one asymmetric range");
  says(R"({"algorithm": "quantization", "initializer": {"precision":
           {"type": "manual", "bitwidth_per_scope": [[4, "/a"]]}}})",
       "Bits by hand (bitwidth_per_scope) are those of a layer's weights");
  says(R"({"algorithm": "quantization", "export_to_onnx_standard_ops": true})",
       "export_to_onnx_standard_ops has no effect in Edgy: Edgy writes .edgy files.");
  says(R"({"algorithm": "quantization", "params": {"base_lr": 1, "base_wd": 1}})",
       "params.base_lr, compression.params.base_wd have no effect");
  says(R"({"algorithm": "filter_pruning", "params": {"interlayer_ranking_type": "learned_ranking",
           "legr_params": {"generations": 10}}})",
       "not by learned ranks (LeGR).");
  says(R"({"algorithm": "filter_pruning", "ignored_scopes": ["/a"]})", "Scopes have no effect");
  says(R"({"algorithm": "magnitude_sparsity",
           "initializer": {"batchnorm_adaptation": {"num_bn_adaptation_samples": 10}}})",
       "initializer.batchnorm_adaptation has no effect");
}

TEST_CASE("wrong values: line, column, path, what was found, what would be right", "[nncf]") {
  const auto says = [](const std::string& algorithm, const std::string& message) {
    CAPTURE(algorithm);
    CHECK_THROWS_WITH(parse(with(algorithm), "c.json"), ContainsSubstring(message));
  };
  says(R"({"algorithm": "quantization", "weights": {"bits": 9}})",
       "c.json:1:98: compression.weights.bits: an integer from 2 to 8 is expected, not 9");
  says(R"({"algorithm": "quantization", "weights": {"bits": "four"}})", "not \"four\"");
  says(R"({"algorithm": "quantization", "weights": {"mode": "middle"}})",
       "one of symmetric, asymmetric is expected, not \"middle\"");
  says(R"({"algorithm": "quantization", "weights": {"per_channel": "yes"}})",
       "true or false is expected");
  says(R"({"algorithm": "filter_pruning", "params": {"pruning_target": 1}})",
       "a number of at least 0 and below 1 is expected, not 1");
  says(R"({"algorithm": "magnitude_sparsity", "params": {"multistep_steps": [10, "x"]}})",
       "compression.params.multistep_steps[1]");
  says(R"({"algorithm": "magnitude_sparsity", "params": []})", "an object is expected, not []");
  says(R"({"algorithm": "magnitude"})", "did you mean 'magnitude_sparsity'?");
  says(R"({"algorithm": "binarization"})", "an algorithm of NNCF that Edgy does not have");
  says("{}", "'algorithm' is missing");
  says("[]", "at least one algorithm is expected");
  says("7", "an object or a list of objects is expected, not 7");
  says(R"([{"algorithm": "rb_sparsity"}, {"algorithm": "rb_sparsity"}])", "listed twice");
  says(R"({"algorithm": "rb_sparsity", "ignored_scopes": "{re}("})", "no regular expression");
  says(R"({"algorithm": "rb_sparsity", "sparsity_init": 0.9})", "is below sparsity_init, 90 %");
  says(R"({"algorithm": "rb_sparsity", "params": {"schedule": "multistep", "multistep_steps": [1],
           "multistep_sparsity_levels": [0.1, 0.2, 0.3]}})",
       "there are 3 levels for 1 steps; 2 are expected");
  CHECK_THROWS_WITH(parse("{}", "c.json"), ContainsSubstring("'compression' is missing"));
  CHECK_THROWS_WITH(parse("{\n  \"compression\" 7}", "c.json"),
                    ContainsSubstring("c.json:2:17: not valid JSON"));
  CHECK_THROWS_WITH(parse("/* open", "c.json"), ContainsSubstring("not closed by */"));
  CHECK_THROWS_WITH(parse(std::string(100, '['), "c.json"), ContainsSubstring("nested deeper"));
}

TEST_CASE("all wrong values are named at once", "[nncf]") {
  try {
    parse(
        with(
            R"({"algorithm": "quantization", "weights": {"bits": 1}, "activations": {"bits": 0}})"),
        "c.json");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ContainsSubstring("weights.bits"));
    CHECK_THAT(error.what(), ContainsSubstring("activations.bits"));
  }
}

TEST_CASE("strings keep what looks like comments and commas", "[nncf]") {
  const ParsedNncf parsed = parse(
      R"({"compression": {"algorithm": "const_sparsity", "target_scopes": ["a//b", "c/*d*/", ",]"],}})",
      "c.json");
  CHECK(only<ConstSparsity>(parsed).scopes.target ==
        std::vector<std::string>{"a//b", "c/*d*/", ",]"});
  CHECK(parsed.warnings.size() == 1);
}

TEST_CASE("explanations fit 80 columns and say what is a default", "[nncf]") {
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".json")
      continue;
    std::istringstream lines(to_text(explain(read(entry.path()))));
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= 80);
      CHECK((line.empty() || line.back() != ' '));
    }
  }
  const std::string text = to_text(explain(read_named("_MS_20")));
  CHECK_THAT(text, ContainsSubstring("20 % of them in the end"));
  CHECK_THAT(text, ContainsSubstring("(normed_abs)\n                   [default]"));
  CHECK_THAT(text, ContainsSubstring("        10    10.0 %"));
  CHECK_THAT(text, ContainsSubstring("        25    20.0 %   masks stay as they are"));
  CHECK_THAT(text, ContainsSubstring("patience, sparsity_target_epoch have no effect"));
  const auto json = to_json(explain(read_named("_Q")), read_named("_Q"));
  CHECK(json["algorithms"][0]["algorithm"] == "quantization");
  CHECK(json["warnings"][1]["line"] == 21);
}

TEST_CASE("what needs no training is mapped onto edgy convert", "[nncf]") {
  const ConversionPlan sparse = plan_conversion(read_named("_MS_40"));
  REQUIRE(sparse.config.quantize.pruning);
  CHECK(sparse.config.quantize.pruning->sparsity == 0.4);
  CHECK(sparse.config.quantize.pruning->allocation == SparsityAllocation::kSensitivity);
  const ConversionPlan pruned = plan_conversion(read_named("_PL1B_60"));
  REQUIRE(pruned.config.filter_pruning);
  CHECK(pruned.config.filter_pruning->rate == 0.6);
  CHECK(pruned.config.filter_pruning->importance == FilterImportance::kL1);
  CHECK_FALSE(pruned.config.filter_pruning->prune_downsampling);
  const ConversionPlan quantized = plan_conversion(read_named("_Q"));
  CHECK(quantized.config.quantize.range == RangeMethod::kMeanMinMax);
  CHECK(quantized.config.quantize.calibration_samples == 5);
  CHECK(quantized.config.quantize.activation_bits == 7);
  const ConversionPlan mixed = plan_conversion(read_named("_Q_mixed_int_hawq"));
  CHECK(mixed.config.quantize.activation_bits == 8);
  CHECK(mixed.config.quantize.range == RangeMethod::kMinMax);
  REQUIRE(mixed.notes.size() == 1);
  CHECK_THAT(mixed.notes[0], ContainsSubstring("--budget"));
  CHECK(mixed.config.quantize.weight_bits == 8);
  const ConversionPlan coarse = plan_conversion(parse(
      R"({"compression": {"algorithm": "quantization", "weights": {"bits": 4}}})", "coarse.json"));
  CHECK(coarse.config.quantize.weight_bits == 4);
  CHECK(coarse.config.quantize.rounding == RoundingMethod::kReconstruction);
  const ConversionPlan random = plan_conversion(read_named("_RBS_20"));
  CHECK(random.config.quantize.pruning->sparsity == 0.2);
  CHECK_THAT(random.notes.at(0), ContainsSubstring("not learned"));
}

}  // namespace
}  // namespace edgy::converter::nncf

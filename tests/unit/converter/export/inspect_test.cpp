// What reads whole models beside the runtime: inspection and pruning, of models with operands left
// out and of hostile ones.
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "converter/pruning/channel_groups.h"
#include "converter/report/inspect.h"
#include "tests/loader/operator_models.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;

fb::ModelT model_named(const std::string& name) {
  for (tests::OperatorModel& base : tests::operator_models()) {
    if (base.name == name)
      return std::move(base.model);
  }
  FAIL("there is no model " << name);
  return {};
}

fb::ModelT without_first_output(const std::string& name) {
  fb::ModelT model = model_named(name);
  model.operators[0]->outputs[0] = -1;
  model.outputs.erase(model.outputs.begin());
  return model;
}

ModelInfo inspected(const fb::ModelT& model) {
  return inspect(model, {.file_bytes = tests::bytes_of(model).size(), .extent = 5});
}

TEST_CASE("inspect: an operator may leave out its first output", "[inspect]") {
  for (const char* name : {"lstm", "gru"}) {
    const ModelInfo info = inspected(without_first_output(name));
    CHECK(info.operators.at(0).output == std::vector<int32_t>{1, 4});
  }
}

TEST_CASE("pruning: an operator may leave out its first output", "[inspect]") {
  CHECK(prunable_groups(without_first_output("lstm"), {}).empty());
}

TEST_CASE("inspect: multiplications are those of the operator, not of the step", "[inspect]") {
  const ModelInfo info = inspected(model_named("conv-image"));
  CHECK(info.operators.at(0).macs == 0);
  CHECK(info.operators.at(1).macs == uint64_t{5 * 6 * 4} * 3 * 3 * 4);
  fb::ModelT shown = model_named("conv-image");
  shown.outputs.push_back(1);  // asks for a copy of what Quantize gives, between the two
  CHECK(inspected(shown).operators.at(1).macs == info.operators.at(1).macs);
}

TEST_CASE("inspect: metadata nested without end is left out, and this is said", "[inspect]") {
  fb::ModelT model = model_named("unary");
  model.metadata = std::make_unique<fb::MetadataT>();
  model.metadata->calibration = R"({"recordings": [1, [2]]})";
  model.metadata->config = std::string(500'000, '[') + std::string(500'000, ']');
  const nlohmann::ordered_json json = to_json(inspected(model), model);
  CHECK(json.at("config").get<std::string>().find("left out") == 0);
  CHECK(json.at("calibration").at("recordings").at(1).at(0) == 2);
  CHECK(json.dump().size() < 2000);
  model.metadata->config = "no JSON";
  CHECK_FALSE(to_json(inspected(model), model).contains("config"));
}

TEST_CASE("inspect: a terminal is not told what to do", "[inspect]") {
  fb::ModelT model = model_named("unary");
  model.operators[0]->name = "\x1b[2J\a";
  std::ostringstream out;
  print(inspected(model), model, out);
  CHECK(out.str().find_first_of("\x1b\a") == std::string::npos);
  CHECK(out.str().find("\\x1b[2J\\x07") != std::string::npos);
}

}  // namespace
}  // namespace edgy::converter

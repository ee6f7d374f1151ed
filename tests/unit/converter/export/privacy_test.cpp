// Which levels hand out which output, as the converter writes it.
#include "converter/export/privacy.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <map>
#include <memory>
#include <string>

#include "converter/error.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using fb::PrivacyLevel;
using Levels = std::map<std::string, PrivacyLevel>;

template <typename Options>
void add(fb::ModelT& model, int32_t input, int32_t output, Options options) {
  auto op = std::make_unique<fb::OperatorT>();
  op->options.Set(std::move(options));
  op->inputs = {input};
  op->outputs = {output};
  model.operators.push_back(std::move(op));
}

/// z -> codes (by nearest code, then reshaped), speaker (by arg-max), z itself.
fb::ModelT encoder() {
  fb::ModelT model;
  for (const char* name : {"x", "z", "raw_codes", "codes", "speaker"}) {
    auto tensor = std::make_unique<fb::TensorT>();
    tensor->name = name;
    model.tensors.push_back(std::move(tensor));
  }
  add(model, 0, 1, fb::DenseT());
  add(model, 1, 2, fb::NearestCodeT());
  add(model, 2, 3, fb::ReshapeT());
  add(model, 1, 4, fb::ArgReduceT());
  model.outputs = {1, 3, 4};
  return model;
}

Levels levels_of(const fb::ModelT& model) {
  Levels levels;
  for (const auto& policy : model.metadata->policies)
    levels[policy->output] = policy->level;
  return levels;
}

TEST_CASE("codes alone are handed out at every level by default", "[privacy]") {
  fb::ModelT model = encoder();
  set_privacy(model, {}, PrivacyLevel::Low);
  CHECK(levels_of(model) == Levels{{"z", PrivacyLevel::Low},
                                   {"codes", PrivacyLevel::High},
                                   {"speaker", PrivacyLevel::Low}});
  CHECK(model.metadata->privacy_floor == PrivacyLevel::Low);
}

/// The same with codes merged by a lookup, and the lookup's result looked up in floats.
fb::ModelT merged_encoder(fb::DataType table_type) {
  fb::ModelT model = encoder();
  auto buffer = std::make_unique<fb::BufferT>();
  buffer->data.assign(24, 0);
  model.buffers.push_back(std::move(buffer));
  for (const char* name : {"classes", "merged"}) {
    auto tensor = std::make_unique<fb::TensorT>();
    tensor->name = name;
    model.tensors.push_back(std::move(tensor));
  }
  fb::TensorT& table = *model.tensors[5];
  table.type = table_type;
  table.shape = {3};
  table.buffer = 0;
  add(model, 5, 6, fb::GatherT());
  model.operators.back()->inputs = {5, 3};
  model.outputs.push_back(6);
  return model;
}

TEST_CASE("merged codes are codes, and what is looked up in floats is none", "[privacy]") {
  for (const fb::DataType type : {fb::DataType::I64, fb::DataType::I32, fb::DataType::F32}) {
    CAPTURE(static_cast<int>(type));
    fb::ModelT model = merged_encoder(type);
    set_privacy(model, {}, PrivacyLevel::Low);
    CHECK(levels_of(model).at("merged") ==
          (type == fb::DataType::F32 ? PrivacyLevel::Low : PrivacyLevel::High));
    // What was merged away is what names the speaker.
    CHECK(levels_of(model).at("codes") ==
          (type == fb::DataType::F32 ? PrivacyLevel::High : PrivacyLevel::Moderate));
  }
  // Positions in a table of values are no codes, however many codes the model has elsewhere.
  fb::ModelT model = merged_encoder(fb::DataType::I64);
  model.operators.back()->inputs = {3, 5};
  set_privacy(model, {}, PrivacyLevel::Low);
  CHECK(levels_of(model).at("merged") == PrivacyLevel::Low);
}

TEST_CASE("a policy is chosen per output", "[privacy]") {
  fb::ModelT model = encoder();
  set_privacy(model, {"speaker=moderate", "codes=low"}, PrivacyLevel::Moderate);
  CHECK(levels_of(model) == Levels{{"z", PrivacyLevel::Low},
                                   {"codes", PrivacyLevel::Low},
                                   {"speaker", PrivacyLevel::Moderate}});
  CHECK(model.metadata->privacy_floor == PrivacyLevel::Moderate);
}

TEST_CASE("a policy that cannot be meant is refused in words", "[privacy]") {
  const auto refused = [](const std::vector<std::string>& assignments, PrivacyLevel floor,
                          const std::string& words) {
    fb::ModelT model = encoder();
    CHECK_THROWS_MATCHES(set_privacy(model, assignments, floor), Error,
                         MessageMatches(ContainsSubstring(words)));
  };
  refused({"z"}, PrivacyLevel::Low, "write OUTPUT=LEVEL");
  refused({"y=low"}, PrivacyLevel::Low, "no output 'y'; it has 'codes', 'speaker', 'z'");
  refused({"z=moderate"}, PrivacyLevel::Low, "names the speaker whatever the codes do");
  refused({"z=secret"}, PrivacyLevel::Low,
          "'secret' is no privacy level; use low, moderate or high");
  refused({"codes=low", "codes=high"}, PrivacyLevel::Low, "has a policy already");
  refused({"codes=low"}, PrivacyLevel::High, "no output is handed out at that level");
}

}  // namespace
}  // namespace edgy::converter

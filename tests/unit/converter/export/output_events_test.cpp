// Events of outputs as the converter writes them, and what outputs can carry.
#include "converter/export/output_events.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <memory>

#include "converter/error.h"
#include "converter/export/frame_rate.h"
#include "converter/export/price.h"
#include "converter/export/privacy.h"
#include "converter/export/value_range.h"
#include "tests/loader/model_builder.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

/// log-mel [1, 8, T] -> rows, every second of them -> z -> codes of 8; classes of 3 by a lookup.
fb::ModelT encoder() {
  tests::ModelBuilder b;
  const int mel = b.activation("mel", fb::DataType::F32, {1, 8, -1});
  const int rows = b.activation("rows", fb::DataType::F32, {1, -1, 8});
  const int z = b.activation("z", fb::DataType::F32, {1, -1, 8});
  const int codebook = b.constant("codebook", fb::DataType::F32, {8, 8});
  const int codes = b.activation("codes:0", fb::DataType::I64, {1, -1});
  const int table = b.constant("table", fb::DataType::I64, {8});  // 0, 1, 2, 0, ...
  const int classes = b.activation("classes", fb::DataType::I64, {1, -1});
  fb::TransposeT transpose;
  transpose.perm = {0, 2, 1};
  b.op(std::move(transpose), {mel}, {rows});
  fb::Pool2DT pool;
  pool.kernel_w = 3;
  pool.stride_w = 2;
  b.op(pool, {rows}, {z});
  b.op(fb::NearestCodeT(), {z, codebook}, {codes});
  b.op(fb::GatherT(), {table, codes}, {classes});
  b.model.inputs = {mel};
  b.model.outputs = {z, codes, classes};
  b.model.metadata = std::make_unique<fb::MetadataT>();
  b.model.metadata->log_mel = std::make_unique<fb::LogMelT>();
  set_privacy(b.model, {}, fb::PrivacyLevel::Low);
  return std::move(b.model);
}

TEST_CASE("values are counted through searches, moves and lookups", "[events]") {
  const fb::ModelT model = encoder();
  CHECK(count_values(model, model.outputs[0]) == std::nullopt);
  CHECK(count_values(model, model.outputs[1]) == 8);
  CHECK(count_values(model, model.outputs[2]) == 3);
  CHECK(count_values(model, model.inputs[0]) == std::nullopt);
}

TEST_CASE("an output is given events by name", "[events]") {
  fb::ModelT model = encoder();
  set_events(model, {"codes:0:least_run=3,silence=5,silence=0,silence=5", "classes"});
  const fb::EventsT& codes = *policy_of(model, "codes:0")->events;
  CHECK(codes.least_run == 3);
  CHECK(codes.classes == 8);
  CHECK(codes.silence == std::vector<int32_t>{0, 5});
  const fb::EventsT& classes = *policy_of(model, "classes")->events;
  CHECK(classes.least_run == 2);
  CHECK(classes.classes == 3);
  CHECK(classes.silence.empty());
  CHECK(describe(*policy_of(model, "codes:0")) ==
        "events of 8 classes, 2 silent, of 3 frames or more");
  CHECK(describe(*policy_of(model, "z")).empty());
  // Levels that are given later leave events as they are.
  set_privacy(model, {"classes=moderate"}, fb::PrivacyLevel::Low);
  CHECK(policy_of(model, "classes")->events);
  CHECK(policy_of(model, "classes")->level == fb::PrivacyLevel::Moderate);
}

TEST_CASE("the whole name counts before a colon in it does", "[events]") {
  fb::ModelT model = encoder();
  set_events(model, {"codes:0"});
  CHECK(policy_of(model, "codes:0")->events);
}

TEST_CASE("events that cannot be meant are refused in words", "[events]") {
  const auto refused = [](const std::vector<std::string>& assignments, const std::string& words) {
    fb::ModelT model = encoder();
    CHECK_THROWS_MATCHES(set_events(model, assignments), Error,
                         MessageMatches(ContainsSubstring(words)));
  };
  refused({"y"}, "no output 'y'; it has 'z', 'codes:0', 'classes'");
  refused({"classes", "classes:least_run=3"}, "has events already");
  refused({"z"}, "whole numbers of shape [T] or [1, T]");
  refused({"classes:least_run=0"}, "no whole number of 1 or more");
  refused({"classes:least_run="}, "no whole number of 1 or more");
  refused({"classes:least_run=2x"}, "no whole number of 1 or more");
  refused({"classes:longest=2"}, "there are least_run=FRAMES and silence=CODE");
  refused({"classes:silence=3"}, "the codes are 0 to 2");
  refused({"classes:silence=-1"}, "no whole number of 0 or more");
  refused({"classes:silence=0,silence=1,silence=2"}, "one at least must be an event");
  fb::ModelT model = encoder();
  model.operators.pop_back();
  CHECK_THROWS_MATCHES(set_events(model, {"classes"}), Error,
                       MessageMatches(ContainsSubstring("how many codes there are")));
}

TEST_CASE("a price is the number of sequences there can be", "[price]") {
  for (const int64_t kinds : {1, 2, 3, 7, 11}) {
    double all = 1;
    double ending = 1;
    for (int runs = 1; runs < 40; ++runs) {
      ending *= static_cast<double>(runs == 1 ? kinds : kinds - 1);
      all += ending;
      CAPTURE(kinds, runs);
      CHECK(event_bits(runs, kinds) == Approx(std::log2(all)));
    }
    CHECK(event_bits(0, kinds) == Approx(0).margin(1e-12));
  }
}

TEST_CASE("outputs have a frame rate and a price", "[price]") {
  fb::ModelT model = encoder();
  CHECK(std::isinf(bits_per_second(model, 1)));
  set_events(model, {"classes:silence=0"});
  set_frame_rates(model);
  for (const char* name : {"z", "codes:0", "classes"})
    CHECK(policy_of(model, name)->frame_rate == 50);
  CHECK(bits_per_second(model, 0) == Approx(52 * 8 * 32 + std::log2(53)));
  CHECK(bits_per_second(model, 1) == Approx(52 * 3 + std::log2(53)));
  CHECK(bits_per_second(model, 2) == Approx(std::log2(1 + 2 * 26)));  // two kinds take turns
  // Frames of a model that does not hear are none of a second's.
  model.metadata->log_mel = nullptr;
  CHECK(std::isinf(bits_per_second(model, 1)));
  for (auto& policy : model.metadata->policies)
    policy->frame_rate = 0;
  set_frame_rates(model);
  CHECK(policy_of(model, "codes:0")->frame_rate == 0);
}

}  // namespace
}  // namespace edgy::converter

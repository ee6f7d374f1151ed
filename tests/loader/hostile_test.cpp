// The table of hostile models: always a typed error or a right answer, in little memory, and the
// session beside it goes on.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "tests/loader/allocations.h"
#include "tests/loader/attempt.h"
#include "tests/loader/hostile_models.h"
#include "tests/loader/operator_models.h"

namespace edgy {
namespace {

using tests::Attempt;
using tests::attempt;
using tests::HostileModel;

/// What XNNPACK, error texts and other things of one size take.
constexpr std::size_t kFixed = std::size_t{1} << 18;

/// A session that was there before, and what it answered.
class Bystander {
 public:
  Bystander() {
    const auto& models = tests::operator_models();
    const auto found = std::find_if(models.begin(), models.end(),
                                    [](const auto& m) { return m.name == "conv-int8"; });
    session_ = *runtime::Session::create(*runtime::Model::load(tests::bytes_of(found->model)));
    REQUIRE(session_->prepare(tests::usual_shapes(session_->model())));
    first_ = answer();
  }
  bool answers_as_before() { return answer() == first_; }

 private:
  std::vector<uint8_t> answer() {
    tests::fill_inputs(*session_);
    REQUIRE(session_->run());
    const auto data = session_->output(0).data;
    return {data.begin(), data.end()};
  }
  std::unique_ptr<runtime::Session> session_;
  std::vector<uint8_t> first_;
};

TEST_CASE("hostile models: a typed error or a right answer, in bounded memory", "[hostile]") {
  const std::set<std::string> typed = {"runs",          "invalid-model", "unsupported-model",
                                       "invalid-input", "out-of-memory", "too-much-work"};
  const std::vector<HostileModel> table = tests::hostile_models();
  CHECK(table.size() >= 400);
  Bystander bystander;
  std::map<std::string, int> counts;
  const std::size_t limit = tests::tight_options().memory_limit;
  for (const HostileModel& row : table) {
    CAPTURE(row.name);
    const auto model = runtime::Model::load(row.bytes);
    // Outputs are copied, and what is decoded may lie beside what is packed.
    const std::size_t bound =
        kFixed +
        (model ? runtime::kBookkeeping * (*model)->table_bytes() + 3 * limit : row.bytes.size());
    std::vector<uint8_t> bytes = row.bytes;
    const std::size_t before = tests::live_bytes();
    tests::watch_peak();
    const Attempt found = attempt(std::move(bytes));
    CHECK(tests::peak_bytes() - before <= bound);
    CAPTURE(found.message);
    CHECK(typed.contains(found.code));
    counts[found.code]++;
    if (found.code == "runs") {
      runtime::SessionOptions plain = tests::tight_options();
      plain.isa = kernels::Isa::kReference;
      const Attempt again = attempt(row.bytes, plain);
      CHECK(again.code == "runs");
      CHECK(again.outputs == found.outputs);
    } else {
      CHECK(found.message.size() > 10);
    }
  }
  CHECK(bystander.answers_as_before());
  CHECK(counts["runs"] > 100);
  CHECK(counts["invalid-model"] > 400);
  CHECK(counts["unsupported-model"] > 10);
  CHECK(counts["out-of-memory"] > 1);
  CHECK(counts["too-much-work"] > 0);
}

TEST_CASE("hostile models: each operator's model runs while nothing is wrong", "[hostile]") {
  for (const tests::OperatorModel& base : tests::operator_models()) {
    CAPTURE(base.name);
    const Attempt found = attempt(tests::bytes_of(base.model));
    CAPTURE(found.message);
    CHECK(found.code == "runs");
  }
}

TEST_CASE("hostile models: bombs are refused for what they are", "[hostile]") {
  const std::map<std::string, std::string> expected = {
      {"one float16 buffer under 3000 tables", "invalid-model"},
      {"one float16 buffer of 3000 constants", "too-much-work"},
      {"one float16 table named twice", "runs"},
      {"one name of a megabyte", "invalid-model"},
      {"one list of inputs", "invalid-model"},
      {"one list of names of dimensions", "invalid-model"},
      {"one policy, 500,000 times", "invalid-model"},
      {"one operator, 10,000 times", "invalid-model"},
      {"2^28 channels, none stored", "out-of-memory"},
      {"2^28 columns, none stored", "out-of-memory"},
      {"a million weights decoded 5000 times", "out-of-memory"},
      {"3000 products of 256 x 256", "too-much-work"},
      {"a product of 2^15 x 2^15", "out-of-memory"},
      {"500 layouts of one tensor", "out-of-memory"},
      {"a chain of 65,000 operators", "runs"},
      {"16 operators of 4096 inputs", "runs"}};
  std::vector<HostileModel> table;
  tests::add_bombs(table);
  REQUIRE(table.size() == expected.size());
  for (HostileModel& row : table) {
    CAPTURE(row.name);
    const Attempt found = attempt(std::move(row.bytes));
    CAPTURE(found.message);
    CHECK(found.code == expected.at(row.name));
  }
}

TEST_CASE("hostile models: cut off anywhere, a file is refused", "[hostile]") {
  const std::vector<uint8_t> whole = tests::model_to_truncate();
  const Attempt right = attempt(whole);
  REQUIRE(right.code == "runs");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    CAPTURE(bytes);
    const auto end = whole.begin() + static_cast<std::ptrdiff_t>(bytes);
    const Attempt found = attempt({whole.begin(), end});
    // The last zeros only fill up to a multiple of four.
    const bool fills = whole.end() - end < 4 &&
                       std::all_of(end, whole.end(), [](uint8_t byte) { return byte == 0; });
    CHECK((found.code == "invalid-model" || (fills && found.outputs == right.outputs)));
  }
}

TEST_CASE("hostile models: float16 under two names is read as what it is", "[hostile]") {
  std::vector<HostileModel> table;
  tests::add_bombs(table);
  const auto row = std::find_if(table.begin(), table.end(), [](const HostileModel& model) {
    return model.name == "one float16 table named twice";
  });
  const Attempt found = attempt(row->bytes);
  REQUIRE(found.outputs.size() == 2 * 32 * sizeof(float));
  const auto* values = reinterpret_cast<const float*>(found.outputs.data());
  for (int i = 0; i < 64; ++i)
    CHECK(values[i] == 0x1.0c0p-3F);  // 0x3030
}

TEST_CASE("hostile models: an initial state must be what it is taken for", "[hostile]") {
  for (tests::OperatorModel& base : tests::operator_models()) {
    if (base.name != "gru" && base.name != "lstm")
      continue;
    for (const std::vector<int32_t>& shape :
         std::vector<std::vector<int32_t>>{{}, {4}, {1}, {1, 3}, {2, 4}, {1, 4, 1}}) {
      tests::fb::ModelT model = base.model;
      model.tensors[4]->shape = shape;
      const Attempt found = attempt(tests::bytes_of(model));
      CHECK(found.code == "invalid-model");
    }
  }
}

}  // namespace
}  // namespace edgy

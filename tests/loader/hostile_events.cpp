// An arg-max over 8 channels whose codes are handed out as events, made wrong in each way.
#include <limits>
#include <memory>
#include <numeric>

#include "tests/loader/hostile_models.h"
#include "tests/loader/model_builder.h"

namespace edgy::tests {
namespace {

constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();

}  // namespace

void add_events(std::vector<HostileModel>& table) {
  const auto add = [&table](const char* name, const auto& change) {
    ModelBuilder b;
    b.activation("x", fb::DataType::F32, {1, -1, 8});
    b.activation("y", fb::DataType::I64, {1, -1});
    b.op(fb::ArgReduceT(), {0}, {1});
    b.model.inputs = {0};
    b.model.outputs = {1};
    b.model.features = {"events"};
    b.model.metadata = std::make_unique<fb::MetadataT>();
    auto& policies = b.model.metadata->policies;
    policies.push_back(std::make_unique<fb::OutputPolicyT>());
    policies[0]->output = "y";
    policies[0]->events = std::make_unique<fb::EventsT>();
    policies[0]->events->classes = 8;
    policies[0]->events->silence = {0};
    change(b.model, *policies[0]->events);
    table.push_back({std::string("events: ") + name, bytes_of(b.model)});
  };
  add("as they should be", [](auto&, auto&) {});
  add("of a file that does not name the feature", [](auto& m, auto&) { m.features.clear(); });
  add("of floats", [](auto& m, auto&) { m.tensors[1]->type = fb::DataType::F32; });
  add("of bool", [](auto& m, auto&) { m.tensors[1]->type = fb::DataType::Bool; });
  add("of two sequences", [](auto& m, auto&) { m.tensors[1]->shape = {2, -1}; });
  add("of any number of sequences", [](auto& m, auto&) { m.tensors[1]->shape = {-1, -1}; });
  add("of a scalar", [](auto& m, auto&) { m.tensors[1]->shape = {}; });
  add("of rank 3", [](auto& m, auto&) { m.tensors[1]->shape = {1, 1, -1}; });
  add("of quantized values", [](auto& m, auto&) {
    m.tensors[1]->quantization = std::make_unique<fb::QuantizationT>();
    m.tensors[1]->quantization->scale = {1};
  });
  for (const int32_t value : {0, -1, kLeast, kMost})
    add("least_run", [value](auto&, auto& events) { events.least_run = value; });
  for (const int32_t value : {0, 1, -1, 7, 65537, kLeast, kMost})
    add("classes", [value](auto&, auto& events) { events.classes = value; });
  add("silence twice", [](auto&, auto& events) { events.silence = {1, 1}; });
  add("silence out of order", [](auto&, auto& events) { events.silence = {2, 1}; });
  add("silence below 0", [](auto&, auto& events) { events.silence = {-1}; });
  add("silence beyond the classes", [](auto&, auto& events) { events.silence = {8}; });
  add("all silence", [](auto&, auto& events) { events.silence = {0, 1, 2, 3, 4, 5, 6, 7}; });
  add("silence of 100,000 entries", [](auto&, auto& events) {
    events.silence.resize(100'000);
    std::iota(events.silence.begin(), events.silence.end(), 0);
  });
  for (const float rate :
       {-1.0F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    add("a frame rate that is none",
        [rate](auto& m, auto&) { m.metadata->policies[0]->frame_rate = rate; });
  }
}

}  // namespace edgy::tests

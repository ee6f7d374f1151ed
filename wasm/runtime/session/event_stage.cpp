#include "wasm/runtime/session/event_stage.h"

namespace edgy::runtime {
namespace {

constexpr std::size_t kAlignment = 8;  // of every type that codes have

template <typename Code>
std::size_t collect(const TensorView& codes, const EventRule& rule, uint8_t* memory) {
  const std::size_t count = codes.data.size() / sizeof(Code);
  return collect_events<Code>({reinterpret_cast<const Code*>(codes.data.data()), count}, rule,
                              {reinterpret_cast<Code*>(memory), most_events(count, rule)});
}

}  // namespace

std::size_t EventStage::Stage::room() const {
  return (most_events(codes, rule) * width + kAlignment - 1) / kAlignment * kAlignment;
}

EventStage::EventStage(const Model& model, bool wanted) {
  for (std::size_t i = 0; wanted && i < model.outputs().size(); i++) {
    const TensorInfo& output = model.outputs()[i];
    if (output.events != nullptr) {
      stages_.push_back({i, element_bytes(output.type), event_rule(*output.events)});
    }
  }
}

void EventStage::plan(const std::function<std::size_t(std::size_t)>& codes_of) {
  for (Stage& stage : stages_) {
    stage.codes = codes_of(stage.output);
  }
}

int64_t EventStage::bytes() const {
  std::size_t bytes = 0;
  for (const Stage& stage : stages_) {
    bytes += stage.room();
  }
  return static_cast<int64_t>(bytes);
}

uint64_t EventStage::work() const {
  uint64_t work = 0;
  for (const Stage& stage : stages_) {
    work += stage.codes;
  }
  return work;
}

void EventStage::place(uint8_t* memory) {
  for (Stage& stage : stages_) {
    stage.memory = memory;
    memory += stage.room();
  }
  reset();
}

void EventStage::reset() {
  for (Stage& stage : stages_) {
    stage.events = 0;
  }
}

void EventStage::run(const std::function<TensorView(std::size_t)>& codes_of) {
  for (Stage& stage : stages_) {
    const TensorView codes = codes_of(stage.output);
    switch (codes.type) {
      case DataType::I64:
        stage.events = collect<int64_t>(codes, stage.rule, stage.memory);
        break;
      case DataType::I32:
        stage.events = collect<int32_t>(codes, stage.rule, stage.memory);
        break;
      default:  // the verifier saw that there is no other type
        stage.events = collect<uint8_t>(codes, stage.rule, stage.memory);
        break;
    }
  }
}

TensorView EventStage::output(std::size_t index, TensorView codes) const {
  for (const Stage& stage : stages_) {
    if (stage.output == index) {
      codes.shape.back() = static_cast<int64_t>(stage.events);
      codes.data = {stage.memory, stage.events * stage.width};
    }
  }
  return codes;
}

}  // namespace edgy::runtime

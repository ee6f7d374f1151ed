// What a session holds. Included by the session's own files only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "wasm/runtime/constants.h"
#include "wasm/runtime/plan/plan.h"
#include "wasm/runtime/session/event_stage.h"
#include "wasm/runtime/session/session.h"
#include "wasm/runtime/thread_pool.h"

namespace edgy::runtime {

struct Session::Impl {
  Impl(std::shared_ptr<const Model> loaded, SessionOptions chosen)
      : model(std::move(loaded)),
        options(std::move(chosen)),
        constants(*model),
        event_stage(*model, options.events) {}

  std::shared_ptr<const Model> model;
  SessionOptions options;
  Constants constants;
  EventStage event_stage;
  std::unique_ptr<ThreadPool> pool;  ///< null: one thread
  std::vector<std::unique_ptr<Operation>> operations;
  int64_t packed_bytes = 0;

  Plan plan;
  std::vector<Shape> shapes;  ///< the plan's inputs
  bool ready = false;
  std::unique_ptr<uint8_t[]> memory;
  std::size_t memory_bytes = 0;
  uint8_t* arena = nullptr;
  std::size_t next_step = 0;         ///< of a run under way
  std::size_t rest_begins = 0;       ///< first step of run_rest
  std::vector<double> milliseconds;  ///< of each step
  std::vector<uint8_t> observed;     ///< rows of a tensor that is kept in Block4

  Result<void> allocate(int64_t bytes);
  /// Of events in the memory that begins with the arena.
  int64_t events_begin() const {
    return (plan.arena.bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
  }
  /// Of the arena, with the events behind it.
  int64_t activation_bytes() const {
    const int64_t events = event_stage.bytes();
    return events == 0 ? plan.arena.bytes : events_begin() + events;
  }
  uint8_t* address(const Realization& realization) const {
    return arena + plan.arena.offsets[static_cast<std::size_t>(realization.buffer)];
  }
  const format::fb::Tensor& tensor(int32_t index) const {
    return model->tensor(static_cast<uint32_t>(index));
  }
  TensorView view(int32_t index) const;
  /// Of the model's outputs, before the event stage.
  TensorView computed(std::size_t output) const { return view(output_tensor(output)); }
  int32_t output_tensor(std::size_t output) const {
    return model->root().outputs()->Get(static_cast<uint32_t>(output));
  }
  void fill_borders(int32_t index, const Realization& realization) const;
  void run_relayout(const Relayout& relayout) const;
  void to_rows(const Shape& shape, const kernels::Block4& layout, const uint8_t* from,
               uint8_t* to) const;
  Result<void> run_step(const Step& step);
  /// Runs the steps from `next_step` to `end`.
  Result<void> run_until(std::size_t end);
  uint64_t macs(const Step& step) const;
  /// Of all steps together.
  uint64_t work() const;
  Result<void> make_operations();
  /// Makes what an operator's float16 constants are as float32, or gives it back.
  Result<void> prepare_constants(uint32_t op, int64_t& left);
  void release_constants(uint32_t op, int64_t& left);
  /// Where the last steps begin that hold at most a twentieth of the multiplications.
  std::size_t last_steps() const;
  void observe(uint32_t op);
};

}  // namespace edgy::runtime

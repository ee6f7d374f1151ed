// The last stage of a run: events in the place of outputs that hold codes, where the file says so.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "wasm/runtime/events.h"
#include "wasm/runtime/session/session.h"

namespace edgy::runtime {

class EventStage {
 public:
  /// `wanted`: SessionOptions::events.
  EventStage(const Model& model, bool wanted);

  /// For outputs with so many codes, `codes_of(output)`.
  void plan(const std::function<std::size_t(std::size_t)>& codes_of);
  /// Of the present plan: bytes that its events take at most, and the values that a run reads.
  int64_t bytes() const;
  uint64_t work() const;
  /// Gives the stage `bytes()` of memory, aligned to 8. Until the next run there are no events.
  void place(uint8_t* memory);
  /// Forgets the events of the run before.
  void reset();
  /// Makes events of what the last operators left: `codes_of(output)`.
  void run(const std::function<TensorView(std::size_t)>& codes_of);
  /// What output `index` hands out: its events, or `codes` where it has none.
  TensorView output(std::size_t index, TensorView codes) const;

 private:
  struct Stage {
    std::size_t output;
    std::size_t width;  ///< bytes of a code
    EventRule rule;
    std::size_t codes = 0;
    uint8_t* memory = nullptr;
    std::size_t events = 0;  ///< of the last run

    /// Rounded up so that the events of the next output are aligned.
    std::size_t room() const;
  };
  std::vector<Stage> stages_;
};

}  // namespace edgy::runtime

// A plan: everything that depends on the shapes of the inputs. Shapes, layouts, order of steps,
// places in the arena.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "wasm/runtime/constants.h"
#include "wasm/runtime/plan/arena.h"
#include "wasm/runtime/plan/operation.h"

namespace edgy::runtime {

/// A tensor's values in one layout. A tensor may have several, made from each other by relayout
/// steps.
struct Realization {
  Placement placement;
  int32_t buffer = -1;  ///< index into Plan::lifetimes; -1: constant of the model
};

/// Copies a tensor from one layout to another. Nothing else: fits every int8 tensor.
struct Relayout {
  int32_t tensor;
  Realization from;
  Realization to;
};

struct Step {
  enum class Kind {
    kRun,       ///< runs the operator
    kIdle,      ///< nothing to do: the output shares the input's memory, or is empty
    kRelayout,  ///< follows the operator `op`, or, before the first step of kind kRun, an input
  };
  Kind kind = Kind::kRun;
  uint32_t op = 0;  ///< index of the model's operator
  Relayout relayout{};
};

/// Where the values of one tensor are.
struct TensorPlan {
  Shape shape;
  Realization rows;                  ///< valid if has_rows
  std::vector<Realization> blocked;  ///< in Block4
  std::vector<Border> borders;       ///< of `blocked`
  bool has_rows = false;
  bool primary_blocked = false;  ///< its producer writes blocked[0]
  int64_t bytes = 0;             ///< in rows
};

struct Plan {
  std::vector<TensorPlan> tensors;
  std::vector<Step> steps;
  std::vector<Lifetime> lifetimes;
  std::vector<int32_t> scratch;  ///< buffer of each operator's scratch memory, -1: none
  /// Of the inputs of all operators, one after the other: which of the tensor's `blocked` it reads;
  /// -1: its rows, or nothing.
  std::vector<int32_t> blocked_inputs;
  ArenaLayout arena;
  int64_t extra_bytes = 0;  ///< held by operations themselves
};

/// Plans `operations` (one for each operator of the model) for inputs of these shapes. Fails with
/// kInvalidInput for shapes that the model cannot take, kInvalidModel where declared and computed
/// shapes differ, kOutOfMemory beyond `limit` bytes. Leaves shapes and placements in the
/// operations; addresses are given by `bind_plan`.
Result<Plan> make_plan(const Model& model, std::span<const std::unique_ptr<Operation>> operations,
                       std::span<const Shape> input_shapes, int64_t limit);

/// Gives the operations their addresses in `arena` and lets them set up.
Result<void> bind_plan(const Model& model, const Constants& constants, const Plan& plan,
                       std::span<const std::unique_ptr<Operation>> operations, uint8_t* arena);

}  // namespace edgy::runtime

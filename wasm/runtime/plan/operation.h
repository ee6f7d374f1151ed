// One operator of a model, ready to run. It lives as long as the session and keeps its packed
// weights; shapes and buffers are given to it anew by each plan.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "wasm/format/error.h"
#include "wasm/format/operands.h"
#include "wasm/runtime/model.h"
#include "wasm/runtime/plan/layouts.h"
#include "wasm/runtime/plan/predicted_cost.h"

namespace edgy::runtime {

/// An input or output in the current plan.
struct Operand {
  Shape shape;
  Placement placement;
  const uint8_t* source = nullptr;  ///< of an input; null: absent
  uint8_t* target = nullptr;        ///< of an output; null: nobody reads it
};

/// Shapes of an operator's inputs. That of an absent input is none, which is not the shape [] of a
/// single value: whether it is there has to be asked.
class InputShapes {
 public:
  /// `shapes`: null where the input is absent. They outlive this.
  explicit InputShapes(std::span<const Shape* const> shapes) : shapes_(shapes) {}
  std::size_t size() const { return shapes_.size(); }
  bool has(std::size_t i) const { return i < shapes_.size() && shapes_[i] != nullptr; }
  /// The input must be there.
  const Shape& operator[](std::size_t i) const {
    if (!has(i)) {
      format::absent_operand();
    }
    return *shapes_[i];
  }

 private:
  std::span<const Shape* const> shapes_;
};

class Operation {
 public:
  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  virtual ~Operation() = default;

  /// Shapes of all outputs from those of all inputs (constants included). Inputs have the ranks the
  /// model declares; extents may be 0. May leave results of any size: the planner checks them.
  virtual Result<void> infer(const InputShapes& inputs, std::span<Shape> outputs) = 0;
  /// The border that this input must have in Block4; nothing: plain rows.
  virtual std::optional<Border> wanted_border(std::size_t /*input*/) const { return std::nullopt; }
  virtual bool writes_block4() const { return false; }
  /// Whether it works on the bytes of output 0 one by one, each made of those at the same place of
  /// its inputs, which have its shape: then all of them may be in Block4, where what reads the
  /// output wants that. An input's border is then at least the output's.
  virtual bool keeps_layout(const InputShapes& /*inputs*/) const { return false; }
  /// Whether, for these shapes, output 0 is input 0 in the same order: then nothing runs and they
  /// share memory.
  virtual bool is_view(const InputShapes& /*inputs*/) const { return false; }

  /// Called when shapes and placements of `inputs` and `outputs` are known, before there is memory.
  /// Returns the bytes of scratch memory that `run` wants. Neither this nor anything below is
  /// called where all outputs are empty.
  virtual Result<int64_t> plan() { return 0; }
  /// Memory held by the operation itself beyond packed weights (such as indirection tables), at
  /// most, for the operands now known. Asked before `plan`.
  virtual int64_t plan_bytes() const { return 0; }
  /// Called when all addresses are known.
  virtual Result<void> bind() { return {}; }
  /// Allocates nothing unless it fails.
  virtual Result<void> run() = 0;

  /// Name of the kernel for profiles, such as "conv_int8/relaxed-dot".
  virtual const char* kernel() const = 0;
  /// Multiplications of one run.
  virtual uint64_t macs() const { return 0; }
  /// What one run does, at least in its order of magnitude: multiplications, values compared, and
  /// values read and written. Greater than macs().
  virtual uint64_t work() const;
  /// Whether a run reads this input; false for constants that were packed when it was made.
  virtual bool reads(std::size_t /*input*/) const { return true; }
  virtual int64_t packed_bytes() const { return 0; }
  /// For the operands of the current plan.
  virtual PredictedCost predicted() const { return {}; }

  // Set by the planner.
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;
  uint8_t* scratch = nullptr;

 protected:
  int64_t input_count(std::size_t i) const;
  int64_t output_count(std::size_t i) const;
  /// The elements of an input or output in plain rows; empty if absent.
  template <typename T>
  std::span<const T> in(std::size_t i) const {
    return i < inputs.size() && inputs[i].source != nullptr
               ? std::span<const T>(reinterpret_cast<const T*>(inputs[i].source),
                                    static_cast<std::size_t>(input_count(i)))
               : std::span<const T>();
  }
  template <typename T>
  std::span<T> out(std::size_t i) const {
    return i < outputs.size() && outputs[i].target != nullptr
               ? std::span<T>(reinterpret_cast<T*>(outputs[i].target),
                              static_cast<std::size_t>(output_count(i)))
               : std::span<T>();
  }
};

}  // namespace edgy::runtime

// Runs a model. A session is called by one thread at a time; it may have helpers of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/isa.h"
#include "wasm/runtime/model.h"
#include "wasm/runtime/plan/predicted_cost.h"

namespace edgy::runtime {

/// A value in plain row-major layout. Points into the session's arena: valid until the next prepare
/// or run.
struct TensorView {
  std::string_view name;
  DataType type;
  Shape shape;
  std::span<const uint8_t> data;
};

struct SessionOptions {
  /// Instruction form of Edgy's own kernels; empty: the fastest measured one.
  std::optional<kernels::Isa> isa;
  /// Upper bound of arena and packed weights together; a plan that needs more fails with
  /// kOutOfMemory.
  std::size_t memory_limit = std::size_t{1} << 30;
  /// Upper bound of what one run does: multiplications, and values that are read, compared or
  /// written. Predicted from the plan; for shapes that need more, prepare fails with kTooMuchWork.
  uint64_t work_limit = UINT64_MAX;
  /// Outputs that the file gives events hand those out. False: they hand out their codes, for
  /// whoever measures a model; not to be had from JavaScript.
  bool events = true;
  /// Called after each operator with each of its outputs in plain layout (values of quantized
  /// tensors stay int8). Switches off nothing else; costs a copy for tensors kept in Block4. For
  /// calibration and layer-wise reports.
  std::function<void(int32_t tensor, const TensorView&)> observer;
  /// Threads that compute a run, the caller's included: 1 to kMostThreads, and more than 1 only
  /// where `has_threads()`; else create fails with kInvalidArgument. Fewer compute where the
  /// machine refuses to start as many. Layers too small to gain from it stay on the caller's.
  /// Results do not depend on it.
  int32_t threads = 1;
  /// Measure each step's time (see Session::profile).
  bool profile = false;
};

struct StepProfile {
  std::string name;     ///< operator name
  std::string kernel;   ///< "conv_int8/relaxed-dot", "xnnpack/conv2d_f32", ...
  double milliseconds;  ///< of the last run
  uint64_t macs;
  PredictedCost predicted = {};
  int32_t op = -1;  ///< the model's operator; -1: copies a tensor to another layout
};

/// A piece of the arena in the current plan. Pieces that hold values at the same time do not
/// overlap.
struct ArenaPiece {
  std::string name;    ///< the tensor, or the operator whose scratch memory it is
  std::string layout;  ///< "rows", "block4" or "scratch"
  int64_t offset = 0;  ///< bytes from the arena's start
  int64_t bytes = 0;
  int32_t first = 0;  ///< step that writes it first, as profile() counts them
  int32_t last = 0;   ///< step that reads it last
};

struct MemoryUse {
  std::size_t model = 0;   ///< bytes of the file
  std::size_t packed = 0;  ///< reordered weights, and float16 constants as float32
  std::size_t arena = 0;   ///< activations of the current plan
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Model> model,
                                                 SessionOptions options = {});
  ~Session();

  const Model& model() const;

  /// Plans for these input shapes (one per model input, in order): shapes, arena, kernels. A no-op
  /// if they did not change. The only call besides create that allocates. After a failure the
  /// session takes other shapes as if it had not been asked.
  Result<void> prepare(std::span<const Shape> input_shapes);
  /// Writable row-major bytes of an input; valid after prepare.
  std::span<uint8_t> input(std::size_t index);
  /// Computes all outputs from the inputs. Fails with kInvalidArgument before a successful prepare.
  Result<void> run();
  /// The same in two parts, in this order: run_rest has at most a twentieth of the multiplications
  /// (but the last step, whatever it has), for callers who want to tell somebody that the answer is
  /// near. run_rest without run_first before it fails with kInvalidArgument.
  Result<void> run_first();
  Result<void> run_rest();
  /// What the last run gave. Events have as many entries as there were: none before a run.
  TensorView output(std::size_t index) const;

  /// What a run of the current plan does, as SessionOptions::work_limit counts; 0 before prepare.
  uint64_t work() const;
  MemoryUse memory() const;
  std::vector<StepProfile> profile() const;
  /// Where the values of the current plan lie and how long; nothing before prepare.
  std::vector<ArenaPiece> arena() const;

 private:
  struct Impl;
  Result<void> prepare_for(std::span<const Shape> input_shapes);
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace edgy::runtime

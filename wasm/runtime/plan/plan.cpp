#include "wasm/runtime/plan/plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "wasm/format/numbers.h"
#include "wasm/format/operands.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

/// XNNPACK's kernels may read this far behind a buffer.
constexpr int64_t kReadSlack = 128;

class Planner {
 public:
  Planner(const Model& model, std::span<const std::unique_ptr<Operation>> operations, int64_t limit)
      : root_(model.root()), operations_(operations), limit_(limit) {}

  Result<Plan> plan(std::span<const Shape> input_shapes) {
    plan_.tensors.resize(root_.tensors()->size());
    plan_.scratch.assign(operations_.size(), -1);
    if (Result<void> shapes = infer_shapes(input_shapes); !shapes) {
      return tl::unexpected<Error>(shapes.error());
    }
    if (Result<void> layouts = choose_layouts(); !layouts) {
      return tl::unexpected<Error>(layouts.error());
    }
    if (Result<void> steps = make_steps(); !steps) {
      return tl::unexpected<Error>(steps.error());
    }
    plan_.arena = layout_arena(plan_.lifetimes);
    if (plan_.arena.bytes + plan_.extra_bytes > limit_) {
      return out_of_memory(plan_.arena.bytes + plan_.extra_bytes);
    }
    return std::move(plan_);
  }

 private:
  const fb::Tensor& tensor(int32_t index) const {
    return *root_.tensors()->Get(static_cast<uint32_t>(index));
  }
  const fb::Operator& op(std::size_t index) const {
    return *root_.operators()->Get(static_cast<uint32_t>(index));
  }
  TensorPlan& at(int32_t index) { return plan_.tensors[static_cast<std::size_t>(index)]; }

  tl::unexpected<Error> out_of_memory(int64_t bytes) const {
    return fail(ErrorCode::kOutOfMemory,
                str("activations need ", bytes, " bytes; the memory limit leaves ", limit_,
                    ": feed shorter inputs or raise the limit"));
  }

  /// Valid until the next call.
  InputShapes input_shapes_of(std::size_t i) {
    known_shapes_.clear();
    for (const int32_t index : *op(i).inputs()) {
      known_shapes_.push_back(index < 0 ? nullptr : &at(index).shape);
    }
    return InputShapes(known_shapes_);
  }

  Result<void> infer_shapes(std::span<const Shape> input_shapes);
  Result<void> set_shape(int32_t index, Shape shape, std::size_t producer);
  std::optional<Border> kept_border(std::size_t i);
  Result<void> choose_layouts();
  Result<void> make_steps();
  Result<void> make_step(std::size_t i);
  int32_t new_buffer(int64_t bytes, int32_t first) {
    plan_.lifetimes.push_back({bytes, first, first});
    total_bytes_ += bytes;
    return static_cast<int32_t>(plan_.lifetimes.size() - 1);
  }
  void touch(const Realization& realization, int32_t step) {
    if (realization.buffer >= 0) {
      Lifetime& lifetime = plan_.lifetimes[static_cast<std::size_t>(realization.buffer)];
      lifetime.last = std::max(lifetime.last, step);
    }
  }
  /// Whether all outputs are without values.
  bool makes_nothing(const fb::Operator& entry) {
    return std::all_of(entry.outputs()->begin(), entry.outputs()->end(),
                       [this](int32_t index) { return index < 0 || at(index).bytes == 0; });
  }
  void add_relayout(uint32_t op, const Relayout& relayout) {
    if (at(relayout.tensor).bytes != 0) {
      plan_.steps.push_back({Step::Kind::kRelayout, op, relayout});
    }
  }
  int64_t blocked_bytes(const TensorPlan& entry, const Realization& realization) const {
    return realization.placement.block4->bytes() * image_of(entry.shape).batch;
  }
  /// How the input at this place of Plan::blocked_inputs is read.
  const Realization& realization_for(format::OperandIndex tensor, std::size_t place) {
    const TensorPlan& entry = at(tensor.entry());
    const int32_t blocked = plan_.blocked_inputs[place];
    return blocked < 0 ? entry.rows : entry.blocked[static_cast<std::size_t>(blocked)];
  }

  /// When its inputs' layouts are known.
  bool writes_block4(std::size_t i) {
    const Operation& operation = *operations_[i];
    return operation.writes_block4() || (operation.keeps_layout(input_shapes_of(i)) &&
                                         operation.inputs[0].placement.block4.has_value());
  }

  const fb::Model& root_;
  std::span<const std::unique_ptr<Operation>> operations_;
  int64_t limit_;
  int64_t total_bytes_ = 0;
  std::size_t next_input_ = 0;  ///< place of the next step's inputs in Plan::blocked_inputs
  std::vector<const Shape*> known_shapes_;
  Plan plan_;
};

Result<void> Planner::set_shape(int32_t index, Shape shape, std::size_t producer) {
  const Shape declared = declared_shape(tensor(index));
  bool fits = declared.size() == shape.size();
  for (std::size_t axis = 0; fits && axis < shape.size(); axis++) {
    fits = declared[axis] == -1 || declared[axis] == shape[axis];
  }
  const auto label = [&] { return format::operator_label(root_, static_cast<uint32_t>(producer)); };
  if (!fits) {
    return fail(ErrorCode::kInvalidModel,
                str(label(), " makes the shape ", std::span<const int64_t>(shape),
                    "; the model declares ", std::span<const int64_t>(declared)));
  }
  const bool is_possible =
      std::all_of(shape.begin(), shape.end(), [](int64_t extent) { return extent >= 0; });
  if (!is_possible) {
    return fail(ErrorCode::kInvalidInput,
                str("the inputs are too short: ", label(), " would make the shape ",
                    std::span<const int64_t>(shape)));
  }
  const std::optional<int64_t> count = run_element_count(shape);
  if (!count) {
    return fail(ErrorCode::kOutOfMemory, str(label(), " would make the shape ",
                                             std::span<const int64_t>(shape), ": too large"));
  }
  TensorPlan& entry = at(index);
  entry.bytes = *count * static_cast<int64_t>(element_bytes(tensor(index).type()));
  entry.shape = std::move(shape);
  if (entry.bytes > limit_) {
    return out_of_memory(entry.bytes);
  }
  return {};
}

Result<void> Planner::infer_shapes(std::span<const Shape> input_shapes) {
  for (uint32_t i = 0; i < root_.tensors()->size(); i++) {
    const fb::Tensor& entry = *root_.tensors()->Get(i);
    if (entry.buffer() >= 0) {
      plan_.tensors[i].shape = declared_shape(entry);
      plan_.tensors[i].has_rows = true;
    }
  }
  for (uint32_t i = 0; i < root_.inputs()->size(); i++) {
    TensorPlan& entry = at(root_.inputs()->Get(i));
    entry.shape = input_shapes[i];
    entry.bytes = count_of(entry.shape) *
                  static_cast<int64_t>(element_bytes(tensor(root_.inputs()->Get(i)).type()));
    if (entry.bytes > limit_) {
      return out_of_memory(entry.bytes);
    }
  }
  std::vector<Shape> outputs;
  for (std::size_t i = 0; i < operations_.size(); i++) {
    outputs.assign(op(i).outputs()->size(), Shape{});
    if (Result<void> inferred = operations_[i]->infer(input_shapes_of(i), outputs); !inferred) {
      return fail(inferred.error().code,
                  str(format::operator_label(root_, static_cast<uint32_t>(i)), ": ",
                      inferred.error().message));
    }
    for (uint32_t o = 0; o < op(i).outputs()->size(); o++) {
      const int32_t index = op(i).outputs()->Get(o);
      if (index < 0) {
        continue;
      }
      if (Result<void> set = set_shape(index, std::move(outputs[o]), i); !set) {
        return set;
      }
    }
  }
  return {};
}

/// The border of the only layout that is wanted of what the operator makes, if it can work in that.
std::optional<Border> Planner::kept_border(std::size_t i) {
  if (!operations_[i]->keeps_layout(input_shapes_of(i))) {
    return std::nullopt;
  }
  const TensorPlan& made = at(format::operand(*op(i).outputs(), 0).entry());
  const bool constant = std::any_of(op(i).inputs()->begin(), op(i).inputs()->end(),
                                    [&](int32_t input) { return tensor(input).buffer() >= 0; });
  return constant || made.has_rows || made.borders.size() != 1
             ? std::nullopt
             : std::optional<Border>(made.borders[0]);
}

/// Each tensor gets the layouts that its consumers want, the last consumer first, as some pass on
/// what is wanted of them. Borders that can be joined become one: those of the same phases whose
/// left edges fall on the same phase.
Result<void> Planner::choose_layouts() {
  std::map<std::array<int64_t, 3>, int32_t> alike;  // tensor, phases, phase of the left edge
  for (const int32_t index : *root_.inputs()) {
    at(index).has_rows = true;
  }
  for (const int32_t index : *root_.outputs()) {
    at(index).has_rows = true;
  }
  std::size_t place = 0;
  for (std::size_t i = 0; i < operations_.size(); i++) {
    place += op(i).inputs()->size();
  }
  plan_.blocked_inputs.assign(place, -1);
  for (std::size_t i = operations_.size(); i-- > 0;) {
    const std::optional<Border> kept = kept_border(i);
    for (uint32_t input = op(i).inputs()->size(); input-- > 0;) {
      place--;
      const format::OperandIndex index = format::operand(*op(i).inputs(), input);
      if (!index) {
        continue;
      }
      TensorPlan& entry = at(index.entry());
      const std::optional<Border> wanted = kept ? kept : operations_[i]->wanted_border(input);
      if (!wanted) {
        entry.has_rows = true;
        continue;
      }
      const auto [found, is_new] =
          alike.try_emplace({index.entry(), wanted->phases, wanted->left % wanted->phases},
                            static_cast<int32_t>(entry.borders.size()));
      plan_.blocked_inputs[place] = found->second;
      if (is_new) {
        entry.borders.push_back(*wanted);
      } else {
        Border& border = entry.borders[static_cast<std::size_t>(found->second)];
        border = joined(border, *wanted).value_or(border);
      }
    }
  }
  for (std::size_t i = 0; i < plan_.tensors.size(); i++) {
    TensorPlan& entry = plan_.tensors[i];
    int64_t together = 0;  // all are alive when the last one is made
    for (const Border& border : entry.borders) {
      Realization realization;
      realization.placement.block4 = block4_of(image_of(entry.shape), border);
      if (!realization.placement.block4) {
        return fail(ErrorCode::kOutOfMemory,
                    str(format::tensor_label(root_, static_cast<uint32_t>(i)), " of shape ",
                        std::span<const int64_t>(entry.shape), " with its border is too large"));
      }
      const std::optional<int64_t> bytes = checked_product(realization.placement.block4->bytes(),
                                                           image_of(entry.shape).batch, kMaxBytes);
      together += bytes.value_or(kMaxBytes);
      if (together > limit_) {
        return out_of_memory(together);
      }
      entry.blocked.push_back(realization);
    }
  }
  return {};
}

Result<void> Planner::make_steps() {
  for (const int32_t index : *root_.inputs()) {
    TensorPlan& entry = at(index);
    entry.rows.buffer = new_buffer(entry.bytes + kReadSlack, 0);
    for (Realization& blocked : entry.blocked) {
      const int32_t step = static_cast<int32_t>(plan_.steps.size());
      blocked.buffer = new_buffer(blocked_bytes(entry, blocked), step);
      add_relayout(0, {index, entry.rows, blocked});
    }
  }
  for (std::size_t i = 0; i < operations_.size(); i++) {
    if (Result<void> made = make_step(i); !made) {
      return made;
    }
    if (total_bytes_ > int64_t{1} << 40) {
      return out_of_memory(total_bytes_);
    }
  }
  // Inputs may be read again by the next run, outputs after this one.
  const int32_t end = static_cast<int32_t>(plan_.steps.size());
  for (const int32_t index : *root_.inputs()) {
    touch(at(index).rows, end);
  }
  for (const int32_t index : *root_.outputs()) {
    touch(at(index).rows, end);
  }
  return {};
}

Result<void> Planner::make_step(std::size_t i) {
  Operation& operation = *operations_[i];
  const fb::Operator& entry = op(i);
  const int32_t step = static_cast<int32_t>(plan_.steps.size());

  operation.inputs.assign(entry.inputs()->size(), Operand{});
  operation.outputs.assign(entry.outputs()->size(), Operand{});
  for (uint32_t input = 0; input < entry.inputs()->size(); input++, next_input_++) {
    if (const format::OperandIndex index = format::operand(*entry.inputs(), input); index) {
      const Realization& realization = realization_for(index, next_input_);
      operation.inputs[input].shape = at(index.entry()).shape;
      operation.inputs[input].placement = realization.placement;
      touch(realization, step);
    }
  }

  const format::OperandIndex first_input = format::operand(*entry.inputs(), 0);
  const bool view = first_input && operation.is_view(input_shapes_of(i)) &&
                    tensor(first_input.entry()).buffer() < 0;
  for (uint32_t output = 0; output < entry.outputs()->size(); output++) {
    const int32_t index = entry.outputs()->Get(output);
    if (index < 0) {
      continue;
    }
    TensorPlan& made = at(index);
    if (view) {
      made.has_rows = true;
      made.rows = at(first_input.entry()).rows;
    } else if (made.blocked.size() == 1 && writes_block4(i)) {
      made.primary_blocked = true;
      made.blocked[0].buffer = new_buffer(blocked_bytes(made, made.blocked[0]), step);
    } else {
      made.has_rows = true;
      made.rows.buffer = new_buffer(made.bytes + kReadSlack, step);
    }
    operation.outputs[output].shape = made.shape;
    operation.outputs[output].placement =
        made.primary_blocked ? made.blocked[0].placement : made.rows.placement;
  }

  // Where nothing is to be computed, no kernel is called: none has to know of empty results.
  const bool idle = view || makes_nothing(entry);
  if (!idle) {
    const int64_t own = operation.plan_bytes();
    plan_.extra_bytes += own;
    if (own > limit_ || plan_.extra_bytes > limit_) {
      return out_of_memory(std::max(own, plan_.extra_bytes));
    }
    const Result<int64_t> scratch = operation.plan();
    if (!scratch) {
      return fail(scratch.error().code, str(format::operator_label(root_, static_cast<uint32_t>(i)),
                                            ": ", scratch.error().message));
    }
    if (*scratch > limit_) {
      return out_of_memory(*scratch);
    }
    if (*scratch > 0) {
      plan_.scratch[i] = new_buffer(*scratch + kReadSlack, step);
    }
  }
  plan_.steps.push_back(
      {idle ? Step::Kind::kIdle : Step::Kind::kRun, static_cast<uint32_t>(i), {}});

  for (const int32_t index : *entry.outputs()) {
    if (index < 0) {
      continue;
    }
    TensorPlan& made = at(index);
    const int32_t next = static_cast<int32_t>(plan_.steps.size());
    if (made.primary_blocked) {
      if (made.has_rows) {
        made.rows.buffer = new_buffer(made.bytes + kReadSlack, next);
        touch(made.blocked[0], next);
        add_relayout(static_cast<uint32_t>(i), {index, made.blocked[0], made.rows});
      }
      continue;
    }
    for (Realization& blocked : made.blocked) {
      const int32_t relayout = static_cast<int32_t>(plan_.steps.size());
      blocked.buffer = new_buffer(blocked_bytes(made, blocked), relayout);
      touch(made.rows, relayout);
      add_relayout(static_cast<uint32_t>(i), {index, made.rows, blocked});
    }
  }
  return {};
}

}  // namespace

Result<Plan> make_plan(const Model& model, std::span<const std::unique_ptr<Operation>> operations,
                       std::span<const Shape> input_shapes, int64_t limit) {
  return Planner(model, operations, limit).plan(input_shapes);
}

Result<void> bind_plan(const Model& model, const Constants& constants, const Plan& plan,
                       std::span<const std::unique_ptr<Operation>> operations, uint8_t* arena) {
  const auto address = [&](int32_t buffer) {
    return buffer < 0 ? nullptr : arena + plan.arena.offsets[static_cast<std::size_t>(buffer)];
  };
  std::vector<std::size_t> first_inputs(operations.size());
  std::size_t next = 0;
  for (uint32_t i = 0; i < operations.size(); i++) {
    first_inputs[i] = next;
    next += model.root().operators()->Get(i)->inputs()->size();
  }
  for (const Step& step : plan.steps) {
    if (step.kind != Step::Kind::kRun) {
      continue;
    }
    Operation& operation = *operations[step.op];
    const fb::Operator& entry = *model.root().operators()->Get(step.op);
    for (std::size_t i = 0; i < operation.inputs.size(); i++) {
      const format::OperandIndex index = format::operand(*entry.inputs(), i);
      if (!index) {
        continue;
      }
      const TensorPlan& tensor = plan.tensors[index.index()];
      const int32_t blocked = plan.blocked_inputs[first_inputs[step.op] + i];
      operation.inputs[i].source =
          model.tensor(index.index()).buffer() >= 0
              ? constants.of(index.index()).data()
              : address(blocked < 0 ? tensor.rows.buffer
                                    : tensor.blocked[static_cast<std::size_t>(blocked)].buffer);
    }
    for (std::size_t i = 0; i < operation.outputs.size(); i++) {
      if (const format::OperandIndex index = format::operand(*entry.outputs(), i); index) {
        const TensorPlan& tensor = plan.tensors[index.index()];
        operation.outputs[i].target =
            address(tensor.primary_blocked ? tensor.blocked[0].buffer : tensor.rows.buffer);
      }
    }
    operation.scratch = address(plan.scratch[step.op]);
    if (Result<void> bound = operation.bind(); !bound) {
      return bound;
    }
  }
  return {};
}

}  // namespace edgy::runtime

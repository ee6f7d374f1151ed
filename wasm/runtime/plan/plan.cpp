#include "wasm/runtime/plan/plan.h"

#include <algorithm>
#include <utility>

#include "wasm/format/numbers.h"
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

  Result<void> infer_shapes(std::span<const Shape> input_shapes);
  Result<void> set_shape(int32_t index, Shape shape, std::size_t producer);
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
  int64_t blocked_bytes(const TensorPlan& entry, const Realization& realization) const {
    return realization.placement.block4->bytes() * image_of(entry.shape).batch;
  }
  const Realization& realization_for(int32_t index, const std::optional<Border>& border) {
    TensorPlan& entry = at(index);
    if (border) {
      for (std::size_t i = 0; i < entry.borders.size(); i++) {
        const std::optional<Border> both = joined(entry.borders[i], *border);
        if (both && both->top == entry.borders[i].top && both->left == entry.borders[i].left &&
            both->bottom == entry.borders[i].bottom && both->right == entry.borders[i].right) {
          return entry.blocked[i];
        }
      }
    }
    return entry.rows;
  }

  const fb::Model& root_;
  std::span<const std::unique_ptr<Operation>> operations_;
  int64_t limit_;
  int64_t total_bytes_ = 0;
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
  const std::optional<int64_t> count = element_count(shape);
  const bool empty =
      std::any_of(shape.begin(), shape.end(), [](int64_t extent) { return extent < 1; });
  if (empty) {
    return fail(ErrorCode::kInvalidInput,
                str("the inputs are too short: ", label(), " would make the shape ",
                    std::span<const int64_t>(shape)));
  }
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
  std::vector<Shape> inputs;
  std::vector<Shape> outputs;
  for (std::size_t i = 0; i < operations_.size(); i++) {
    inputs.clear();
    for (const int32_t index : *op(i).inputs()) {
      inputs.push_back(index < 0 ? Shape{} : at(index).shape);
    }
    outputs.assign(op(i).outputs()->size(), Shape{});
    if (Result<void> inferred = operations_[i]->infer(inputs, outputs); !inferred) {
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

/// Each tensor gets the layouts that its consumers want.
Result<void> Planner::choose_layouts() {
  for (std::size_t i = 0; i < operations_.size(); i++) {
    for (uint32_t input = 0; input < op(i).inputs()->size(); input++) {
      const int32_t index = op(i).inputs()->Get(input);
      if (index < 0) {
        continue;
      }
      TensorPlan& entry = at(index);
      const std::optional<Border> wanted = operations_[i]->wanted_border(input);
      if (!wanted) {
        entry.has_rows = true;
        continue;
      }
      bool found = false;
      for (Border& border : entry.borders) {
        if (const std::optional<Border> both = joined(border, *wanted); both && !found) {
          border = *both;
          found = true;
        }
      }
      if (!found) {
        entry.borders.push_back(*wanted);
      }
    }
  }
  for (const int32_t index : *root_.inputs()) {
    at(index).has_rows = true;
  }
  for (const int32_t index : *root_.outputs()) {
    at(index).has_rows = true;
  }
  for (std::size_t i = 0; i < plan_.tensors.size(); i++) {
    TensorPlan& entry = plan_.tensors[i];
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
      if (!bytes || *bytes > limit_) {
        return out_of_memory(bytes.value_or(kMaxBytes));
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
      plan_.steps.push_back({Step::Kind::kRelayout, 0, {index, entry.rows, blocked}});
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
  std::vector<Shape> input_shapes;
  for (uint32_t input = 0; input < entry.inputs()->size(); input++) {
    const int32_t index = entry.inputs()->Get(input);
    if (index >= 0) {
      const Realization& realization = realization_for(index, operation.wanted_border(input));
      operation.inputs[input].shape = at(index).shape;
      operation.inputs[input].placement = realization.placement;
      touch(realization, step);
    }
    input_shapes.push_back(operation.inputs[input].shape);
  }

  const int32_t first_input = entry.inputs()->Get(0);
  const bool view = operation.is_view(input_shapes) && tensor(first_input).buffer() < 0;
  for (uint32_t output = 0; output < entry.outputs()->size(); output++) {
    const int32_t index = entry.outputs()->Get(output);
    if (index < 0) {
      continue;
    }
    TensorPlan& made = at(index);
    if (view) {
      made.has_rows = true;
      made.rows = at(first_input).rows;
    } else if (operation.writes_block4() && made.blocked.size() == 1) {
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

  if (!view) {
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
      {view ? Step::Kind::kView : Step::Kind::kRun, static_cast<uint32_t>(i), {}});

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
        plan_.steps.push_back(
            {Step::Kind::kRelayout, static_cast<uint32_t>(i), {index, made.blocked[0], made.rows}});
      }
      continue;
    }
    for (Realization& blocked : made.blocked) {
      const int32_t relayout = static_cast<int32_t>(plan_.steps.size());
      blocked.buffer = new_buffer(blocked_bytes(made, blocked), relayout);
      touch(made.rows, relayout);
      plan_.steps.push_back(
          {Step::Kind::kRelayout, static_cast<uint32_t>(i), {index, made.rows, blocked}});
    }
  }
  return {};
}

}  // namespace

Result<Plan> make_plan(const Model& model, std::span<const std::unique_ptr<Operation>> operations,
                       std::span<const Shape> input_shapes, int64_t limit) {
  return Planner(model, operations, limit).plan(input_shapes);
}

Result<void> bind_plan(const Model& model, const Plan& plan,
                       std::span<const std::unique_ptr<Operation>> operations, uint8_t* arena) {
  const auto address = [&](int32_t buffer) {
    return buffer < 0 ? nullptr : arena + plan.arena.offsets[static_cast<std::size_t>(buffer)];
  };
  for (const Step& step : plan.steps) {
    if (step.kind != Step::Kind::kRun) {
      continue;
    }
    Operation& operation = *operations[step.op];
    const fb::Operator& entry = *model.root().operators()->Get(step.op);
    for (std::size_t i = 0; i < operation.inputs.size(); i++) {
      const int32_t index = entry.inputs()->Get(static_cast<uint32_t>(i));
      if (index < 0) {
        continue;
      }
      const TensorPlan& tensor = plan.tensors[static_cast<std::size_t>(index)];
      const std::span<const uint8_t> constant = model.constant(index);
      operation.inputs[i].source = constant.empty() ? address(tensor.rows.buffer) : constant.data();
      if (const auto& block4 = operation.inputs[i].placement.block4; block4) {
        for (const Realization& blocked : tensor.blocked) {
          const kernels::Block4& other = *blocked.placement.block4;
          if (other.pad_top == block4->pad_top && other.pad_left == block4->pad_left &&
              other.pad_bottom == block4->pad_bottom && other.pad_right == block4->pad_right &&
              other.phases == block4->phases) {
            operation.inputs[i].source = address(blocked.buffer);
          }
        }
      }
    }
    for (std::size_t i = 0; i < operation.outputs.size(); i++) {
      const int32_t index = entry.outputs()->Get(static_cast<uint32_t>(i));
      if (index >= 0) {
        const TensorPlan& tensor = plan.tensors[static_cast<std::size_t>(index)];
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

#include "wasm/runtime/session/session.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "wasm/format/allocation.h"
#include "wasm/format/numbers.h"
#include "wasm/format/operands.h"
#include "wasm/format/sparse_encoding.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"
#include "wasm/runtime/operators/registry.h"
#include "wasm/runtime/session/input_shapes.h"
#include "wasm/runtime/session/session_impl.h"

namespace edgy::runtime {
namespace fb = format::fb;

Result<void> Session::Impl::allocate(int64_t bytes) {
  const std::size_t wanted = static_cast<std::size_t>(bytes + kArenaAlignment);
  // Kept if it is large enough, unless most of it would lie idle.
  if (wanted > memory_bytes || wanted < memory_bytes / 4) {
    memory.reset();
    memory_bytes = 0;
    memory.reset(new (std::nothrow) uint8_t[wanted]);
    if (memory == nullptr) {
      return fail(ErrorCode::kOutOfMemory,
                  str("there is no memory for ", bytes, " bytes of activations"));
    }
    memory_bytes = wanted;
  }
  const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(memory.get());
  const std::uintptr_t aligned =
      (start + kArenaAlignment - 1) & ~std::uintptr_t{kArenaAlignment - 1};
  arena = memory.get() + (aligned - start);
  std::memset(arena, 0, static_cast<std::size_t>(bytes));
  return {};
}

TensorView Session::Impl::view(int32_t index) const {
  const TensorPlan& entry = plan.tensors[static_cast<std::size_t>(index)];
  const std::string_view name = tensor(index).name()->string_view();
  if (tensor(index).buffer() >= 0) {
    const auto place = static_cast<uint32_t>(index);
    return {name, constants.type(place), entry.shape, constants.of(place)};
  }
  return {name, tensor(index).type(), entry.shape,
          std::span<const uint8_t>(address(entry.rows), static_cast<std::size_t>(entry.bytes))};
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

const Model& Session::model() const {
  return *impl_->model;
}

namespace {

Result<void> check_options(const SessionOptions& options) {
  if (options.isa) {
    const std::span<const kernels::Isa> isas = kernels::available_isas();
    if (std::find(isas.begin(), isas.end(), *options.isa) == isas.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  str("the instruction form '", kernels::to_string(*options.isa),
                      "' is not in this build"));
    }
  }
  if (options.threads < 1 || options.threads > kMostThreads) {
    return fail(ErrorCode::kInvalidArgument, str("threads is ", options.threads,
                                                 ": it must be a number from 1 to ", kMostThreads));
  }
  if (options.threads > 1 && !has_threads()) {
    return fail(ErrorCode::kInvalidArgument, "this build has one thread");
  }
  return {};
}

int64_t memory_limit(const SessionOptions& options) {
  constexpr std::size_t kMost = static_cast<std::size_t>(kMaxBytes - 1);
  return static_cast<int64_t>(std::min(options.memory_limit, kMost));
}

}  // namespace

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Model> model,
                                                 SessionOptions options) {
  if (Result<void> checked = check_options(options); !checked) {
    return tl::unexpected<Error>(std::move(checked.error()));
  }
  return with_typed_failures([&]() -> Result<std::unique_ptr<Session>> {
    auto impl = std::make_unique<Impl>(std::move(model), std::move(options));
    if (Result<void> made = impl->make_operations(); !made) {
      return tl::unexpected<Error>(std::move(made.error()));
    }
    return std::unique_ptr<Session>(new Session(std::move(impl)));
  });
}

Result<void> Session::Impl::make_operations() {
  const fb::Model& root = model->root();
  int64_t left = memory_limit(options);
  int64_t decoding =
      std::min(left, format::most_decoded_weights(static_cast<int64_t>(model->bytes())));
  for (const auto* list : {root.inputs(), root.outputs()}) {
    for (const int32_t index : *list) {
      const DataType type = constants.type(static_cast<uint32_t>(index));
      if (type == DataType::I4 || type == DataType::F16 ||
          tensor(index).encoding() != fb::Encoding::Dense) {
        return fail(ErrorCode::kUnsupportedModel,
                    str(format::tensor_label(root, static_cast<uint32_t>(index)), " of type ",
                        to_string(type), " cannot be an input or output in this runtime"));
      }
      if (Result<void> made = constants.prepare(static_cast<uint32_t>(index), left); !made) {
        return made;
      }
      constants.keep(static_cast<uint32_t>(index));
    }
  }
  if (options.threads > 1) {
    pool = ThreadPool::create(options.threads - 1);
  }
  const kernels::Threads threads = {pool.get(), pool == nullptr ? 1 : pool->helpers() + 1};
  operations.reserve(root.operators()->size());
  for (uint32_t i = 0; i < root.operators()->size(); i++) {
    if (Result<void> made = prepare_constants(i, left); !made) {
      return made;
    }
    NewOperation made =
        make_operation({*model, constants, i, options.isa, threads, left, decoding});
    if (!made) {
      return tl::unexpected<Error>(std::move(made.error()));
    }
    packed_bytes += (*made)->packed_bytes();
    operations.push_back(std::move(*made));
    release_constants(i, left);
  }
  return {};
}

Result<void> Session::Impl::prepare_constants(uint32_t op, int64_t& left) {
  for (const int32_t index : *model->root().operators()->Get(op)->inputs()) {
    if (index < 0) {
      continue;
    }
    if (Result<void> made = constants.prepare(static_cast<uint32_t>(index), left); !made) {
      return made;
    }
  }
  return {};
}

void Session::Impl::release_constants(uint32_t op, int64_t& left) {
  const auto& inputs = *model->root().operators()->Get(op)->inputs();
  for (uint32_t i = 0; i < inputs.size(); i++) {
    const format::OperandIndex input = format::operand(inputs, i);
    if (!input) {
      continue;
    }
    if (operations[op]->reads(i)) {
      constants.keep(input.index());
    }
    constants.release(input.index(), left);
  }
}

Result<void> Session::prepare(std::span<const Shape> input_shapes) {
  Impl& impl = *impl_;
  if (impl.ready && std::equal(input_shapes.begin(), input_shapes.end(), impl.shapes.begin(),
                               impl.shapes.end())) {
    return {};
  }
  return with_typed_failures([&] { return prepare_for(input_shapes); });
}

Result<void> Session::prepare_for(std::span<const Shape> input_shapes) {
  Impl& impl = *impl_;
  if (Result<void> inputs = check_input_shapes(*impl.model, input_shapes); !inputs) {
    return inputs;
  }
  impl.ready = false;
  impl.next_step = 0;
  const int64_t limit = memory_limit(impl.options) - impl.packed_bytes - impl.constants.bytes();
  Result<Plan> plan = make_plan(*impl.model, impl.operations, input_shapes, limit);
  if (!plan) {
    return tl::unexpected<Error>(std::move(plan.error()));
  }
  impl.plan = std::move(*plan);
  impl.event_stage.plan([&impl](std::size_t output) {
    const auto tensor = static_cast<std::size_t>(impl.output_tensor(output));
    return static_cast<std::size_t>(*run_element_count(impl.plan.tensors[tensor].shape));
  });
  if (const int64_t bytes = impl.activation_bytes() + impl.plan.extra_bytes; bytes > limit) {
    return fail(ErrorCode::kOutOfMemory,
                str("activations and events need ", bytes, " bytes; the memory limit leaves ",
                    limit, ": feed shorter inputs or raise the limit"));
  }
  if (const uint64_t work = impl.work(); work > impl.options.work_limit) {
    return fail(ErrorCode::kTooMuchWork,
                str("a run would take ", work, " multiplications and other steps; the limit is ",
                    impl.options.work_limit, ": feed shorter inputs or raise it"));
  }
  if (Result<void> allocated = impl.allocate(impl.activation_bytes()); !allocated) {
    return allocated;
  }
  if (Result<void> bound =
          bind_plan(*impl.model, impl.constants, impl.plan, impl.operations, impl.arena);
      !bound) {
    return bound;
  }
  impl.event_stage.place(impl.arena + impl.events_begin());
  impl.milliseconds.assign(impl.plan.steps.size(), 0);
  impl.shapes.assign(input_shapes.begin(), input_shapes.end());
  impl.rest_begins = impl.last_steps();
  impl.ready = true;
  return {};
}

uint64_t Session::work() const {
  return impl_->ready ? impl_->work() : 0;
}

std::span<uint8_t> Session::input(std::size_t index) {
  if (!impl_->ready || index >= impl_->model->inputs().size()) {
    return {};
  }
  const int32_t tensor = impl_->model->root().inputs()->Get(static_cast<uint32_t>(index));
  const TensorPlan& entry = impl_->plan.tensors[static_cast<std::size_t>(tensor)];
  return {impl_->address(entry.rows), static_cast<std::size_t>(entry.bytes)};
}

Result<void> Session::run() {
  Result<void> first = run_first();
  return first ? run_rest() : first;
}

Result<void> Session::run_first() {
  impl_->next_step = 0;
  impl_->event_stage.reset();
  return with_typed_failures([this] { return impl_->run_until(impl_->rest_begins); });
}

Result<void> Session::run_rest() {
  if (impl_->next_step != impl_->rest_begins) {
    return fail(ErrorCode::kInvalidArgument, "run_rest ends what run_first began");
  }
  Result<void> ran =
      with_typed_failures([this] { return impl_->run_until(impl_->plan.steps.size()); });
  impl_->next_step = 0;
  if (ran) {
    impl_->event_stage.run([this](std::size_t output) { return impl_->computed(output); });
  }
  return ran;
}

TensorView Session::output(std::size_t index) const {
  if (!impl_->ready || index >= impl_->model->outputs().size()) {
    return {};
  }
  return impl_->event_stage.output(index, impl_->computed(index));
}

MemoryUse Session::memory() const {
  return {impl_->model->bytes(),
          static_cast<std::size_t>(impl_->packed_bytes + impl_->constants.bytes()),
          impl_->ready ? static_cast<std::size_t>(impl_->activation_bytes()) : 0};
}

}  // namespace edgy::runtime

#include "wasm/runtime/session/session.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "wasm/format/numbers.h"
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
    return {name, tensor(index).type(), entry.shape, model->constant(index)};
  }
  return {name, tensor(index).type(), entry.shape,
          std::span<const uint8_t>(address(entry.rows), static_cast<std::size_t>(entry.bytes))};
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

const Model& Session::model() const {
  return *impl_->model;
}

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Model> model,
                                                 SessionOptions options) {
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
  auto impl = std::make_unique<Impl>(std::move(model), std::move(options));
  for (const auto* list : {impl->model->root().inputs(), impl->model->root().outputs()}) {
    for (const int32_t index : *list) {
      const fb::Tensor& tensor = impl->tensor(index);
      if (tensor.type() == DataType::I4 || tensor.type() == DataType::F16 ||
          tensor.encoding() != fb::Encoding::Dense) {
        return fail(ErrorCode::kUnsupportedModel,
                    str(format::tensor_label(impl->model->root(), static_cast<uint32_t>(index)),
                        " of type ", to_string(tensor.type()),
                        " cannot be an input or output in this runtime"));
      }
    }
  }
  constexpr std::size_t kMost = static_cast<std::size_t>(kMaxBytes - 1);
  const int64_t limit = static_cast<int64_t>(std::min(impl->options.memory_limit, kMost));
  int64_t left = limit;
  if (impl->options.threads > 1) {
    impl->pool = ThreadPool::create(impl->options.threads - 1);
  }
  const kernels::Threads threads = {impl->pool.get(), impl->options.threads};
  for (uint32_t i = 0; i < impl->model->root().operators()->size(); i++) {
    NewOperation made = make_operation({*impl->model, i, impl->options.isa, threads, left});
    if (!made) {
      return tl::unexpected<Error>(std::move(made.error()));
    }
    impl->packed_bytes += (*made)->packed_bytes();
    impl->operations.push_back(std::move(*made));
  }
  return std::unique_ptr<Session>(new Session(std::move(impl)));
}

Result<void> Session::prepare(std::span<const Shape> input_shapes) {
  Impl& impl = *impl_;
  if (impl.ready && std::equal(input_shapes.begin(), input_shapes.end(), impl.shapes.begin(),
                               impl.shapes.end())) {
    return {};
  }
  if (Result<void> inputs = check_input_shapes(*impl.model, input_shapes); !inputs) {
    return inputs;
  }
  impl.ready = false;
  constexpr std::size_t kMost = static_cast<std::size_t>(kMaxBytes - 1);
  const int64_t limit =
      static_cast<int64_t>(std::min(impl.options.memory_limit, kMost)) - impl.packed_bytes;
  Result<Plan> plan = make_plan(*impl.model, impl.operations, input_shapes, limit);
  if (!plan) {
    return tl::unexpected<Error>(std::move(plan.error()));
  }
  impl.plan = std::move(*plan);
  if (Result<void> allocated = impl.allocate(impl.plan.arena.bytes); !allocated) {
    return allocated;
  }
  if (Result<void> bound = bind_plan(*impl.model, impl.plan, impl.operations, impl.arena); !bound) {
    return bound;
  }
  impl.milliseconds.assign(impl.plan.steps.size(), 0);
  impl.shapes.assign(input_shapes.begin(), input_shapes.end());
  impl.rest_begins = impl.last_steps();
  impl.ready = true;
  return {};
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
  return impl_->run_until(impl_->rest_begins);
}

Result<void> Session::run_rest() {
  if (impl_->next_step != impl_->rest_begins) {
    return fail(ErrorCode::kInvalidArgument, "run_rest ends what run_first began");
  }
  Result<void> ran = impl_->run_until(impl_->plan.steps.size());
  impl_->next_step = 0;
  return ran;
}

TensorView Session::output(std::size_t index) const {
  if (!impl_->ready || index >= impl_->model->outputs().size()) {
    return {};
  }
  return impl_->view(impl_->model->root().outputs()->Get(static_cast<uint32_t>(index)));
}

MemoryUse Session::memory() const {
  return {impl_->model->bytes(), static_cast<std::size_t>(impl_->packed_bytes),
          impl_->ready ? static_cast<std::size_t>(impl_->plan.arena.bytes) : 0};
}

}  // namespace edgy::runtime

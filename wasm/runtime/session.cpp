#include "wasm/runtime/session.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

#include "wasm/format/numbers.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"
#include "wasm/runtime/plan.h"
#include "wasm/runtime/registry.h"
#include "wasm/runtime/shapes.h"
#include "wasm/runtime/thread_pool.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

double now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

bool has_border(const kernels::Block4& layout) {
  return layout.pad_top + layout.pad_left + layout.pad_bottom + layout.pad_right > 0 ||
         layout.channels % 4 != 0;
}

int32_t zero_point_of(const fb::Tensor& tensor) {
  const std::optional<TensorQuantization> quantization = activation_quantization(tensor);
  return quantization ? quantization->zero_point : 0;
}

}  // namespace

struct Session::Impl {
  Impl(std::shared_ptr<const Model> loaded, SessionOptions chosen)
      : model(std::move(loaded)), options(std::move(chosen)) {}

  std::shared_ptr<const Model> model;
  SessionOptions options;
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

  Result<void> check_inputs(std::span<const Shape> input_shapes) const;
  Result<void> allocate(int64_t bytes);
  uint8_t* address(const Realization& realization) const {
    return arena + plan.arena.offsets[static_cast<std::size_t>(realization.buffer)];
  }
  const fb::Tensor& tensor(int32_t index) const {
    return *model->root().tensors()->Get(static_cast<uint32_t>(index));
  }
  TensorView view(int32_t index) const;
  void fill_borders(int32_t index, const Realization& realization) const;
  void run_relayout(const Relayout& relayout) const;
  void to_rows(const Shape& shape, const kernels::Block4& layout, const uint8_t* from,
               uint8_t* to) const;
  Result<void> run_step(const Step& step);
  /// Runs the steps from `next_step` to `end`.
  Result<void> run_until(std::size_t end);
  uint64_t macs(const Step& step) const;
  /// Where the last steps begin that hold at most a twentieth of the multiplications.
  std::size_t last_steps() const;
  void observe(uint32_t op);
};

Result<void> Session::Impl::check_inputs(std::span<const Shape> input_shapes) const {
  const std::vector<TensorInfo>& declared = model->inputs();
  if (input_shapes.size() != declared.size()) {
    return fail(ErrorCode::kInvalidInput,
                str("shapes of ", input_shapes.size(), " inputs; the model has ", declared.size()));
  }
  struct Named {
    std::string_view name;
    int64_t extent;
  };
  std::vector<Named> named;
  for (std::size_t i = 0; i < declared.size(); i++) {
    const TensorInfo& info = declared[i];
    const Shape& shape = input_shapes[i];
    bool fits = shape.size() == info.shape.size();
    for (std::size_t axis = 0; fits && axis < shape.size(); axis++) {
      fits = shape[axis] >= 1 && (info.shape[axis] == -1 || info.shape[axis] == shape[axis]);
    }
    if (!fits) {
      return fail(
          ErrorCode::kInvalidInput,
          str("input '", info.name, "' has the shape ", std::span<const int64_t>(shape),
              "; the model takes ", std::span<const int64_t>(info.shape), " (-1: any length)"));
    }
    if (!element_count(shape)) {
      return fail(ErrorCode::kOutOfMemory,
                  str("input '", info.name, "' has the shape ", std::span<const int64_t>(shape),
                      ": more than 2^30 elements"));
    }
    for (std::size_t axis = 0; axis < shape.size(); axis++) {
      if (info.shape[axis] != -1 || info.dim_names[axis].empty()) {
        continue;
      }
      for (const Named& other : named) {
        if (other.name == info.dim_names[axis] && other.extent != shape[axis]) {
          return fail(ErrorCode::kInvalidInput,
                      str("input '", info.name, "' has ", info.dim_names[axis], " = ", shape[axis],
                          "; another input has ", other.extent));
        }
      }
      named.push_back({info.dim_names[axis], shape[axis]});
    }
  }
  return {};
}

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

void Session::Impl::fill_borders(int32_t index, const Realization& realization) const {
  const std::optional<kernels::Block4>& layout = realization.placement.block4;
  if (!layout || !has_border(*layout)) {
    return;
  }
  const int64_t batch = image_of(plan.tensors[static_cast<std::size_t>(index)].shape).batch;
  for (int64_t n = 0; n < batch; n++) {
    kernels::fill_border(*layout, static_cast<int8_t>(zero_point_of(tensor(index))),
                         reinterpret_cast<int8_t*>(address(realization)) +
                             static_cast<std::size_t>(n) * layout->bytes());
  }
}

void Session::Impl::to_rows(const Shape& shape, const kernels::Block4& layout, const uint8_t* from,
                            uint8_t* to) const {
  const Image image = image_of(shape);
  const std::size_t rows_bytes =
      static_cast<std::size_t>(image.height * image.width * image.channels);
  for (std::size_t n = 0; n < static_cast<std::size_t>(image.batch); n++) {
    kernels::from_block4(layout, reinterpret_cast<const int8_t*>(from) + n * layout.bytes(),
                         reinterpret_cast<int8_t*>(to) + n * rows_bytes);
  }
}

void Session::Impl::run_relayout(const Relayout& relayout) const {
  const Shape& shape = plan.tensors[static_cast<std::size_t>(relayout.tensor)].shape;
  if (!relayout.to.placement.block4) {
    to_rows(shape, *relayout.from.placement.block4, address(relayout.from), address(relayout.to));
    return;
  }
  const kernels::Block4& layout = *relayout.to.placement.block4;
  const Image image = image_of(shape);
  const std::size_t rows_bytes =
      static_cast<std::size_t>(image.height * image.width * image.channels);
  fill_borders(relayout.tensor, relayout.to);
  for (std::size_t n = 0; n < static_cast<std::size_t>(image.batch); n++) {
    kernels::to_block4(layout,
                       reinterpret_cast<const int8_t*>(address(relayout.from)) + n * rows_bytes,
                       reinterpret_cast<int8_t*>(address(relayout.to)) + n * layout.bytes());
  }
}

uint64_t Session::Impl::macs(const Step& step) const {
  return step.kind == Step::Kind::kRun ? operations[step.op]->macs() : 0;
}

std::size_t Session::Impl::last_steps() const {
  constexpr uint64_t kShare = 20;
  uint64_t total = 0;
  for (const Step& step : plan.steps) {
    total += macs(step);
  }
  uint64_t rest = 0;
  std::size_t first = plan.steps.size();
  while (first > 0) {
    rest += macs(plan.steps[first - 1]);
    if (rest > total / kShare && first < plan.steps.size()) {
      break;
    }
    first--;
  }
  return first;
}

Result<void> Session::Impl::run_until(std::size_t end) {
  if (!ready) {
    return fail(ErrorCode::kInvalidArgument,
                "prepare the session for the shapes of its inputs before a run");
  }
  if (pool != nullptr) {
    pool->wake();
  }
  for (; next_step < end; next_step++) {
    const Step& step = plan.steps[next_step];
    const double start = options.profile ? now_ms() : 0;
    if (Result<void> ran = run_step(step); !ran) {
      return ran;
    }
    if (options.profile) {
      milliseconds[next_step] = now_ms() - start;
    }
    if (options.observer && step.kind != Step::Kind::kRelayout) {
      observe(step.op);
    }
  }
  return {};
}

Result<void> Session::Impl::run_step(const Step& step) {
  if (step.kind == Step::Kind::kRelayout) {
    run_relayout(step.relayout);
  }
  if (step.kind != Step::Kind::kRun) {
    return {};
  }
  const fb::Operator& op = *model->root().operators()->Get(step.op);
  for (const int32_t index : *op.outputs()) {
    if (index >= 0 && plan.tensors[static_cast<std::size_t>(index)].primary_blocked) {
      fill_borders(index, plan.tensors[static_cast<std::size_t>(index)].blocked[0]);
    }
  }
  Result<void> ran = operations[step.op]->run();
  return ran ? ran
             : fail(ran.error().code,
                    str(format::operator_label(model->root(), step.op), ": ", ran.error().message));
}

void Session::Impl::observe(uint32_t op) {
  for (const int32_t index : *model->root().operators()->Get(op)->outputs()) {
    if (index < 0) {
      continue;
    }
    const TensorPlan& entry = plan.tensors[static_cast<std::size_t>(index)];
    TensorView seen{tensor(index).name()->string_view(), tensor(index).type(), entry.shape, {}};
    if (entry.primary_blocked) {
      observed.resize(static_cast<std::size_t>(entry.bytes));
      to_rows(entry.shape, *entry.blocked[0].placement.block4, address(entry.blocked[0]),
              observed.data());
      seen.data = observed;
    } else {
      seen.data = {address(entry.rows), static_cast<std::size_t>(entry.bytes)};
    }
    options.observer(index, seen);
  }
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
  if (Result<void> inputs = impl.check_inputs(input_shapes); !inputs) {
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

std::vector<StepProfile> Session::profile() const {
  std::vector<StepProfile> profile;
  for (std::size_t i = 0; impl_->ready && i < impl_->plan.steps.size(); i++) {
    const Step& step = impl_->plan.steps[i];
    if (step.kind == Step::Kind::kRelayout) {
      const bool to_block4 = step.relayout.to.placement.block4.has_value();
      profile.push_back({impl_->tensor(step.relayout.tensor).name()->str(),
                         to_block4 ? "relayout/block4" : "relayout/rows", impl_->milliseconds[i], 0,
                         PredictedCost{}});
      continue;
    }
    const auto* name = impl_->model->root().operators()->Get(step.op)->name();
    const Operation& operation = *impl_->operations[step.op];
    const bool runs = step.kind == Step::Kind::kRun;
    profile.push_back({name == nullptr ? "" : name->str(), runs ? operation.kernel() : "view",
                       impl_->milliseconds[i], runs ? operation.macs() : 0,
                       runs ? operation.predicted() : PredictedCost{}});
  }
  return profile;
}

}  // namespace edgy::runtime

// How a session runs the steps of its plan.
#include <chrono>
#include <cstddef>

#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"
#include "wasm/runtime/operators/create_context.h"
#include "wasm/runtime/plan/layouts.h"
#include "wasm/runtime/session/session_impl.h"

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

void Session::Impl::fill_borders(int32_t index, const Realization& realization) const {
  const std::optional<kernels::Block4>& layout = realization.placement.block4;
  if (!layout || !has_border(*layout)) {
    return;
  }
  const int64_t batch = image_of(plan.tensors[static_cast<std::size_t>(index)].shape).batch;
  for (int64_t n = 0; n < batch; n++) {
    kernels::fill_border(*layout, static_cast<int8_t>(zero_point_of(tensor(index))),
                         reinterpret_cast<int8_t*>(address(realization)) + n * layout->bytes());
  }
}

void Session::Impl::to_rows(const Shape& shape, const kernels::Block4& layout, const uint8_t* from,
                            uint8_t* to) const {
  const Image image = image_of(shape);
  const int64_t rows_bytes = image.height * image.width * image.channels;
  for (int64_t n = 0; n < image.batch; n++) {
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
  const int64_t rows_bytes = image.height * image.width * image.channels;
  fill_borders(relayout.tensor, relayout.to);
  for (int64_t n = 0; n < image.batch; n++) {
    kernels::to_block4(layout,
                       reinterpret_cast<const int8_t*>(address(relayout.from)) + n * rows_bytes,
                       reinterpret_cast<int8_t*>(address(relayout.to)) + n * layout.bytes());
  }
}

uint64_t Session::Impl::macs(const Step& step) const {
  return step.kind == Step::Kind::kRun ? operations[step.op]->macs() : 0;
}

uint64_t Session::Impl::work() const {
  uint64_t total = event_stage.work();
  for (const Step& step : plan.steps) {
    // A relayout moves values that an operator has written or will read, and was counted with them.
    const uint64_t work = step.kind == Step::Kind::kRun ? operations[step.op]->work() : 1;
    total = work > UINT64_MAX - total ? UINT64_MAX : total + work;
  }
  return total;
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
    if (entry.bytes == 0) {
      // No value to be shown.
    } else if (entry.primary_blocked) {
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

}  // namespace edgy::runtime

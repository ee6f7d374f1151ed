#include "wasm/bindings/session_binding.h"

#include <optional>
#include <utility>

#include "kernels/conv_cost/kernel_forms.h"
#include "wasm/format/allocation.h"

namespace edgy::bindings {
namespace {

using emscripten::val;

const Status kOk;

Status not_loaded() {
  return to_status({ErrorCode::kInvalidArgument, "no model is loaded"});
}

// nullopt is "auto".
Result<std::optional<kernels::Isa>> parse_isa(const std::string& name) {
  if (name == "auto") {
    return std::nullopt;
  }
  std::string known = "auto";
  for (const kernels::Isa isa : kernels::available_isas()) {
    if (name == kernels::to_string(isa)) {
      return isa;
    }
    known += std::string(", ") + kernels::to_string(isa);
  }
  return fail(ErrorCode::kInvalidArgument,
              "isa '" + name + "' is not in this build: use one of " + known);
}

}  // namespace

MaybeBytes SessionBinding::reserve(uint32_t bytes) {
  if (!can_allocate(bytes)) {
    return MaybeBytes(val::null());
  }
  model_bytes_.resize(bytes);
  return MaybeBytes(to_js(std::span<const uint8_t>(model_bytes_)));
}

Status SessionBinding::load(const LoadOptions& options) {
  if (session_) {
    return to_status({ErrorCode::kInvalidArgument, "a model is loaded already"});
  }
  auto isa = parse_isa(options.isa);
  if (!isa) {
    return to_status(isa.error());
  }
  auto model = runtime::Model::load(std::move(model_bytes_));
  if (!model) {
    return to_status(model.error());
  }
  // A failed `new` ends the program here: what a session keeps at most is asked for before.
  if (!can_allocate(runtime::kBookkeeping * (*model)->table_bytes())) {
    return to_status({ErrorCode::kOutOfMemory, "there is no memory for the model's operators"});
  }
  runtime::SessionOptions session_options;
  session_options.isa = *isa;
  session_options.memory_limit = static_cast<std::size_t>(options.memory_limit);
  session_options.profile = options.profile;
  session_options.threads = options.threads;
  if (options.work_limit < 0x1p63) {
    session_options.work_limit = static_cast<uint64_t>(options.work_limit);
  }
  auto session = runtime::Session::create(*model, std::move(session_options));
  if (!session) {
    return to_status(session.error());
  }
  model_ = *std::move(model);
  session_ = *std::move(session);
  isa_ = kernels::to_string(
      isa->value_or(kernels::fastest_form(kernels::ConvKernelKind::kDense, kernels::dot_class())));
  return kOk;
}

Description SessionBinding::describe() const {
  return Description(model_ ? to_js(*model_, isa_) : val::null());
}

Status SessionBinding::prepare(const ShapeList& shapes) {
  if (!session_) {
    return not_loaded();
  }
  const auto parsed = to_shapes(shapes);
  if (!parsed) {
    return to_status(parsed.error());
  }
  const auto prepared = session_->prepare(*parsed);
  return prepared ? kOk : to_status(prepared.error());
}

Bytes SessionBinding::input(uint32_t index) {
  const bool exists = session_ && index < model_->inputs().size();
  return Bytes(to_js(exists ? session_->input(index) : std::span<uint8_t>()));
}

Status SessionBinding::ran(Result<void> (runtime::Session::*part)()) {
  if (!session_) {
    return not_loaded();
  }
  const auto done = (*session_.*part)();
  return done ? kOk : to_status(done.error());
}

Status SessionBinding::run() {
  return ran(&runtime::Session::run);
}

Status SessionBinding::run_first() {
  return ran(&runtime::Session::run_first);
}

Status SessionBinding::run_rest() {
  return ran(&runtime::Session::run_rest);
}

Output SessionBinding::output(uint32_t index) const {
  const bool exists = session_ && index < model_->outputs().size();
  return Output(exists ? to_js(session_->output(index)) : val::null());
}

Memory SessionBinding::memory() const {
  return Memory(to_js(session_ ? session_->memory() : runtime::MemoryUse{}));
}

ProfileList SessionBinding::profile() const {
  return ProfileList(to_js(session_ ? session_->profile() : std::vector<runtime::StepProfile>{}));
}

}  // namespace edgy::bindings

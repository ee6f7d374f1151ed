// SessionBinding's way from a recording to the model's input.
#include "wasm/bindings/session_binding.h"
#include "wasm/format/allocation.h"

namespace edgy::bindings {

MaybeBytes SessionBinding::reserve_samples(uint32_t count) {
  if (count > UINT32_MAX / sizeof(float) || !can_allocate(count * sizeof(float))) {
    return MaybeBytes(emscripten::val::null());
  }
  samples_.resize(count);
  return MaybeBytes(
      to_js({reinterpret_cast<const uint8_t*>(samples_.data()), count * sizeof(float)}));
}

Result<void> SessionBinding::make_front_end() {
  if (front_end_) {
    return {};
  }
  if (!session_) {
    return fail(ErrorCode::kInvalidArgument, "no model is loaded");
  }
  const format::fb::Metadata* metadata = model_->root().metadata();
  const format::fb::LogMel* parameters = metadata ? metadata->log_mel() : nullptr;
  if (!parameters || model_->inputs().size() != 1 ||
      model_->inputs().front().type != runtime::DataType::F32) {
    return fail(ErrorCode::kUnsupportedModel,
                "a recording needs a model with an audio front end and one float32 input");
  }
  auto front_end = runtime::AudioFrontEnd::create(*parameters);
  if (!front_end) {
    return tl::unexpected(front_end.error());
  }
  front_end_.emplace(*std::move(front_end));
  return {};
}

Status SessionBinding::compute_front_end() {
  const auto done = make_front_end().and_then([this]() -> Result<void> {
    if (samples_.empty()) {
      return fail(ErrorCode::kInvalidInput, "the recording is empty");
    }
    const runtime::Shape shape = {1, static_cast<int64_t>(front_end_->mels()),
                                  static_cast<int64_t>(front_end_->frames(samples_.size()))};
    return session_->prepare({&shape, 1}).and_then([this] {
      return front_end_->compute(samples_, session_->input(0));
    });
  });
  return done ? Status{} : to_status(done.error());
}

}  // namespace edgy::bindings

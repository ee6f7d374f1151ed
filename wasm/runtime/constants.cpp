#include "wasm/runtime/constants.h"

#include "wasm/format/allocation.h"
#include "wasm/format/float16.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"

namespace edgy::runtime {
namespace fb = format::fb;

bool Constants::is_float16(uint32_t tensor) const {
  const fb::Tensor& entry = model_.tensor(tensor);
  return entry.type() == DataType::F16 && entry.buffer() >= 0;
}

DataType Constants::type(uint32_t tensor) const {
  return is_float16(tensor) ? DataType::F32 : model_.tensor(tensor).type();
}

Result<void> Constants::prepare(uint32_t tensor, int64_t& memory) {
  const fb::Tensor& entry = model_.tensor(tensor);
  if (!is_float16(tensor) || values_.contains(entry.buffer())) {
    return {};
  }
  const std::span<const uint8_t> halves = model_.constant(tensor);
  const auto bytes = static_cast<int64_t>(halves.size() * 2);
  if (bytes > memory || !can_allocate(static_cast<std::size_t>(bytes))) {
    return fail(ErrorCode::kOutOfMemory,
                str(format::tensor_label(model_.root(), tensor), ": its float16 values take ",
                    bytes, " bytes as float32; ", memory, " are left of the memory limit"));
  }
  values_[entry.buffer()].floats = format::unpack_float16(halves);
  memory -= bytes;
  bytes_ += bytes;
  return {};
}

void Constants::release(uint32_t tensor, int64_t& memory) {
  const auto found =
      is_float16(tensor) ? values_.find(model_.tensor(tensor).buffer()) : values_.end();
  if (found == values_.end() || found->second.kept) {
    return;
  }
  const auto bytes = static_cast<int64_t>(found->second.floats.size() * sizeof(float));
  memory += bytes;
  bytes_ -= bytes;
  values_.erase(found);
}

void Constants::keep(uint32_t tensor) {
  if (const auto found = values_.find(model_.tensor(tensor).buffer()); found != values_.end()) {
    found->second.kept = true;
  }
}

std::span<const uint8_t> Constants::of(uint32_t tensor) const {
  if (!is_float16(tensor)) {
    return model_.constant(tensor);
  }
  const auto found = values_.find(model_.tensor(tensor).buffer());
  if (found == values_.end()) {
    return {};
  }
  const std::vector<float>& floats = found->second.floats;
  return {reinterpret_cast<const uint8_t*>(floats.data()), floats.size() * sizeof(float)};
}

}  // namespace edgy::runtime

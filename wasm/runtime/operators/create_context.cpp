#include "wasm/runtime/operators/create_context.h"

#include "wasm/format/allocation.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

template <typename T>
std::span<const T> elements(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

}  // namespace

std::span<const float> CreateContext::floats(uint32_t i) const {
  return has_input(i) ? elements<float>(constants.of(input_index(i))) : std::span<const float>();
}

std::span<const int32_t> CreateContext::int32s(uint32_t i) const {
  return has_input(i) ? elements<int32_t>(constants.of(input_index(i)))
                      : std::span<const int32_t>();
}

Result<void> CreateContext::has_room(int64_t bytes) const {
  if (bytes > memory) {
    return fail(ErrorCode::kOutOfMemory,
                str(format::operator_label(model.root(), index), ": its packed weights need ",
                    bytes, " bytes; ", memory, " are left of the memory limit"));
  }
  return can_allocate(static_cast<std::size_t>(bytes))
             ? Result<void>{}
             : fail(ErrorCode::kOutOfMemory,
                    str(format::operator_label(model.root(), index), ": there is no memory for ",
                        bytes, " bytes of packed weights"));
}

Result<void> CreateContext::reserve(int64_t bytes) const {
  Result<void> room = has_room(bytes);
  if (room) {
    memory -= bytes;
  }
  return room;
}

Result<void> CreateContext::decode(int64_t weights, int64_t beside) const {
  if (weights > decoding || weights + beside > memory ||
      !can_allocate(static_cast<std::size_t>(weights + beside))) {
    return fail(ErrorCode::kOutOfMemory,
                str(format::operator_label(model.root(), index), ": its ", weights,
                    " weights are too many: ", memory, " bytes are left of the memory limit, and ",
                    decoding, " weights that may be decoded"));
  }
  decoding -= weights;
  return {};
}

Result<void> CreateContext::expect_types(DataType type) const {
  for (uint32_t i = 0; i < op().inputs()->size(); i++) {
    if (has_input(i) && input(i).type() != type) {
      return unsupported(str("input ", i, " has type ", to_string(input(i).type()),
                             "; this runtime computes it in ", to_string(type)));
    }
  }
  for (uint32_t i = 0; i < op().outputs()->size(); i++) {
    if (has_output(i) && output(i).type() != type) {
      return unsupported(str("output ", i, " has type ", to_string(output(i).type()),
                             "; this runtime computes it in ", to_string(type)));
    }
  }
  return {};
}

tl::unexpected<Error> CreateContext::unsupported(std::string_view why) const {
  return fail(ErrorCode::kUnsupportedModel,
              str(format::operator_label(model.root(), index), ": ", why));
}

tl::unexpected<Error> CreateContext::invalid(std::string_view why) const {
  return fail(ErrorCode::kInvalidModel,
              str(format::operator_label(model.root(), index), ": ", why));
}

std::optional<TensorQuantization> activation_quantization(const fb::Tensor& tensor) {
  const fb::Quantization* quantization = tensor.quantization();
  if (quantization == nullptr || format::size_of(quantization->scale()) != 1) {
    return std::nullopt;
  }
  TensorQuantization result;
  result.scale = quantization->scale()->Get(0);
  result.qmin = quantization->qmin();
  result.qmax = quantization->qmax();
  if (format::size_of(quantization->zero_point()) > 0) {
    result.zero_point = quantization->zero_point()->Get(0);
  } else if (result.qmin > 0 || result.qmax < 0) {
    return std::nullopt;
  }
  return result;
}

}  // namespace edgy::runtime

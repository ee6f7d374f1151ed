// Cast: numbers of one type as another's.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "wasm/format/text.h"
#include "wasm/runtime/operators/registry.h"

namespace edgy::runtime {
namespace {

template <typename T>
double load(const uint8_t* source) {
  T value;
  std::memcpy(&value, source, sizeof(T));
  return static_cast<double>(value);
}

template <typename T>
void store(uint8_t* target, T value) {
  std::memcpy(target, &value, sizeof(T));
}

double read(DataType type, const uint8_t* source) {
  switch (type) {
    case DataType::F32:
      return load<float>(source);
    case DataType::I64:
      return load<int64_t>(source);
    case DataType::I32:
      return load<int32_t>(source);
    case DataType::I8:
      return load<int8_t>(source);
    default:
      return *source;
  }
}

/// What is cut off is what C++ cuts off; what does not fit becomes the nearest that does.
void write(DataType type, uint8_t* target, double value) {
  if (type == DataType::F32) {
    return store(target, static_cast<float>(value));
  }
  if (type == DataType::Bool) {
    *target = value != 0 ? 1 : 0;
    return;
  }
  constexpr double kLargest = 9223372036854774784.0;  // below 2^63
  const double whole = std::isnan(value) ? 0 : std::clamp(value, -kLargest, kLargest);
  const auto integer = static_cast<int64_t>(whole);
  if (type == DataType::I64) {
    store(target, integer);
  } else if (type == DataType::I32) {
    store(target, static_cast<int32_t>(std::clamp<int64_t>(integer, INT32_MIN, INT32_MAX)));
  } else {
    *target = static_cast<uint8_t>(integer);
  }
}

class Cast final : public Operation {
 public:
  Cast(DataType from, DataType to, bool exact) : from_(from), to_(to), exact_(exact) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    out_shapes[0] = in_shapes[0];
    return {};
  }
  Result<void> run() override {
    const uint8_t* source = inputs[0].source;
    uint8_t* target = outputs[0].target;
    for (int64_t i = output_count(0); i > 0; i--) {
      const double value = read(from_, source);
      if (exact_ && std::abs(value) > 16777216.0) {
        return fail(ErrorCode::kInvalidInput, "an integer beyond 2^24, which float32 cannot hold");
      }
      write(to_, target, value);
      source += element_bytes(from_);
      target += element_bytes(to_);
    }
    return {};
  }
  const char* kernel() const override { return "cast"; }

 private:
  DataType from_;
  DataType to_;
  bool exact_;
};

bool is_cast(const TensorEntry& tensor) {
  const DataType type = tensor.type();
  return type != DataType::F16 && type != DataType::I4;
}

}  // namespace

NewOperation make_cast(const CreateContext& context) {
  if (!is_cast(context.input(0)) || !is_cast(context.output(0))) {
    return context.unsupported("float16 and int4 are types of constants alone");
  }
  return std::unique_ptr<Operation>(std::make_unique<Cast>(
      context.input(0).type(), context.output(0).type(), context.op().options_as_Cast()->exact()));
}

}  // namespace edgy::runtime
